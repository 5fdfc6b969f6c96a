"""Garbage is collected as usual, once the modules are loaded."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from regpipe.system import budget, garbage


class Cycle:
    """An object that only the garbage collector can free."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    usual, callbacks = gc.get_threshold(), list(gc.callbacks)
    gc.collect()
    gc.freeze()  # what the tests' process holds need not be searched each time
    yield
    gc.unfreeze()
    gc.callbacks[:] = callbacks
    gc.set_threshold(*usual)


def test_loading_does_not_wait_for_it() -> None:
    garbage.begin_later()
    collected: list[str] = []
    gc.callbacks.append(lambda phase, _info: collected.append(phase))
    loaded = [[number] for number in range(20_000)]
    assert not collected
    assert loaded


def test_what_a_run_leaves_is_freed() -> None:
    usual = gc.get_threshold()
    garbage.begin_later()
    freed: list[None] = []
    for _ in range(200_000):
        weakref.finalize(Cycle(), freed.append, None)
    assert len(freed) > 100_000
    assert gc.get_threshold() == usual


def test_what_is_large_is_not_left_for_long() -> None:
    usual = gc.get_threshold()
    garbage.begin_later()
    assert gc.get_threshold() != usual
    budget._return_memory.cache_clear()  # as in a new process
    with budget.Budget().account(lambda: True):
        budget.claim(1 << 20)
    assert gc.get_threshold() == usual


def test_nothing_changes_where_it_was_not_put_off() -> None:
    gc.set_threshold(1234, 5, 6)
    garbage.begin()
    assert gc.get_threshold()[:2] == (1234, 5)
