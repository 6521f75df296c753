"""The web pages: one module per page, one blueprint each."""

from flask import Flask

from gateway.pages import (
    account,
    api_clients,
    articles,
    audit,
    causes,
    dead_letters,
    docs,
    errors,
    filters,
    home,
    items,
    jobs,
    login,
    logins,
    merges,
    merging,
    options,
    orders,
    packs,
    players,
    privacy,
    returns,
    review_settings,
    reviews,
    roles,
    sales,
    search,
    second_factor,
    settings_pages,
    shell,
    sign_on,
    subscriptions,
    suppliers,
    survey_form,
    surveys,
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
    surveys.blueprint,
    survey_form.blueprint,
    reviews.blueprint,
    review_settings.blueprint,
    sales.blueprint,
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
