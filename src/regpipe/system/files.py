"""Files of the user's, opened without waiting."""

import os


def unblocked(path: str, flags: int) -> int:
    """Open a file, as `open` wants it of an `opener`; return its descriptor.

    It does not wait for the writer of a named pipe, and gets no terminal.

    Raises:
        OSError: it cannot be opened.
        ValueError: it is not a path.
    """
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
