"""Signing in by 企业微信 (WeCom): its page shows a QR code, its API says whose code came back.

Protocol: WeCom's documents "企业微信登录" (wwlogin) and "获取访问用户身份" (auth/getuserinfo).
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import MutableMapping
from time import monotonic, time
from typing import Any
from urllib.parse import urlencode

import requests

from chassis.ops.logging import log
from gateway.identity.errors import SignOnRefused, SignOnStale, SignOnUnavailable
from gateway.identity.oidc import Proved
from gateway.settings import GatewaySettings

SECONDS = 5
LASTS = 600  # seconds the QR code may take
WRONG_TOKEN = (40014, 42001)  # the API's own token is over, or was replaced
WRONG_CODE = (40029, 40163)


class Wecom:
    """The API of one company, as one of its applications."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.settings = settings
        self._token, self._until = "", 0.0
        self._lock = threading.Lock()

    @property
    def offered(self) -> bool:
        """Whether it is set up."""
        return bool(self.settings.wecom_corp_id and self.settings.wecom_agent_id and self.settings.wecom_secret)

    def leave_for(self, callback: str, session: MutableMapping[str, Any]) -> str:
        """The address of the QR code; that this browser left from here is kept in its session."""
        state = secrets.token_urlsafe(24)
        session["wecom"] = [state, int(time())]
        query = {
            "login_type": "CorpApp",
            "appid": self.settings.wecom_corp_id,
            "agentid": self.settings.wecom_agent_id,
            "redirect_uri": callback,
            "state": state,
        }
        return f"{self.settings.wecom_login_url}?{urlencode(query)}"

    def come_back(self, code: str, state: str, session: MutableMapping[str, Any]) -> Proved:
        """Who came back. Raises SignOnStale, SignOnRefused, SignOnUnavailable."""
        kept, at = session.pop("wecom", ("", 0))  # what was never begun is long over
        if not hmac.compare_digest(kept.encode(), state.encode()) or time() - at > LASTS:
            raise SignOnStale()
        if not code:
            raise SignOnRefused()
        found = self._whose(code)
        if found.get("errcode") in WRONG_TOKEN:
            self._until = 0.0
            found = self._whose(code)
        if found.get("errcode") in WRONG_CODE or (found.get("errcode") == 0 and not found.get("userid")):
            raise SignOnRefused()  # somebody outside the company has an openid, and no userid
        if found.get("errcode") != 0 or not isinstance(found.get("userid"), str):
            raise self._away(f"errcode {found.get('errcode')}")
        return Proved(found["userid"][:255], found["userid"][:32])

    def _whose(self, code: str) -> dict[str, Any]:
        return self._ask("auth/getuserinfo", {"access_token": self._access_token(), "code": code})

    def _access_token(self) -> str:
        """The application's own token, got anew a little before it is over."""
        with self._lock:
            if monotonic() >= self._until:
                asked = {"corpid": self.settings.wecom_corp_id, "corpsecret": self.settings.wecom_secret}
                found = self._ask("gettoken", asked)
                if found.get("errcode") != 0 or not isinstance(found.get("access_token"), str):
                    raise self._away(f"errcode {found.get('errcode')}")
                self._token = found["access_token"]
                self._until = monotonic() + max(int(found.get("expires_in", 0)) - 300, 60)
            return self._token

    def _ask(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        """One GET. What is wrong is logged without the address, which holds the secret."""
        try:
            answer = requests.get(
                f"{self.settings.wecom_api_url.rstrip('/')}/cgi-bin/{path}",
                params=query,
                timeout=SECONDS,
                allow_redirects=False,
            )
            found = answer.json() if answer.status_code == 200 else None
        except (requests.RequestException, ValueError) as error:
            raise self._away(type(error).__name__) from None
        if not isinstance(found, dict):
            raise self._away(f"status {answer.status_code}")
        return found

    def _away(self, what: str) -> SignOnUnavailable:
        log.warning("WeCom does not answer", error=what)
        return SignOnUnavailable()
