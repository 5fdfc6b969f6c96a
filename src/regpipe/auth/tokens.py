"""Tokens: requested from a token server, and kept until they expire.

The exchange is that of github.com/distribution/distribution docs/content/spec/auth: token.md (GET)
and oauth.md (POST, with an identity token).
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol
from urllib.parse import urlencode, urlsplit

from regpipe.auth.credential import Credential, is_header_value
from regpipe.errors import RegistryError, RegpipeError, ResponseError, UnauthorizedError


class TokenExchange(Protocol):
    """Sends a request to a token server."""

    def __call__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        form: bytes | None,
        registry: str,
        /,
    ) -> tuple[int, bytes]:
        """Return the status and the body of the response, whatever the status.

        Nothing is sent to a server that is nearer than the registry that named it. A redirect is
        followed only if the request holds nothing secret: no form and no
        Authorization header. Otherwise one to another origin is an error.

        Args:
            method: GET, or POST with a form.
            url: the realm, with its query.
            headers: to send besides the client's own.
            form: the body of a POST.
            registry: the origin of the registry.

        Raises:
            ConnectionFailedError: there was no response.
            ResponseError: the server, or where a redirect leads, is nearer than the registry; or
                the body cannot be read.
        """


CLIENT_ID = "regpipe"

_LIFETIME_SECONDS = 60  # token.md: that of a token without `expires_in`, and the least of any
_LONGEST_SECONDS = 24 * 3600.0
_EARLY_SECONDS = 5.0
# How many seconds no request is sent to a token server that failed. Threads that waited for it
# share the failure, so that a thousand tags do not wait one after another.
_FAILURE_SECONDS = 5.0
# How many fresh tokens in a row may be rejected before no more are requested.
_FRESH_SECONDS = 2.0
_FRESH_REFUSALS = 3
_SLOTS_KEPT = 2048


class Grant(NamedTuple):
    """What a token is for; tokens are shared only if all of this is equal.

    `registry` is an origin; `scopes` are in the order of the request.
    """

    registry: str
    realm: str
    service: str
    scopes: tuple[str, ...]
    credential: Credential | None


class _Slot:
    """The token of one grant."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.token = ""
        self.since = 0.0
        self.until = 0.0
        self.error: RegpipeError | None = None
        self.fresh_refusals = 0


