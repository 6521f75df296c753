"""The web pages: one module per page, one blueprint each."""

from flask import Flask

from gateway.pages import (
    account,
    api_clients,
    articles,
    audit,
    causes,
    dead_letters,
    deadlines,
    docs,
    errors,
    filters,
    home,
    items,
    jobs,
    leads,
    login,
    logins,
    merges,
    merging,
    opportunities,
    options,
    orders,
    packs,
    players,
    pool_settings,
    pools,
    privacy,
    returns,
    roles,
    sales,
    search,
    second_factor,
    sensitive_words,
    sessions,
    settings_pages,
    shell,
    sign_on,
    subscriptions,
    suppliers,
    tickets,
    wechat_accounts,
)

BLUEPRINTS = (
    login.blueprint,
    sign_on.blueprint,
    home.blueprint,
    search.blueprint,
    merges.blueprint,
    players.blueprint,
    privacy.blueprint,
    tickets.blueprint,
    causes.blueprint,
    merging.blueprint,
    articles.blueprint,
    sessions.blueprint,
    sales.blueprint,
    opportunities.blueprint,
    leads.blueprint,
    pools.blueprint,
    pool_settings.blueprint,
    orders.blueprint,
    returns.blueprint,
    packs.blueprint,
    items.blueprint,
    suppliers.blueprint,
    jobs.blueprint,
    settings_pages.blueprint,
    account.blueprint,
    second_factor.blueprint,
    logins.blueprint,
    api_clients.blueprint,
    roles.blueprint,
    wechat_accounts.blueprint,
    options.blueprint,
    sensitive_words.blueprint,
    deadlines.blueprint,
    subscriptions.blueprint,
    dead_letters.blueprint,
    audit.blueprint,
    docs.blueprint,
    shell.blueprint,
)
errors.register(BLUEPRINTS)


def register(app: Flask) -> None:
    """Add the pages, their filters and their error pages to the app."""
    filters.register(app)
    shell.register(app)
    errors.register_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
