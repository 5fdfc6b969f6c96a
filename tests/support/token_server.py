"""A token server as a function, for unit tests of token requests."""

import json
import time
from collections.abc import Mapping
from typing import Any

from regpipe.auth.credential import Credential
from regpipe.auth.tokens import Grant, Tokens

REALM = "https://auth.test/token"
PULL = ("repository:team/app:pull",)
USER = Credential("u", "canary-password", "", "", "config.json")
IDENTITY = Credential("u", "", "canary-identity", "", "config.json")
BOTH = Credential("u", "canary-password", "canary-identity", "", "config.json")


class Server:
    """A token server that responds with `T1`, `T2` and so on, or with the given responses."""

    def __init__(self, *responses: tuple[int, object], **fields: object) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes | None]] = []
        self._responses = list(responses)
        self._fields = fields
        self.now = 1000.0
        self.delay = 0.0

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, _: str
    ) -> tuple[int, bytes]:
        self.requests.append((method, url, dict(headers), body))
        number = len(self.requests)
        time.sleep(self.delay)
        if self._responses:
            status, response = self._responses[min(number, len(self._responses)) - 1]
            return status, response if isinstance(response, bytes) else json.dumps(
                response
            ).encode()
        return 200, json.dumps({"token": f"T{number}", **self._fields}).encode()

    def tokens(self) -> Tokens:
        return Tokens(self, clock=lambda: self.now)


def grant(credential: Credential | None = None, **more: Any) -> Grant:
    usual = Grant("https://r.test", REALM, "reg", PULL, credential)
    return usual._replace(**more)
