"""Content that several threads need at once."""

import gc
import threading
import weakref
from collections.abc import Callable, Iterator

import pytest

from regpipe.errors import NotFoundError
from regpipe.sources.flights import SingleFlight

HANGS = 60


class Large:
    """Stands for what a caller holds."""


class Done(threading.Event):
    """An event that tells when it is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.waited = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.set()
        return super().wait(timeout)


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def fails(flights: SingleFlight, fetch: Callable[[], object]) -> "weakref.ref[Large]":
    held = Large()
    with pytest.raises(NotFoundError):
        flights.once("key", fetch)
    return weakref.ref(held)


@pytest.mark.usefixtures("no_garbage_collection")
def test_an_error_keeps_nothing_of_those_that_it_went_through() -> None:
    def fetch() -> None:
        raise NotFoundError("no such blob")

    assert fails(SingleFlight(), fetch)() is None


@pytest.mark.usefixtures("no_garbage_collection")
def test_nor_does_it_of_those_that_waited_for_it() -> None:
    flights = SingleFlight()
    found: list[weakref.ref[Large]] = []
    waiter = threading.Thread(target=lambda: found.append(fails(flights, lambda: None)))

    def fetch() -> None:
        flights._under_way["key"].done = done = Done()
        waiter.start()
        assert done.waited.wait(HANGS)
        raise NotFoundError("no such blob")

    found.append(fails(flights, fetch))
    waiter.join()
    assert [one() for one in found] == [None, None]
