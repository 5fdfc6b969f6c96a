"""Registries, repositories and references as the page shows them: without passwords."""

import re

from regpipe.text import without_password

_LOGIN = re.compile(r"^[^/@\s]*:[^/@\s]*@(?![a-z0-9][a-z0-9+._-]*:[0-9A-Za-z=_-]{32})")
"""A user name and a password before a host without a scheme; `name:tag@sha256:…` has none."""
_HUB = {"registry-1.docker.io": "docker.io", "index.docker.io": "docker.io"}


def clean(value: object) -> str:
    """Return a name or a message without user names and passwords in it; "" if it is not a string.

    >>> clean("https://user:secret@my.registry/app")
    'https://[redacted]@my.registry/app'
    >>> clean("user:secret@my.registry/app")
    '[redacted]@my.registry/app'
    >>> clean("app:v1@sha256:" + 64 * "a") == "app:v1@sha256:" + 64 * "a"
    True
    """
    if not isinstance(value, str):
        return ""
    if "@" not in value:
        return value
    return _LOGIN.sub("[redacted]@", without_password(value))


def registry_name(value: object) -> str:
    """Return a registry as references name it: `host[:port]`; a local source's own name.

    >>> registry_name("https://registry-1.docker.io")
    'docker.io'
    """
    scheme, found, host = clean(value).partition("://")
    name = host if found else scheme
    return _HUB.get(name, name)
