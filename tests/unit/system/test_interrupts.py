"""Ctrl-C: no traceback at any time, and exit code 130."""

import signal
from collections.abc import Iterator

import pytest

from regpipe.system import interrupts
from support.cli import interrupted_at_start


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    handler = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, handler)


def exits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    codes: list[int] = []
    monkeypatch.setattr("os._exit", codes.append)
    return codes


def test_it_ends_the_process_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = exits(monkeypatch)
    interrupts.exit_at_once()
    signal.raise_signal(signal.SIGINT)
    assert codes == [130]


def test_the_first_one_lets_a_run_clean_up_and_the_second_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    codes = exits(monkeypatch)
    interrupts.exit_at_once()
    with interrupts.Interruptible():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        assert codes == [130]
    signal.raise_signal(signal.SIGINT)
    assert codes == [130, 130]


def test_after_a_run_it_ends_the_process_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = exits(monkeypatch)
    interrupts.exit_at_once()
    with interrupts.Interruptible():
        pass
    signal.raise_signal(signal.SIGINT)
    assert codes == [130]


def test_where_it_is_ignored_it_stays_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    interrupts.exit_at_once()
    with interrupts.Interruptible():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_other_handlers_stay() -> None:
    with interrupts.Interruptible(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("loaded", ["regpipe.errors", "regpipe.cli", "regpipe.stage.run"])
def test_during_the_start_it_leaves_no_traceback(loaded: str) -> None:
    code, rest = interrupted_at_start("tags", loaded)
    assert code == 130
    assert "Traceback" not in rest
