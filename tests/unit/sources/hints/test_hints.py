"""When a list is read: what threads that find out at once leave each other."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regpipe.cache import database
from regpipe.cache.store import Cache
from regpipe.oci.manifest import Manifest
from regpipe.sources.hints import hints as module
from regpipe.sources.hints.ahead import Ahead
from regpipe.sources.hints.demand import Demand
from regpipe.sources.hints.families import Lists
from regpipe.sources.hints.hints import Hints
from regpipe.sources.hints.sample import Sample
from regpipe.transport import Transport

URL = "http://127.0.0.1:1"


class Nobody(module.Registry):
    """A registry that is sent no request."""

    def tags(self, repository: str) -> Iterator[str]:
        raise AssertionError(repository)

    def manifest(self, repository: str, target: str, known: Manifest | None = None) -> Manifest:
        raise AssertionError(repository, target, known)

    def head(self, repository: str, tag: str) -> str | None:
        raise AssertionError(repository, tag)

    @property
    def shown(self) -> str | None:
        return None


class SlowCache:
    """A cache in which one thread still looks for a list when another has discovered it."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self.looking, self.discovered = threading.Event(), threading.Event()

    def offer(self, registry: str) -> str | None:
        found = self._cache.offer(registry)
        if threading.current_thread().name == "late":
            self.looking.set()
            assert self.discovered.wait(30)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cache, name)


def test_a_thread_that_knows_no_list_does_not_forget_what_another_discovered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lists, "discover", lambda _, __: "zot")
    cache: Any = SlowCache(Cache(tmp_path / database.NAME, pytest.fail))
    ahead = Ahead(Demand(), Sample())
    hints = Hints(URL, Nobody(), Lists(URL, Transport()), cache, ahead)
    late = threading.Thread(target=hints._known_list, name="late")
    late.start()
    assert cache.looking.wait(30)
    assert hints._found_list("team/app") == "zot"
    cache.discovered.set()
    late.join()
    assert hints._known_list() == "zot"
    cache.close()
