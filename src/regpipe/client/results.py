"""Messages and failures of a run, for programs in Python."""

import io
import logging

from regpipe.errors import RegpipeError
from regpipe.stage.output import Failure

LOG = logging.getLogger("regpipe")


class Logged(io.StringIO):
    """A stream of messages that are logged, a line each."""

    def write(self, text: str) -> int:
        """Log the lines of a text."""
        for line in text.splitlines():
            LOG.warning("%s", line.removeprefix("regpipe client: "))
        return len(text)


def raised(failure: Failure) -> RegpipeError:
    """Return the error of an input, whose message begins with what it is about."""
    return failure.error.about(failure.label)
