"""A thread that never begins is one that cannot be had."""

import threading

import pytest

from regpipe.stage import pool
from regpipe.system import threads
from regpipe.system.threads import Thread

HANGS = 60


@pytest.fixture
def stillborn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that end before their first step, as without memory."""
    monkeypatch.setattr(threads._Begun, "seconds", 0.05)
    monkeypatch.setattr(Thread, "_bootstrap", lambda _: None)


def test_a_thread_does_what_it_is_for() -> None:
    done = threading.Event()
    thread = Thread(lambda event: event.set(), (done,))
    thread.start()
    assert done.wait(HANGS)
    thread.join(HANGS)
    assert not thread.is_alive()


@pytest.mark.usefixtures("stillborn")
def test_a_thread_that_does_not_begin_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="does not begin"):
        Thread(lambda: None).start()


@pytest.mark.usefixtures("stillborn")
def test_the_work_is_done_without_it() -> None:
    results = pool.batches(lambda item: [item], range(5), lambda: 3)
    assert [n for batch in results for n in batch] == list(range(5))


def test_a_thread_that_begins_too_late_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    late = threading.Event()
    ended = threading.Event()
    bootstrap = Thread._bootstrap  # type: ignore[attr-defined]

    def slowly(self: Thread) -> None:
        assert late.wait(HANGS)
        bootstrap(self)
        ended.set()

    monkeypatch.setattr(threads._Begun, "seconds", 0.05)
    monkeypatch.setattr(Thread, "_bootstrap", slowly)
    done: list[int] = []
    with pytest.raises(RuntimeError):
        Thread(done.append, (1,)).start()
    late.set()
    assert ended.wait(HANGS)
    assert done == []
