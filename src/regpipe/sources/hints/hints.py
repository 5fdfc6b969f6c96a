"""When the list of a registry is read, used and given up.

A list pays if a run requests at least as many tags of a repository as the list has pages, and for
some dozens; how many those are, `Demand` knows ahead from the input. The first tags of a run are
requested as ever, so that the first record appears as soon as ever. Then one thread reads the list,
and the others wait for it. Before it is used it is compared (truth.py).
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from regpipe.cache.store import Cache
from regpipe.errors import RegpipeError
from regpipe.sources.flights import SingleFlight
from regpipe.sources.hints import families
from regpipe.sources.hints.ahead import Ahead
from regpipe.sources.hints.base import Entry
from regpipe.sources.hints.families import NONE, Lists, is_absent
from regpipe.sources.hints.table import Table
from regpipe.sources.hints.truth import Requests, Truth
from regpipe.system import budget
from regpipe.transport import bounds
from regpipe.transport.bounds import PageCounter

LEAST = 32
"""Of fewer tags of a repository no list is read."""
LEAST_UNKNOWN = 100
"""The same for a registry of which it is not known whether it has a list."""

# How long the tags of a repository are waited for if its input comes slowly, once for each; and for
# the first response of the registry.
_INPUT_SECONDS = 0.5
_RESPONSE_SECONDS = 5.0
_PLANS_KEPT = 4096


class Registry(Requests, Protocol):
    """The registry itself, and what its lists of tags showed."""

    @property
    def shown(self) -> str | None:
        """The list of digests that it was shown to have, in this run."""


class Hint(NamedTuple):
    """What a list says of a tag.

    Attributes:
        digest: the digest that it leads to.
        fields: what the tag's record says of where it is from.
    """

    digest: str
    fields: dict[str, str]


class _Plan(NamedTuple):
    """When the list of a repository is to be read.

    Attributes:
        need: how many of its tags have to be in the input; None if it is not to be read.
        pages: how many pages it is expected to have.
        until: how long to wait for the input, on the clock of `time.monotonic`.
    """

    need: int | None
    pages: int
    until: float


class Hints:
    """The lists of one registry in one run; threads share it.

    Args:
        url: the registry's base URL.
        registry: the registry itself.
        lists: the lists that it may have.
        cache: what is known of it from earlier runs.
        ahead: what the run is about to request.
    """

    def __init__(
        self, url: str, registry: Registry, lists: Lists, cache: Cache, ahead: Ahead
    ) -> None:
        self._url = url
        self._registry = registry
        self._lists = lists
        self._cache = cache
        self._demand, self._sample = ahead
        self._truth = Truth(registry, lists, self._sample)
        self._flights = SingleFlight()
        self._lock = threading.Lock()
        self._started = False
        self._responded = threading.Event()
        self._name: str | None = None
        self._table: Table | None = None
        self._plans: dict[str, _Plan] = {}
        # The numbers of the lists that were read; None for those that are not to be used.
        self._read: dict[str, int | None] = {}

    def find(self, repository: str, tag: str, known: str | None) -> Hint | None:
        """Return what the registry's list says of a tag; None if the tag is to be requested.

        Args:
            repository: the repository's name.
            tag: the tag.
            known: the digest that the tag led to when it was last fetched.
        """
        if self._truth.is_off or (known is None and repository not in self._read):
            return None
        if self._is_first():
            return None
        try:
            number = self._number(repository)
            table = self._table
            entry = None if number is None or table is None else table.find(number, tag)
        except sqlite3.Error as error:
            self._truth.give_up(str(error))
            return None
        if not entry or not entry.digest or not self._truth.allows(repository, entry, known):
            return None
        return self._hint(entry)

    def note(self, repository: str, tag: str, digest: str | None) -> None:
        """Note what the registry itself responded about a tag: its digest, or None for an error."""
        self._responded.set()
        if digest is not None and not self._truth.is_off:
            self._truth.responded(repository, tag, digest)

    def _is_first(self) -> bool:
        """Tell whether a tag is one of the first of the run, or the first of the registry."""
        with self._lock:
            started, self._started = self._started, True
        if self._sample.takes_first():
            return True
        if not started:
            self._sample.takes()
        return not started

    def _hint(self, entry: Entry) -> Hint:
        name = str(self._name)
        fields = {"digestFrom": name}
        if entry.pushed:
            fields |= {"pushed": entry.pushed, "pushedFrom": families.family(name).PUSHED}
        return Hint(entry.digest, fields)

    def _number(self, repository: str) -> int | None:
        """Return the number of a repository's list, which is read if that pays."""
        if repository in self._read:
            return self._read[repository]
        # The registry's challenge tells which it is.
        if not self._responded.wait(_RESPONSE_SECONDS) or not self._pays(repository):
            return None
        return self._flights.once(repository, lambda: self._read_once(repository))

    def _pays(self, repository: str) -> bool:
        plan = self._plans.get(repository)
        if plan is None:
            if len(self._plans) >= _PLANS_KEPT:
                self._plans.clear()
            plan = self._plans[repository] = self._planned(repository)
        if plan.need is None:
            return False
        return self._demand.reaches(self._url, repository, plan.need, plan.until)

    def _planned(self, repository: str) -> _Plan:
        name = self._known_list()
        per_page = families.family(name).PER_PAGE if name and name != NONE else 1000
        kept = self._cache.tags_kept(self._place(repository))
        least = LEAST if name else LEAST_UNKNOWN
        pages = kept // per_page + 1
        need = None if name == NONE or kept < least else max(least, pages)
        return _Plan(need, pages, time.monotonic() + _INPUT_SECONDS)

    def _known_list(self) -> str | None:
        """Return the registry's list as far as that is known without a request."""
        if self._name is None:
            lists = self._lists
            found = lists.likely() or self._registry.shown or lists.shown()
            found = found or self._cache.offer(self._url)
            if found:  # else another thread may have discovered it meanwhile
                self._name = found
        return self._name

    def _found_list(self, repository: str) -> str:
        """Return the registry's list; requested once if it is not known."""
        name = self._known_list()
        if name is None:
            found = self._lists.discover(repository)
            name = self._name = found or NONE
            if found:
                self._cache.keep_offer(self._url, found)
        return name

    def _read_once(self, repository: str) -> int | None:
        """Read a repository's list and compare it, unless another thread has done so."""
        if repository in self._read:
            return self._read[repository]
        number = None
        name = self._flights.once((), lambda: self._found_list(repository))
        if name == NONE:
            self._truth.is_off = True
        elif not self._truth.is_off and not (self._table and self._table.is_full):
            try:
                number = self._fill(name, repository)
            except RegpipeError as error:
                self._truth.give_up(error.message)
                if is_absent(error) and self._cache.offer(self._url) == name:
                    self._cache.keep_offer(self._url, NONE)
        self._read[repository] = number
        return number

    def _fill(self, name: str, repository: str) -> int | None:
        """Read a list; return its number, or None if it is not to be used.

        Raises:
            RegpipeError: there is no such list.
            sqlite3.Error: there is no room for it.
        """
        with self._lock:
            table = self._table = self._table or Table()
        number = table.begin()
        plan = self._plans.get(repository)
        most = 2 * (plan.pages if plan else 1) + 4
        counter = PageCounter("the list of digests", bounds.HINTS)
        held = budget.claimed()
        url = self._lists.first(name, repository)
        requested: set[str] = set()
        has_tags = False
        while url is not None:
            if len(requested) >= most or url in requested:
                self._lists.trace(f"its list of digests of {repository} is too long to be of use")
                return None
            requested.add(url)
            begun = time.monotonic()
            page, size = self._lists.page(name, repository, url)
            seconds = time.monotonic() - begun
            table.add(number, page.entries)
            if page.tags is not None:
                has_tags = True
                table.add_listed(number, page.tags)
            if page.next:
                counter.add(size=size, seconds=seconds, is_new=bool(page.entries))
            url = page.next
            budget.release(held)
        if not requested:
            return None
        if not has_tags:
            table.add_listed(number, self._tags(repository))
        if self._cache.offer(self._url) != name:
            self._cache.keep_offer(self._url, name)
        return number if self._truth.holds(repository, table, number) else None

    def _tags(self, repository: str) -> Iterator[str]:
        """Yield the tags of `tags/list`: those that were listed last, which are in the cache."""
        place = self._place(repository)
        kept = self._cache.names(place)
        return kept or self._cache.keep_names(place, self._registry.tags(repository))

    def _place(self, repository: str) -> str:
        return f"{self._url}/{repository}"
