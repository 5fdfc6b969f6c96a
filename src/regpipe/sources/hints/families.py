"""Which registry has which list, and how a list is requested."""

import importlib
from collections.abc import Mapping
from typing import Any, cast

from regpipe.auth import Authorizer
from regpipe.errors import RegpipeError, ResponseError
from regpipe.oci.document import mapping
from regpipe.oci.reference import HUB_URL, host_of
from regpipe.sources.hints.base import ANONYMOUS, PASSWORD, Family, Page
from regpipe.transport import PAGE_LIMIT, Transport

AUTO, OFF = "auto", "off"
"""The settings by which a registry's list is found, and by which none is requested."""
NONE = "none"
"""What is known of a registry that has no list."""
NAMES = ("google", "harbor", "hub", "quay", "zot")
"""The lists by their names."""

_DISCOVERY_LIMIT = 64 << 10


def family(name: str) -> Family:
    """Return the module of a list."""
    return cast("Family", importlib.import_module(f"regpipe.sources.hints.{name}"))


def shown_by(document: Mapping[str, Any], link: str) -> str | None:
    """Return the list that a registry's `tags/list` shows it to have; None if it shows none.

    Args:
        document: a page of `tags/list`.
        link: its Link header.
    """
    if mapping(document.get("manifest")):
        return "google"
    # The cursor of Quay's pages.
    return "quay" if "next_page=" in link else None


class Lists:
    """The lists that one registry may have.

    Args:
        url: its base URL.
        transport: sends the requests.
        wanted: the setting: `AUTO`, or the name of its list.
    """

    def __init__(self, url: str, transport: Transport, wanted: str = AUTO) -> None:
        self._url = url
        self._transport = transport
        # Only Docker Hub has this one.
        self._wanted = AUTO if wanted == "hub" and url != HUB_URL else wanted

    def likely(self) -> str | None:
        """Return the list that the registry has by the settings or its name; None if unknown."""
        if self._wanted != AUTO:
            return self._wanted
        host = host_of(self._url).partition(":")[0]
        if self._url == HUB_URL:
            return NONE
        return next((name for name in NAMES if family(name).is_at(host)), None)

    def shown(self) -> str | None:
        """Return the list that it has by its challenge; None if that does not tell."""
        authorizer = self._transport.authorizer
        if not isinstance(authorizer, Authorizer):
            return None
        challenge = authorizer.learned.shown(self._url)
        if challenge is None:
            return None
        about = challenge.realm, challenge.service
        return next((name for name in NAMES if family(name).is_shown(*about)), None)

    def discover(self, repository: str = "") -> str | None:
        """Request the registry's extensions, once.

        Args:
            repository: one that may be read, for registries that require a token.

        Returns:
            The list it has, `NONE`, or None if its response did not tell.
        """
        zot = importlib.import_module("regpipe.sources.hints.zot")
        url = f"{self._url}{zot.DISCOVER}"
        try:
            response = self._transport.get_once(
                url, limit=_DISCOVERY_LIMIT, scope=_pull(repository) if repository else None
            )
            return "zot" if zot.is_offered(response) else NONE
        except RegpipeError as error:
            return NONE if is_absent(error) else None

    def first(self, name: str, repository: str) -> str | None:
        """Return the URL of the first page of a repository's list; None if it has none."""
        return family(name).start(self._url, repository)

    def page(self, name: str, repository: str, url: str) -> tuple[Page, int]:
        """Fetch and read a page of a repository's list; return it with its size in bytes.

        Raises:
            RegpipeError: there is no such page.
        """
        found = family(name)
        scope = _pull(repository)
        if found.ACCESS == PASSWORD:
            scope = f"api:{repository}:read"
            if isinstance(self._transport.authorizer, Authorizer):
                self._transport.authorizer.learned.use_password(url, scope)
        response = self._transport.get_once(
            url, limit=PAGE_LIMIT, scope=scope, anonymous=found.ACCESS == ANONYMOUS
        )
        try:
            return found.read(response, url), len(response.body)
        except ValueError as error:  # a next page that is no URL, or has no number
            raise ResponseError("the list of digests is malformed") from error

    def warn(self, message: str) -> None:
        """Warn about the registry, once."""
        self._transport.warn(self._url, message)

    def trace(self, message: str) -> None:
        """Say something with `-v`."""
        if self._transport.options.trace:
            self._transport.options.trace(f"* {host_of(self._url)}: {message}")


def is_absent(error: RegpipeError) -> bool:
    """Tell whether an error means that a registry has no such list, for anybody."""
    return error.status in (404, 405, 410, 501) or isinstance(error, ResponseError)


def _pull(repository: str) -> str:
    return f"repository:{repository}:pull"
