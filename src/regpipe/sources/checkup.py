"""The diagnosis that `regpipe check` makes of a registry: connection, login and permissions."""

import json
import re
from collections.abc import Mapping
from typing import Any

from regpipe.auth import Authorizer, challenges
from regpipe.errors import (
    ConnectionFailedError,
    NotFoundError,
    RegistryError,
    RegpipeError,
    ResponseError,
    TooLargeError,
    UnauthorizedError,
)
from regpipe.oci.reference import HUB_URL, host_of
from regpipe.sources import listing
from regpipe.sources.base import Checkup
from regpipe.sources.hints.families import Lists
from regpipe.transport import TLS_FAILED, Response, Transport, from_response

CATALOG_SCOPE = "registry:catalog:*"
# Docker Hub reports its rate limit with manifests only. It has this repository for the purpose,
# and HEAD is not counted: docs.docker.com/docker-hub/usage/pulls
_HUB_PREVIEW = "ratelimitpreview/test"
_API_VERSION = "docker-distribution-api-version"
_AMOUNT = re.compile(r"([0-9]{1,12})(?:;w=([0-9]{1,12}))?")


def check(url: str, transport: Transport) -> Checkup:
    """Diagnose a registry: connection, login and permissions.

    Args:
        url: its base URL.
        transport: sends the requests; its authorizer knows the credentials.

    Returns:
        The fields of a check record, and the error if the registry cannot be used.
    """
    fields: dict[str, Any] = {"reachable": False, "scheme": url.partition("://")[0]}
    error: RegpipeError | None = None
    try:
        _examine(url, transport, fields)
    except RegpipeError as raised:
        error = raised
        if raised.code == TLS_FAILED and not fields["reachable"]:
            fields |= {"reachable": True, "tls": "failed"}
        fields["hint"] = raised.message
        if raised.status is not None:
            fields.setdefault("status", raised.status)
    return Checkup(fields, error)


def _examine(url: str, transport: Transport, fields: dict[str, Any]) -> None:
    """Fill in the fields of a check record, as far as the diagnosis gets.

    Raises:
        RegpipeError: the registry cannot be used.
    """
    response = transport.ping(url)
    fields |= {"reachable": True, "status": response.status}
    if fields["scheme"] == "https":
        fields["tls"] = "unverified" if transport.options.insecure else "verified"
    fields["apiVersion"] = response.headers.get(_API_VERSION)
    fields["auth"] = auth = _auth(response)
    seen = dict(response.headers)
    try:
        if response.status in (401, 403) or (auth["kind"] != "none" and response.status == 200):
            if response.status == 200:
                auth["anonymous"] = True
            auth |= _identity(url, transport)
            response = transport.probe(f"{url}/v2/")
            seen |= response.headers
        fields["status"] = response.status
        _require_registry(response, url, auth)
        auth["ok"] = True
        seen |= _catalog(url, transport, fields)
        lists = Lists(url, transport)
        fields["hints"] = (
            "hub" if url == HUB_URL else lists.likely() or lists.shown() or lists.discover()
        )
        if "identity" not in auth:
            _add_unasked(url, transport, fields)
        if url == HUB_URL:
            seen |= _hub_limits(transport)
    finally:
        fields["rateLimit"] = rate_limit(seen)


def _auth(response: Response) -> dict[str, Any]:
    """Return the authentication of a registry's challenge to an anonymous user, be it on a 200."""
    header = response.headers.get("www-authenticate", "")
    challenge = challenges.preferred(challenges.parse(header.split("\n")))
    if response.status not in (200, 401, 403) or challenge is None:
        return {"kind": "none" if response.status < 400 else "unknown", "ok": False}
    found = {
        "kind": challenge.scheme,
        "realm": challenge.realm,
        "service": challenge.service,
        "ok": False,
    }
    return {name: value for name, value in found.items() if value != ""}


def _identity(url: str, transport: Transport) -> dict[str, Any]:
    """Return the user that the registry is used as, and the file or variable that names him."""
    if not isinstance(transport.authorizer, Authorizer):
        return {}
    user, origin = transport.authorizer.identity(url)
    return {"identity": user, "foundIn": origin} if origin else {"identity": user}