class Tokens:
    """The tokens of one run, each requested once for all threads.

    Args:
        exchange: sends a request to a token server.
        clock: returns seconds of a monotonic clock.
    """

    def __init__(
        self, exchange: TokenExchange, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._exchange = exchange
        self._clock = clock
        self._lock = threading.Lock()
        self._slots: dict[Grant, _Slot] = {}
        self._wrong: dict[tuple[str, Credential | None], RegpipeError] = {}

    def get(self, grant: Grant) -> str:
        """Return a token for a grant that stays valid for some seconds.

        Raises:
            UnauthorizedError: the token server rejects the credentials; from then on every time.
            RegistryError: it cannot be reached, or its response has no token.
        """
        slot = self._slot(grant)
        with slot.lock:
            now = self._clock()
            if slot.error is not None and now < slot.until:
                error = slot.error
                raise type(error)(error.message, code=error.code, status=error.status) from error
            if not slot.token or now >= slot.until:
                self._renew(slot, grant)
            return slot.token

    def refuse(self, grant: Grant, token: str, *, is_final: bool) -> bool:
        """Note that the registry rejected a token.

        Args:
            grant: the grant of the token.
            token: the rejected token; empty if none was sent.
            is_final: whether every other token for this grant would be rejected too.

        Returns:
            Whether another token may be accepted.
        """
        slot = self._slot(grant)
        with slot.lock:
            if not token or slot.token != token:
                return True  # it was for something else, or another thread has replaced it
            if is_final:
                return False
            is_fresh = self._clock() - slot.since < _FRESH_SECONDS
            slot.fresh_refusals = slot.fresh_refusals + 1 if is_fresh else 0
            if slot.fresh_refusals > _FRESH_REFUSALS:
                return False
            slot.token = ""
            return True

    def _slot(self, grant: Grant) -> _Slot:
        key = grant._replace(scopes=tuple(sorted(grant.scopes)))
        with self._lock:
            slot = self._slots.get(key)
            if slot is None:
                if len(self._slots) >= _SLOTS_KEPT:  # a run over very many repositories
                    del self._slots[next(iter(self._slots))]
                slot = self._slots[key] = _Slot()
            return slot

    def _renew(self, slot: _Slot, grant: Grant) -> None:
        slot.token, slot.error = "", None
        login = (grant.realm, grant.credential)
        try:
            if login in self._wrong:
                raise self._wrong[login].bare()
            token, lifetime = _fetch(grant, self._exchange)
        except RegpipeError as error:
            if error.status == 401 and isinstance(error, UnauthorizedError) and grant.credential:
                # Wrong for one repository is wrong for all: more tries would lock the account.
                self._wrong[login] = error.bare()
            slot.error = error.bare()
            is_final = isinstance(error, UnauthorizedError)
            slot.until = self._clock() + (_LONGEST_SECONDS if is_final else _FAILURE_SECONDS)
            raise
        slot.token, slot.since = token, self._clock()
        slot.until = slot.since + lifetime - _EARLY_SECONDS


def _fetch(grant: Grant, exchange: TokenExchange) -> tuple[str, float]:
    """Request a token; return it and its lifetime in seconds."""
    credential = grant.credential
    status, body = 404, b""
    if credential and credential.identity_token:
        form = {
            "grant_type": "refresh_token",
            "service": grant.service,
            "client_id": CLIENT_ID,
            "scope": " ".join(grant.scopes),
            "refresh_token": credential.identity_token,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        status, body = exchange(
            "POST", grant.realm, headers, urlencode(form).encode(), grant.registry
        )
    if status == 404:  # without an identity token, or oauth.md: not every server has POST
        status, body = exchange("GET", _query(grant), _basic(credential), None, grant.registry)
    if status == 200:
        return _read(body, urlsplit(grant.realm).netloc)
    raise _failure(grant, status)


def _query(grant: Grant) -> str:
    pairs = [("service", grant.service)] if grant.service else []
    pairs += [("scope", scope) for scope in grant.scopes]
    if grant.credential and grant.credential.username:
        pairs.append(("account", grant.credential.username))
    realm = grant.realm.partition("#")[0]
    if not pairs:
        return realm
    joint = "&" if "?" in realm else "?"
    return realm + joint + urlencode(pairs, errors="surrogateescape")


def _basic(credential: Credential | None) -> dict[str, str]:
    if credential is None:
        return {}
    # Servers without POST accept an identity token as the password.
    return {"Authorization": credential.basic(credential.password or credential.identity_token)}


def _read(body: bytes, server: str) -> tuple[str, float]:
    try:
        document = json.loads(body)
        token = document.get("token") or document.get("access_token")
        given, issued = document.get("expires_in"), document.get("issued_at")
    except (ValueError, AttributeError, RecursionError):
        token = given = issued = None
    if not isinstance(token, str) or not is_header_value(token):
        raise ResponseError(f"the token server {server} responded without a token")
    lifetime = float(_LIFETIME_SECONDS)
    if isinstance(given, int | float) and lifetime < given:
        lifetime = min(float(given), _LONGEST_SECONDS)
    return token, max(lifetime - _age(issued, lifetime), 2 * _EARLY_SECONDS)


def _age(issued: object, lifetime: float) -> float:
    """Return the age of a token in seconds; 0 if the clocks of server and client disagree."""
    if not isinstance(issued, str):
        return 0.0
    try:
        # Seconds are enough; the fraction has different forms.
        at = datetime.fromisoformat(issued[:19] + "+00:00") if issued.endswith("Z") else None
        age = time.time() - at.timestamp() if at else 0.0
    except (ValueError, OverflowError):
        return 0.0
    return age if 0 <= age < lifetime else 0.0


def _failure(grant: Grant, status: int) -> RegpipeError:
    server = urlsplit(grant.realm).netloc
    credential = grant.credential
    if status in (400, 401, 403) and credential:
        what = "identity token" if credential.identity_token else "password"
        return UnauthorizedError(
            f"{server} rejected the {what} of {credential.who} (from {credential.found_in})",
            status=status,
        )
    if status in (401, 403):
        return UnauthorizedError(f"{server} gives no token to anonymous users", status=status)
    if 300 <= status < 400:
        return ResponseError(
            f"the token server {server} responded with a redirect, which is not followed"
        )
    code = "TOOMANYREQUESTS" if status == 429 else None
    return RegistryError(
        f"the token server {server} responded with {status}", code=code, status=status
    )
