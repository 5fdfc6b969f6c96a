"""A list of tags with their digests: its entries, its pages, and the interface of its modules."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from regpipe.errors import ResponseError
from regpipe.oci.descriptor import HASHES
from regpipe.oci.document import mapping, parse_document
from regpipe.oci.reference import is_digest
from regpipe.transport import PAGE_LIMIT, Response

REGISTRY, PASSWORD, ANONYMOUS = "registry", "password", "anonymous"
"""Credentials for a list: those for the registry itself, its password, or none."""

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LATEST = 253402300799  # the year 9999


class Entry(NamedTuple):
    """A tag in a list.

    Attributes:
        tag: its name.
        digest: the digest that it leads to; empty if the list has none that can be checked.
        pushed: when it was pushed, as RFC 3339 has it; empty if the list does not tell.
    """

    tag: str
    digest: str
    pushed: str = ""


class Page(NamedTuple):
    """A page of a list.

    Attributes:
        entries: the tags on it.
        next: the URL of the next page; None if this is the last one.
        tags: the tags of `tags/list` itself, where they stand on the same page.
    """

    entries: list[Entry]
    next: str | None = None
    tags: list[str] | None = None


class Family(Protocol):
    """What a module about the list of a kind of registry has."""

    @property
    def PER_PAGE(self) -> int:  # noqa: N802 -- a module's constant
        """How many tags a page of the list has."""

    @property
    def ACCESS(self) -> str:  # noqa: N802
        """Credentials for it: `REGISTRY`, `PASSWORD` or `ANONYMOUS`."""

    @property
    def PUSHED(self) -> str:  # noqa: N802
        """Which field of the list tells when a tag was pushed; empty if none does."""

    def is_at(self, host: str) -> bool:
        """Tell whether a host's name says that the registry has this list."""

    def is_shown(self, realm: str, service: str) -> bool:
        """Tell whether a registry's Bearer challenge shows that it has this list."""

    def start(self, url: str, repository: str) -> str | None:
        """Return the URL of the first page.

        Args:
            url: the registry's base URL.
            repository: the repository's name.

        Returns:
            None if the registry cannot have such a repository.
        """

    def read(self, response: Response, requested: str) -> Page:
        """Return what is on a page.

        Args:
            response: the response.
            requested: the URL that was requested.

        Raises:
            ResponseError: it is not such a list.
        """


def tags_of(response: Response, member: str) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """Return a page that has its tags, by name, in a list; and these tags.

    Args:
        response: the page.
        member: where the list is.

    Raises:
        ResponseError: it is not a list of tags.
    """
    document = parse_document(response.body, "list of tags", most=PAGE_LIMIT)
    tags = document.get(member)
    if not isinstance(tags, list):
        raise ResponseError("the response is not a list of tags")
    return document, [tag for tag in map(mapping, tags) if isinstance(tag.get("name"), str)]


def path_of(url: str) -> str:
    """Return the path of an http or https URL that a registry sent; empty if it is not one."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts.path if parts.scheme in ("http", "https") else ""


def digest_of_entry(value: object) -> str:
    """Return a digest of a list if content can be checked by it, else the empty string."""
    if not isinstance(value, str) or not is_digest(value):
        return ""
    return value if value.partition(":")[0] in HASHES else ""


def date_of_text(value: object) -> str:
    """Return a date of a list as it stands there, if it is one (RFC 3339); else nothing."""
    if not isinstance(value, str) or not _DATE.fullmatch(value) or value < "1970-01-02":
        return ""
    return value


def date_of_number(value: object, *, per_second: int = 1) -> str:
    """Return the date of a time since 1970, which may be a number in a string; else nothing.

    Args:
        value: the time.
        per_second: its unit: 1 for seconds, 1000 for milliseconds.
    """
    text = value if isinstance(value, str) else str(value) if type(value) is int else ""
    if not (text.isascii() and text.isdecimal() and len(text) < 17):
        return ""
    whole, part = divmod(int(text), per_second)
    if not 0 < whole <= _LATEST:
        return ""
    date = _EPOCH + timedelta(seconds=whole)
    fraction = f".{part * 1000 // per_second:03}" if part else ""
    return f"{date:%Y-%m-%dT%H:%M:%S}{fraction}Z"
