"""What the stages of a pipeline tell each other: locks on bytes of the terminal that they share.

Stages are processes that share nothing but the terminal. Each locks bytes of it, for its process
group; the system drops the locks of a process however it ends.
"""

import errno
import os
import stat

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from typing import BinaryIO, TextIO

NETWORK_STAGES = range(6)
"""The numbers of the stages that may show their progress, as they follow each other."""
_QUIET_END = 6
_STAGES = 8


def lock(terminal: "TextIO", stage: int, *, keep: bool = True) -> bool:
    """Lock a stage for this process; return False if another process has it.

    Args:
        terminal: a stream to it.
        stage: the stage's number.
        keep: whether to keep the lock, and not only to try it.
    """
    import fcntl  # noqa: PLC0415 -- Windows has none, and most runs show no progress

    kind = fcntl.LOCK_EX if keep else fcntl.LOCK_SH
    place = os.getpgrp() * _STAGES + stage
    try:
        descriptor = terminal.fileno()
        fcntl.lockf(descriptor, kind | fcntl.LOCK_NB, 1, place)
        if not keep:
            fcntl.lockf(descriptor, fcntl.LOCK_UN, 1, place)
    except OSError as error:
        # What cannot be locked (a pipe, no descriptor) is not shared either.
        return error.errno not in (errno.EAGAIN, errno.EACCES)
    return True


def promise_quiet(stderr: "TextIO") -> None:
    """Tell the stages before that this one prints nothing on the terminal before they have ended.

    Args:
        stderr: standard error, which the stages share if it is a terminal.
    """
    if stderr.isatty():
        lock(stderr, _QUIET_END)


def ends_quietly(terminal: "TextIO") -> bool:
    """Tell whether a later stage of the pipeline has promised to be quiet.

    Args:
        terminal: a stream to it.
    """
    return not lock(terminal, _QUIET_END, keep=False)


def is_kept(stream: "BinaryIO") -> bool:
    """Tell whether a stream is a file or /dev/null.

    What goes into a pipe may end up on the same terminal.
    """
    try:
        about = os.fstat(stream.fileno())
        return stat.S_ISREG(about.st_mode) or os.path.samestat(about, os.stat(os.devnull))  # noqa: PTH116 -- start-up
    except OSError:  # no descriptor, or no /dev/null
        return False
