"""`python -m regpipe`, and the console script's entry point."""

import os
import sys

from regpipe import cli, stdio


def run() -> None:
    """Run the command line and leave the process with its exit code."""
    code = cli.main(sys.argv[1:], stdio.standard())
    # Reader and worker threads may still be waiting on a pipe or a socket; nothing they could
    # still bring is wanted, and the interpreter's own shutdown would wait for them.
    os._exit(code)


if __name__ == "__main__":
    run()
