"""The credential files of docker and podman: their paths and contents."""

import base64
import binascii
import json
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from regpipe.auth.credential import (
    HUB_KEY,
    Credential,
    canonical,
    is_header_value,
    login_host,
    password_credential,
)
from regpipe.errors import UnauthorizedError
from regpipe.oci.reference import HUB
from regpipe.system import directories
from regpipe.system.files import unblocked

FILE_LIMIT = 4 << 20
"""The most bytes of a credential file that are read."""

_FIELDS = ("auth", "username", "password", "identitytoken", "registrytoken")
_API_PATHS = frozenset({"", "v1", "v2"})
# Docker keeps the parts of a web login beside the credential made from them.
_NOT_CREDENTIALS = ("/access-token", "/refresh-token")


class Location(NamedTuple):
    """Where credentials may be: a file, or, with `text`, a variable that holds its text."""

    name: str
    text: str | None = None


class ConfigFile(NamedTuple):
    """The content of one file.

    Attributes:
        name: its name, for messages.
        auths: the entries, by host, URL or `host/namespace/repository`.
        helpers: the credential helpers of single hosts.
        store: the helper for all other hosts; empty if there is none.
    """

    name: str
    auths: Mapping[str, Any]
    helpers: Mapping[str, str]
    store: str

    def helper(self, origin: str) -> str:
        """Return the name of the credential helper for a registry; empty if it has none."""
        host, scheme = login_host(origin), origin.partition("://")[0]
        for key, name in self.helpers.items():
            found, path, _ = _split_key(key, scheme)
            if found == host and path in _API_PATHS:
                return name
        return self.store

    def entry(self, origin: str, repository: str) -> Credential | None:
        """Return the credential in the file itself, if there is one.

        An entry for the repository has precedence over one for a namespace above it, and that over
        one for the registry (containers-auth.json(5)). Docker's older files have URLs as keys.

        Raises:
            UnauthorizedError: there is an invalid entry.
        """
        host, scheme = login_host(origin), origin.partition("://")[0]
        ranked: dict[int, Any] = {}
        depth = repository.count("/") + 1 if repository else 0
        for key, value in self.auths.items():
            found, path, is_url = _split_key(key, scheme)
            if found != host or key.endswith(_NOT_CREDENTIALS):
                continue
            if path in _API_PATHS:
                rank = depth + 1
            elif is_url:
                rank = depth + 2
            elif f"{repository}/".startswith(f"{path}/"):
                rank = depth - path.count("/")
            else:
                continue
            if _is_filled(value):
                ranked.setdefault(rank, (key, value))
        if not ranked:
            return None
        key, value = ranked[min(ranked)]
        return _decode(value, key, self.name)


def named(authfile: str | None, environment: Mapping[str, str]) -> str | None:
    """Return the file that replaces all others, if one is given."""
    return authfile or environment.get("REGISTRY_AUTH_FILE") or None


def locations(authfile: str | None, environment: Mapping[str, str]) -> Iterator[Location]:
    """Yield the places to search, in order of precedence.

    A given file (`--authfile`, $REGISTRY_AUTH_FILE) is the only one, as with podman. Otherwise
    variables have precedence over the usual places, and podman's file over docker's, which is the
    order of containers-auth.json(5).
    """
    if only := named(authfile, environment):
        yield Location(only)
        return
    home = directories.home(environment)
    if text := environment.get("DOCKER_AUTH_CONFIG"):
        yield Location("$DOCKER_AUTH_CONFIG", text)
    if docker := environment.get("DOCKER_CONFIG"):
        yield Location(f"{docker}/config.json")
    settings = directories.config(environment)
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        yield Location(f"{runtime}/containers/auth.json")
    elif sys.platform == "linux":
        yield Location(f"/run/containers/{os.getuid()}/auth.json")
    if settings:
        yield Location(f"{settings}/containers/auth.json")
    if home and not docker:
        yield Location(f"{home}/.docker/config.json")
    if home:
        yield Location(f"{home}/.dockercfg")


