"""Whether a registry's list is true: compared with what the registry itself responds."""

import threading
from collections.abc import Iterator
from typing import Protocol

from regpipe.errors import NotFoundError, RegpipeError
from regpipe.oci.manifest import Manifest
from regpipe.records.make import is_referrer_tag
from regpipe.sources.hints.base import Entry
from regpipe.sources.hints.families import Lists
from regpipe.sources.hints.sample import TAGS, Sample
from regpipe.sources.hints.table import Table

_RANDOM = 8
"""Tags of a list that are compared before it is used; as many are on the way."""
_SUSPICIOUS = 4
"""Tags that are in a list only, or in `tags/list` only, of which HEAD tells whether they exist."""


class Requests(Protocol):
    """Requests to the registry itself."""

    def tags(self, repository: str) -> Iterator[str]:
        """Yield the tags of a repository."""

    def manifest(self, repository: str, target: str, known: Manifest | None = None) -> Manifest:
        """Return the manifest of a tag."""

    def head(self, repository: str, tag: str) -> str | None:
        """Return the digest of a tag by HEAD; None if the response has none."""


class Truth:
    """Compares the lists of a registry in one run; threads share it.

    Args:
        registry: the registry itself.
        lists: its lists; warns and says what is not used.
        sample: how many tags are yet to be compared.
    """

    def __init__(self, registry: Requests, lists: Lists, sample: Sample) -> None:
        self._registry = registry
        self._lists = lists
        self._sample = sample
        self._lock = threading.Lock()
        self.is_off = False
        """Whether the lists are not used any more."""
        # What the first tags led to, until there is a list to compare it with.
        self._first: dict[tuple[str, str], str] = {}
        self._tables: dict[str, tuple[Table, int]] = {}
        self._chosen: set[tuple[str, str]] = set()

    def responded(self, repository: str, tag: str, digest: str) -> None:
        """Note what the registry responded about a tag; compare it if there is a list."""
        with self._lock:
            list_of = self._tables.get(repository)
            if list_of is None:
                if len(self._first) < TAGS:
                    self._first[repository, tag] = digest
                return
        self._compare(repository, *list_of, tag, digest)

    def holds(self, repository: str, table: Table, number: int) -> bool:
        """Compare a list that was just read; return whether it may be used."""
        with self._lock:
            self._tables[repository] = table, number
            first = [
                (key[1], digest) for key, digest in self._first.items() if key[0] == repository
            ]
        for tag, digest in first:
            self._compare(repository, table, number, tag, digest)
        for tag in table.missing(number, _SUSPICIOUS):
            self._check_is_absent(repository, tag)
        random = table.random(number, 2 * _RANDOM)
        for tag in [*table.unlisted(number, _SUSPICIOUS), *random[:_RANDOM]]:
            entry = table.find(number, tag)
            if entry and not self.is_off and self._sample.takes():
                self._check(repository, entry)
        table.forget_listed(number)
        with self._lock:
            self._chosen.update((repository, tag) for tag in random[_RANDOM:])
        return not self.is_off

    def allows(self, repository: str, entry: Entry, known: str | None) -> bool:
        """Tell whether a tag of a list may be used; it is compared if it is one of the sample.

        The sample has those that were chosen, and those that have moved by what the list says.
        """
        is_sampled = entry.digest != known or (repository, entry.tag) in self._chosen
        if is_sampled and not self.is_off and self._sample.takes():
            self._check(repository, entry)
        return not self.is_off

    def give_up(self, why: str) -> None:
        """Use the registry's lists no more: they cannot be read, or not be compared."""
        self.is_off = True
        self._lists.trace(f"its list of digests is not used: {why}")

    def _compare(self, repository: str, table: Table, number: int, tag: str, digest: str) -> None:
        """Compare a list with what the registry responded before or after it."""
        entry = table.find(number, tag)
        if entry is None:
            if not is_referrer_tag(tag):
                self._check_is_absent(repository, tag)
        elif entry.digest and entry.digest != digest and self._sample.takes():
            # It may have moved in between.
            self._check(repository, entry)

    def _check_is_absent(self, repository: str, tag: str) -> None:
        if not self.is_off and self._sample.takes() and self._head(repository, tag):
            self._caught(f"{repository}:{tag} is not in it")

    def _check(self, repository: str, entry: Entry) -> None:
        said = self._head(repository, entry.tag)
        if said is None:
            self._caught(f"there is no {repository}:{entry.tag}")
        elif entry.digest and said and said != entry.digest:
            short = f"{said[:19]}, not {entry.digest[:19]}"
            self._caught(f"{repository}:{entry.tag} is {short}")

    def _head(self, repository: str, tag: str) -> str | None:
        """Return the digest of a tag; None if there is no such tag, nothing if it is unknown."""
        try:
            said = self._registry.head(repository, tag)
            return said or self._registry.manifest(repository, tag).digest
        except NotFoundError:
            return None
        except RegpipeError as error:
            self.give_up(error.message)
            return ""

    def _caught(self, what: str) -> None:
        """Use the registry's lists no more, and say why, once."""
        with self._lock:
            was_off, self.is_off = self.is_off, True
        if not was_off:
            self._lists.warn(f"its list of digests is wrong, and not used in this run: {what}")
