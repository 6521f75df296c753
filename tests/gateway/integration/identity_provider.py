"""A stand-in for the company's identity provider and for 企业微信, over real HTTP, that can be told to lie."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "playdesk", "the secret of the client"
CORP, AGENT, WECOM_SECRET = "ww1234", "1000002", "the secret of the application"


class IdentityProvider:
    """Whoever comes to `authorize` is `user` (claims); `lie` changes claims, `key` signs with another one."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.signing_key = self.key
        self.user: dict[str, Any] = {}
        self.lie: dict[str, Any] = {}
        self.error: str | None = None
        self.delay = 0.0
        self.codes: dict[str, dict[str, Any]] = {}
        self.wecom_codes: dict[str, str] = {}
        self.wecom_tokens: set[str] = set()
        self.asked: list[str] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked.append(self.path)
                time.sleep(provider.delay)
                self._answer(provider.get(self.path))

            def do_POST(self) -> None:
                provider.asked.append(self.path)
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._answer(provider.token(parse_qs(body), self.headers.get("Authorization", "")))

            def _answer(self, answer: tuple[int, Any]) -> None:
                status, value = answer
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", value)
                body = b"" if status == 302 else json.dumps(value).encode()
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def get(self, target: str) -> tuple[int, Any]:
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/.well-known/openid-configuration":
            return 200, self._metadata()
        if parts.path == "/jwks":
            return 200, {"keys": [self.key.as_dict(private=False) | {"kid": "one", "alg": "RS256", "use": "sig"}]}
        if parts.path == "/authorize":
            return self._authorize(query)
        return 200, self._wecom(parts.path, query)

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _authorize(self, query: dict[str, str]) -> tuple[int, Any]:
        back = {"state": query["state"]}
        if self.error:
            return 302, f"{query['redirect_uri']}?{urlencode({**back, 'error': self.error})}"
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**query, "user": dict(self.user)}
        return 302, f"{query['redirect_uri']}?{urlencode({**back, 'code': code})}"

    def token(self, form: dict[str, list[str]], authorization: str) -> tuple[int, Any]:
        """A code serves once, for the client it was given to, with the verifier of its challenge."""
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self.codes.pop(form.get("code", [""])[0], None)
        if asked is None or authorization != f"Basic {basic}":
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": asked["nonce"]}
        claims |= asked["user"] | self.lie
        header = {"alg": self.lie.get("alg", "RS256"), "kid": "one"}
        claims.pop("alg", None)
        token = jwt.encode(header, claims, self.signing_key, algorithms=["RS256", "none"])
        return 200, {"access_token": "x", "token_type": "Bearer", "expires_in": 60, "id_token": token}

    def _wecom(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        if path == "/cgi-bin/gettoken":
            if (query.get("corpid"), query.get("corpsecret")) != (CORP, WECOM_SECRET):
                return {"errcode": 40001, "errmsg": "invalid credential"}
            token = secrets.token_urlsafe(16)
            self.wecom_tokens.add(token)
            return {"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": 7200}
        if path == "/cgi-bin/auth/getuserinfo":
            if query.get("access_token") not in self.wecom_tokens:
                return {"errcode": 42001, "errmsg": "access_token expired"}
            user = self.wecom_codes.pop(query.get("code", ""), None)
            if user is None:
                return {"errcode": 40029, "errmsg": "invalid code"}
            return {"errcode": 0, "errmsg": "ok", **({"userid": user} if user else {"openid": "somebody outside"})}
        return {"errcode": 404}

    def wecom_code(self, user: str) -> str:
        """What the QR code gives back when this user has scanned it; an empty one is somebody outside the company."""
        code = secrets.token_urlsafe(12)
        self.wecom_codes[code] = user
        return code

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
