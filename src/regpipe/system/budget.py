"""The memory that the inputs of a run take together: what is large takes turns.

Each thread claims what it is about to take for its input. Up to a sum that all of them share it
continues at once. Beyond that it waits until there is room again, or until its input is the first
of those in progress, the one whose output comes next: that one never waits. So one can always
continue, unless it needs what another thread holds that waits for its turn. A thread that holds
something others may need, such as one of the concurrent requests, therefore does not wait: it
raises `Postponed`, lets go, waits, and begins again; see `holding` and `retry_when_free`.
"""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from regpipe.system import garbage

T = TypeVar("T")

SHARED = 32 << 20
"""Bytes, roughly, that the inputs in progress take together without taking turns."""
SMALL = 64 << 10
"""Claims of less are not worth counting."""

_here = threading.local()


class Budget:
    """What the inputs in progress take.

    Args:
        size: bytes that they take together without taking turns.
    """

    def __init__(self, size: int = SHARED) -> None:
        self._free = size
        self._changed = threading.Condition()

    @contextmanager
    def account(self, is_first: Callable[[], bool]) -> Iterator[None]:
        """Claim for one input what this thread takes meanwhile, and give all of it back.

        Args:
            is_first: tells whether the input is the first of those in progress.
        """
        account = _here.account = _Account(self, is_first)
        try:
            yield
        finally:
            del _here.account
            account.release(0)
            if account.most > _TRIMMED:
                _trim()

    def changed(self) -> None:
        """Look again who is the first."""
        with self._changed:
            self._changed.notify_all()

    def try_to_take(self, size: int, is_first: Callable[[], bool]) -> bool:
        """Take so many bytes, if there is room or the input is the first."""
        with self._changed:
            return self._take(size, is_first)

    def take(self, size: int, is_first: Callable[[], bool]) -> None:
        """Take so many bytes; wait for them."""
        with self._changed:
            while not self._take(size, is_first):
                self._changed.wait()

    def give_back(self, size: int) -> None:
        """Give so many bytes back."""
        with self._changed:
            self._free += size
            self._changed.notify_all()

    def _take(self, size: int, is_first: Callable[[], bool]) -> bool:
        if size > self._free and not is_first():
            return False
        self._free -= size
        return True


class _Account:
    """What one input takes.

    Attributes:
        held: bytes that were claimed.
        waited_for: bytes that were waited for and not claimed yet.
        most: the most bytes that it held, or should have.
        holding: whether the thread holds what others may need.
        has_turn: whether nothing more is counted.
    """

    def __init__(self, budget: Budget, is_first: Callable[[], bool]) -> None:
        self._budget = budget
        self._is_first = is_first
        self.held = self.waited_for = self.most = 0
        self.holding = self.has_turn = False

    def claim(self, size: int) -> None:
        self.most = max(self.most, self.held + size)
        if self.has_turn:
            return
        used = min(size, self.waited_for)
        self.waited_for -= used
        self.held += used
        size -= used
        if not self._budget.try_to_take(size, self._is_first):
            if self.holding:
                raise Postponed(used + size)
            self._budget.take(size, self._is_first)
        self.held += size

    def wait(self, size: int) -> None:
        """Wait for what is about to be claimed, and hold nothing else that was claimed for it."""
        self._budget.take(size, self._is_first)
        self.waited_for += size

    def release(self, held: int) -> None:
        """Give back what was claimed beyond so many bytes."""
        size = self.held - held + self.waited_for
        self.held, self.waited_for = held, 0
        if size:
            self._budget.give_back(size)


class Postponed(Exception):  # noqa: N818 -- not an error
    """The thread may not wait here for so many bytes; see `retry_when_free`."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


def claim(size: int) -> None:
    """Claim bytes that are about to be taken for this thread's input; wait for a turn.

    Raises:
        Postponed: it has to wait, and must not here.
    """
    if size > SMALL and (account := _account()):
        _return_memory()
        account.claim(size)


def take_turn() -> None:
    """Wait until at most two inputs take a turn: this one, and the first of those in progress.

    Nothing is counted for this input any more. So work on files, during which threads wait for
    each other in many ways, never waits in the middle.
    """
    if account := _account():
        account.claim(SHARED // 2 + 1)
        account.has_turn, account.most = True, 0


def claimed() -> int:
    """Return how many bytes are claimed for this thread's input."""
    account = _account()
    return account.held if account else 0


def release(before: int) -> None:
    """Give back what was claimed since `claimed` returned so many bytes."""
    if account := _account():
        account.release(before)


@contextmanager
def part() -> Iterator[None]:
    """Give back at the end what was claimed since the beginning, as for one of many images."""
    before = claimed()
    try:
        yield
    finally:
        release(before)


@contextmanager
def holding() -> Iterator[None]:
    """Raise `Postponed` meanwhile, instead of waiting: other threads need what this one holds."""
    account = _account()
    before = account.holding if account else False
    if account:
        account.holding = True
    try:
        yield
    finally:
        if account:
            account.holding = before


def retry_when_free(work: Callable[[], T]) -> T:
    """Do something, and when it is postponed, wait and do it again from its beginning.

    It is postponed further where the thread holds what others may need.
    """
    account = _account()
    if account is None or account.holding:
        return work()
    while True:
        held = account.held
        try:
            return work()
        except Postponed as postponed:
            size = account.held - held + postponed.size
            account.release(held)
            account.wait(size)


_M_MMAP_THRESHOLD = -3  # of malloc.h
_MMAP_THRESHOLD = 512 << 10
_TRIMMED = 16 << 20


@functools.cache
def _return_memory() -> None:
    """Free what is large as soon as it is not needed.

    Without this, glibc keeps pieces of up to 32 MiB, for each thread by itself.
    """
    garbage.begin()
    _call("mallopt", _M_MMAP_THRESHOLD, _MMAP_THRESHOLD)


def _trim() -> None:
    """Let glibc return what was freed in small pieces."""
    _call("malloc_trim", 0)


def _call(function: str, *arguments: int) -> None:
    try:
        import ctypes  # noqa: PLC0415 -- only what is large needs it

        getattr(ctypes.CDLL(None), function)(*arguments)
    except (ImportError, AttributeError, OSError):  # another C library
        return


def _account() -> _Account | None:
    return getattr(_here, "account", None)
