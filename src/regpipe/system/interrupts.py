"""Ctrl-C: when it ends the process at once, and when it ends a run that has to clean up."""

import os

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    import signal
    from types import FrameType, TracebackType
    from typing import NoReturn
else:
    import _signal as signal  # loading signal takes 5 ms, in which Ctrl-C gives a traceback

_EXIT_CODE = 130  # errors.ExitCode.INTERRUPTED, which is not loaded yet


def exit_at_once() -> None:
    """From now on Ctrl-C ends the process with exit code 130, without a traceback.

    Not where it is ignored, as in a script's background jobs.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _exit)


class Interruptible:
    """A context in which the first Ctrl-C raises KeyboardInterrupt, and the next ends the process.

    It has an effect only in the process's main thread, and after `exit_at_once`.
    """

    def __enter__(self) -> None:
        """Begin what has to clean up."""
        if signal.getsignal(signal.SIGINT) is _exit:
            signal.signal(signal.SIGINT, _raise)

    def __exit__(
        self,
        kind: "type[BaseException] | None",
        error: "BaseException | None",
        traceback: "TracebackType | None",
    ) -> None:
        """End it."""
        if signal.getsignal(signal.SIGINT) is _raise:
            signal.signal(signal.SIGINT, _exit)


def _raise(_number: int, _frame: "FrameType | None") -> "NoReturn":
    signal.signal(signal.SIGINT, _exit)
    raise KeyboardInterrupt


def _exit(_number: int, _frame: "FrameType | None") -> "NoReturn":
    os._exit(_EXIT_CODE)