def _add_unasked(url: str, transport: Transport, fields: dict[str, Any]) -> None:
    """Add the credential for a registry whose `/v2/` requires none: used for the catalog, or not.

    Then it is not an error that it cannot be read.
    """
    auth = fields["auth"]
    try:
        found = _identity(url, transport)
    except UnauthorizedError as error:
        fields.setdefault("hint", f"no authentication required, and {error.message}")
        return
    if "foundIn" not in found or not isinstance(transport.authorizer, Authorizer):
        return
    if transport.authorizer.is_used(url):
        auth |= found
        return
    auth["unused"] = f"{found['identity']} (from {found['foundIn']})"
    fields.setdefault(
        "hint", f"no authentication required: the credential of {auth['unused']} is not used"
    )


def _require_registry(response: Response, url: str, auth: Mapping[str, Any]) -> None:
    """Check that the server is a registry (distribution-spec, "Determining Support").

    Raises:
        RegpipeError: it is not, or it denies access.
    """
    host, status = host_of(url), response.status
    if status == 200:
        if _API_VERSION not in response.headers and not _is_json(response.body):
            raise ResponseError(f"{host} is not a registry: is this the right host and port?")
    elif status in (401, 403):
        who = f"{auth['identity']} (from {auth['foundIn']})" if "foundIn" in auth else ""
        if "foundIn" in auth and auth["kind"] == "basic" and status == 401:
            who = f"the password of {who}"
        what = f"rejected {who}" if who else "denied access"
        raise UnauthorizedError(f"{host} {what}", status=status)
    elif status == 404:
        raise NotFoundError(f"{host} has no registry API at /v2/", status=status)
    else:
        raise from_response(response, url)


def _is_json(body: bytes) -> bool:
    return not body.strip() or _object(body) is not None


def _object(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object in a body; None if it is not one."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _catalog(url: str, transport: Transport, fields: dict[str, Any]) -> Mapping[str, str]:
    """Find out whether the registry lists its repositories; return the response's headers.

    Many registries do not, and this is not an error.
    """
    try:
        response = transport.probe(f"{url}/v2/_catalog?n=1", scope=CATALOG_SCOPE)
    except TooLargeError:  # the registry ignores the page size
        fields["catalog"] = "allowed"
        return {}
    except UnauthorizedError:
        fields["catalog"] = "refused"
        response = None
    except (ConnectionFailedError, RegistryError):
        fields["catalog"] = "failed"
        return {}
    if response is not None:
        fields["catalog"] = _CATALOG.get(response.status, "failed")
        page = _object(response.body) or {}
        if response.status == 200 and listing.page_names(page, "repositories") is None:
            fields["catalog"] = "failed"
    if fields["catalog"] in ("refused", "absent"):
        fields["hint"] = f"repositories cannot be listed; name one, such as {host_of(url)}/team/app"
    return response.headers if response is not None else {}


_CATALOG = {200: "allowed", 401: "refused", 403: "refused", 404: "absent", 405: "absent"}


def _hub_limits(transport: Transport) -> Mapping[str, str]:
    try:
        return transport.head(
            f"{HUB_URL}/v2/{_HUB_PREVIEW}/manifests/latest",
            scope=f"repository:{_HUB_PREVIEW}:pull",
        ).headers
    except RegpipeError:
        return {}


def rate_limit(headers: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the rate limit in a response's headers; None if there is none.

    `100;w=21600` means 100 requests in a window of 21600 seconds.

    Args:
        headers: the headers, with lower-case names.
    """
    found: dict[str, Any] = {}
    for name in ("limit", "remaining"):
        text = headers.get(f"ratelimit-{name}") or headers.get(f"x-ratelimit-{name}", "")
        if match := _AMOUNT.fullmatch(text.strip()):
            found[name] = int(match[1])
            if match[2]:
                found.setdefault("window", int(match[2]))
    if found and (source := headers.get("docker-ratelimit-source")):
        found["source"] = source
    return found or None
