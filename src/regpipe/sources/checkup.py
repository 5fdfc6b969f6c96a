"""Why a registry does or does not work: what it answers to a few harmless questions."""

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
from regpipe.sources.base import Checkup
from regpipe.transport import Response, Transport, errors

CATALOG_SCOPE = "registry:catalog:*"
# Docker Hub tells its limit with manifests only. This one is for asking, and HEAD costs nothing:
# docs.docker.com/docker-hub/usage/pulls
_HUB_PREVIEW = "ratelimitpreview/test"
_API_VERSION = "docker-distribution-api-version"
_AMOUNT = re.compile(r"([0-9]{1,12})(?:;w=([0-9]{1,12}))?")


def check(url: str, transport: Transport) -> Checkup:
    """Find out how a registry is reached and what it lets one do.

    Args:
        url: its base URL.
        transport: carries the requests; its authorizer knows the credentials.
    """
    fields: dict[str, Any] = {"reachable": False, "scheme": url.partition("://")[0]}
    error: RegpipeError | None = None
    try:
        _examine(url, transport, fields)
    except RegpipeError as raised:
        error = raised
        fields["hint"] = raised.message
        if raised.status is not None:
            fields.setdefault("status", raised.status)
    return Checkup(fields, error)


def _examine(url: str, transport: Transport, fields: dict[str, Any]) -> None:
    """Fill in a record's fields, as far as one gets.

    Raises:
        RegpipeError: what keeps the registry from being used.
    """
    answer = transport.probe(f"{url}/v2/", anonymous=True)
    fields |= {"reachable": True, "status": answer.status}
    fields["apiVersion"] = answer.headers.get(_API_VERSION)
    fields["auth"] = auth = _offered(answer)
    seen = dict(answer.headers)
    try:
        if answer.status in (401, 403):
            auth |= _identity(url, transport)
            answer = transport.probe(f"{url}/v2/")
            seen |= answer.headers
        fields["status"] = answer.status
        _require_registry(answer, url, auth)
        auth["ok"] = True
        seen |= _catalog(url, transport, fields)
        if url == HUB_URL:
            seen |= _hub_limits(transport)
    finally:
        fields["rateLimit"] = rate_limit(seen)


def _offered(answer: Response) -> dict[str, Any]:
    """Return what a registry says to somebody unknown."""
    header = answer.headers.get("www-authenticate", "")
    way = challenges.preferred(challenges.parse(header.split("\n")))
    if answer.status not in (401, 403) or way is None:
        return {"kind": "none" if answer.status < 400 else "unknown", "ok": False}
    found = {"kind": way.scheme, "realm": way.realm, "service": way.service, "ok": False}
    return {name: value for name, value in found.items() if value != ""}


def _identity(url: str, transport: Transport) -> dict[str, Any]:
    """Return who one is to a registry, and which file or variable says so."""
    if not isinstance(transport.authorizer, Authorizer):
        return {}
    who, source = transport.authorizer.identity(url)
    return {"identity": who, "source": source} if source else {"identity": who}


def _require_registry(answer: Response, url: str, auth: Mapping[str, Any]) -> None:
    """Refuse what is no registry (distribution-spec, "Determining Support").

    Raises:
        RegpipeError: it is none, or does not let one in.
    """
    host, status = host_of(url), answer.status
    if status == 200:
        if _API_VERSION not in answer.headers and not _is_json(answer.body):
            raise ResponseError(f"{host} is not a registry: is this the right port?")
    elif status in (401, 403):
        who = f"{auth['identity']} (from {auth['source']})" if "source" in auth else ""
        if "source" in auth and auth["kind"] == "basic" and status == 401:
            who = f"the password of {who}"
        what = f"rejected {who}" if who else "denied access"
        raise UnauthorizedError(f"{host} {what}", status=status)
    elif status == 404:
        raise NotFoundError(f"{host} has no registry API at /v2/", status=status)
    else:
        code = "TOOMANYREQUESTS" if status == 429 else errors.code_of(answer.body)
        raise RegistryError(
            f"{host} responded with {status}", code=code or f"HTTP_{status}", status=status
        )


def _is_json(body: bytes) -> bool:
    return not body.strip() or _object(body) is not None


def _object(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object in a body, None where there is none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _catalog(url: str, transport: Transport, fields: dict[str, Any]) -> Mapping[str, str]:
    """Find out whether the registry lists its repositories; return the answer's headers.

    That it does not is usual, and no failure.
    """
    try:
        answer = transport.probe(f"{url}/v2/_catalog?n=1", scope=CATALOG_SCOPE)
    except TooLargeError:  # it lists them all, whatever it is asked for
        fields["catalog"] = "allowed"
        return {}
    except UnauthorizedError:
        fields["catalog"] = "refused"
        answer = None
    except (ConnectionFailedError, RegistryError):
        fields["catalog"] = "failed"
        return {}
    if answer is not None:
        fields["catalog"] = _CATALOG.get(answer.status, "failed")
        if answer.status == 200 and not _is_list(answer.body):
            fields["catalog"] = "failed"
    if fields["catalog"] in ("refused", "absent"):
        fields["hint"] = f"repositories are not listed: name one, as in {host_of(url)}/team/app"
    return answer.headers if answer is not None else {}


_CATALOG = {200: "allowed", 401: "refused", 403: "refused", 404: "absent", 405: "absent"}


def _is_list(body: bytes) -> bool:
    """Tell whether a page lists repositories; some registries write null for none."""
    found = (_object(body) or {}).get("repositories", "")
    return found is None or isinstance(found, list)


def _hub_limits(transport: Transport) -> Mapping[str, str]:
    try:
        return transport.head(
            f"{HUB_URL}/v2/{_HUB_PREVIEW}/manifests/latest",
            scope=f"repository:{_HUB_PREVIEW}:pull",
        ).headers
    except RegpipeError:
        return {}


def rate_limit(headers: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what an answer's headers say of a rate limit; None if they say nothing.

    The form is `100;w=21600`: so many requests in a window of so many seconds.

    Args:
        headers: by name in lower case.
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