def read(location: Location) -> ConfigFile | None:
    """Read one place; None if there is nothing.

    Raises:
        UnauthorizedError: it cannot be read or is invalid. The message holds none of its content.
    """
    name = location.name
    text = _read_file(name) if location.text is None else location.text.encode()
    if text is None or not text.strip():
        return None
    try:
        document = json.loads(text.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise _failure(name, f"not valid JSON (line {error.lineno})") from None
    except (ValueError, RecursionError):
        raise _failure(name, "not valid JSON") from None
    if not isinstance(document, dict):
        raise _failure(name, "no JSON object")
    if name.endswith(".dockercfg"):  # docker's first format has the entries only
        return ConfigFile(name, document, {}, "")
    auths = document.get("auths") or {}
    helpers = document.get("credHelpers") or {}
    store = document.get("credsStore") or ""
    if not isinstance(auths, dict):
        raise _failure(name, "its `auths` is not an object")
    if not isinstance(helpers, dict) or not all(isinstance(v, str) for v in helpers.values()):
        raise _failure(name, "its `credHelpers` is not an object of names")
    if not isinstance(store, str):
        raise _failure(name, "its `credsStore` is not a name")
    return ConfigFile(name, auths, helpers, store)


def _read_file(path: str) -> bytes | None:
    try:
        with open(path, "rb", opener=unblocked) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _failure(path, "not a file")
            text = file.read(FILE_LIMIT + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _failure(path, f"cannot be read: {error.strerror}") from None
    except ValueError:
        raise _failure(path, "no path of a file") from None
    if len(text) > FILE_LIMIT:
        raise _failure(path, f"larger than {FILE_LIMIT} bytes")
    return text


def _split_key(key: str, scheme: str) -> tuple[str, str, bool]:
    """Split a key into its host, its path, and whether it is a URL.

    `https://host/v1/` is for the host; `host/team` is for what is below that path on it.
    """
    found, mark, rest = key.partition("://")
    is_url = bool(mark) and found.lower() in ("http", "https")
    host, _, path = (rest if is_url else key).partition("/")
    own_scheme = found.lower() if is_url else scheme
    return login_host(f"{own_scheme}://{canonical(host, own_scheme)}"), path.strip("/"), is_url


def _is_filled(entry: object) -> bool:
    """Tell whether an entry is more than a marker that a helper has the credential."""
    if not isinstance(entry, dict):
        return True  # invalid, which is reported
    return any(entry.get(k) for k in _FIELDS if k != "password")


def _decode(entry: object, key: str, name: str) -> Credential:
    if not isinstance(entry, dict):
        raise _failure(name, f"its entry {ascii(key)} is not an object")
    texts = {k: v for k, v in entry.items() if isinstance(v, str)}
    for field in _FIELDS:
        if entry.get(field) and field not in texts:
            raise _failure(name, f"its entry {ascii(key)} has a {field!r} that is not a string")
    username, password = texts.get("username", ""), texts.get("password", "")
    if auth := texts.get("auth"):
        try:
            pair = base64.b64decode("".join(auth.split()), validate=True)
        except (binascii.Error, ValueError):
            raise _failure(
                name, f"its entry {ascii(key)} has an `auth` that is not base64"
            ) from None
        username, colon, password = pair.decode("utf-8", "surrogateescape").partition(":")
        if not colon:
            raise _failure(name, f"its entry {ascii(key)} has an `auth` that is not user:password")
        password = password.rstrip("\0")
    identity, registry = texts.get("identitytoken", ""), texts.get("registrytoken", "")
    for token in (identity, registry):
        if token and not is_header_value(token):
            raise _failure(name, f"its entry {ascii(key)} has a token with invalid characters")
    if not (username or identity or registry):
        raise _failure(name, f"its entry {ascii(key)} has no user name")
    found = password_credential(username, password, name)
    return found._replace(identity_token=identity, registry_token=registry)


def server_names(origin: str, name: str) -> tuple[str, ...]:
    """Return the names that a helper may have for a registry, in the order to try.

    Args:
        origin: the registry.
        name: the file with the helper's name: podman has another name for Docker Hub than docker.
    """
    host = login_host(origin)
    if host != HUB:
        return (host,)
    return (HUB_KEY, HUB) if name.endswith("auth.json") else (HUB_KEY,)


def _failure(name: str, what: str) -> UnauthorizedError:
    return UnauthorizedError(f"{name}: {what}", code="CREDENTIALS_UNAVAILABLE")
