"""The settings of the gateway."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from environs import Env
from marshmallow import ValidationError
from marshmallow.validate import Length, Range

from chassis.ops.settings import Settings, secret


@dataclass(frozen=True, kw_only=True)
class GatewaySettings(Settings):
    """Where the services are, the keys only the gateway has, and how long things may take."""

    player_url: str
    ticket_url: str
    sales_url: str
    catalog_url: str
    token_private_key: str
    secret_key: str
    audit_key: str
    seal_secret: str
    seal_secret_before: str
    session_hours: int
    panel_deadline_ms: int
    call_deadline_ms: int
    rate_limit: str
    visitors_rate_limit: str
    cookie_secure: bool
    trusted_proxies: int
    metrics_from: list[str]
    leavers_hand_over: str
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str
    oidc_scope: str
    oidc_claim: str
    wecom_corp_id: str
    wecom_agent_id: str
    wecom_secret: str
    wecom_login_url: str
    wecom_api_url: str
    broker_admin_url: str
    subscribers_amqp_url: str

    @classmethod
    def read(cls, env: Env) -> dict[str, Any]:
        """The values by field name."""
        urls = {
            f"{name}_url": env.str(f"{name.upper()}_URL", "http://127.0.0.1:1")
            for name in ("player", "ticket", "sales", "catalog")
        }
        return {
            **super().read(env),
            **urls,
            "token_private_key": (env.str("TOKEN_PRIVATE_KEY") or "").replace("\\n", "\n"),
            "secret_key": env.str("SECRET_KEY", ""),
            "audit_key": secret(env, "AUDIT_KEY"),
            "seal_secret": secret(env, "SEAL_SECRET"),
            "seal_secret_before": secret(env, "SEAL_SECRET_BEFORE"),
            "session_hours": env.int("SESSION_HOURS", 12, validate=Range(1, 168)),
            "panel_deadline_ms": env.int("PANEL_DEADLINE_MS", 1000, validate=Range(50, 10_000)),
            "call_deadline_ms": env.int("CALL_DEADLINE_MS", 12_000, validate=Range(100, 60_000)),
            "rate_limit": env.str("RATE_LIMIT", "12000/minute"),
            "visitors_rate_limit": env.str("VISITORS_RATE_LIMIT", "120/minute"),
            "cookie_secure": env.bool("COOKIE_SECURE", True),
            "trusted_proxies": env.int("TRUSTED_PROXIES", 0, validate=Range(0, 5)),
            "metrics_from": env.list("METRICS_FROM", ["127.0.0.0/8", "::1/128"], validate=_are_networks),
            **_sign_on(env),
            "broker_admin_url": secret(env, "BROKER_ADMIN_URL"),
            "subscribers_amqp_url": env.str("SUBSCRIBERS_AMQP_URL", ""),
            "leavers_hand_over": env.str("LEAVERS_HAND_OVER", "department", validate=Length(1, 32)),
        }

    @property
    def seal_secrets(self) -> tuple[str, str]:
        """What seals the secrets of second factors, then what still opens them; without one, the key of the cookies."""
        return self.seal_secret or self.secret_key or self.token_private_key, self.seal_secret_before

    def may_see_metrics(self, address: str, *, forwarded: bool) -> bool:
        """Whether /metrics is answered there: only to the networks named, and never through a proxy."""
        try:
            return not forwarded and any(ip_address(address) in ip_network(network) for network in self.metrics_from)
        except ValueError:
            return False

    def url_of(self, service: str) -> str:
        """The base address of a service."""
        return str(getattr(self, f"{service}_url"))


def _sign_on(env: Env) -> dict[str, Any]:
    """Single sign-on: where the company has an identity provider, 企业微信, or both."""
    return {
        "oidc_issuer": env.str("OIDC_ISSUER", ""),
        "oidc_client_id": env.str("OIDC_CLIENT_ID", ""),
        "oidc_client_secret": secret(env, "OIDC_CLIENT_SECRET"),
        "oidc_scope": env.str("OIDC_SCOPE", "openid profile"),
        "oidc_claim": env.str("OIDC_CLAIM", "preferred_username"),
        "wecom_corp_id": env.str("WECOM_CORP_ID", ""),
        "wecom_agent_id": env.str("WECOM_AGENT_ID", ""),
        "wecom_secret": secret(env, "WECOM_SECRET"),
        "wecom_login_url": env.str("WECOM_LOGIN_URL", "https://login.work.weixin.qq.com/wwlogin/sso/login"),
        "wecom_api_url": env.str("WECOM_API_URL", "https://qyapi.weixin.qq.com"),
    }


def _are_networks(networks: list[str]) -> None:
    try:
        for network in networks:
            ip_network(network)
    except ValueError as error:
        raise ValidationError(str(error)) from error
