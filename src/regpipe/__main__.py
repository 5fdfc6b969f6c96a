"""`python -m regpipe`, and the console script's entry point."""

from regpipe.system import garbage, interrupts

interrupts.exit_at_once()  # before the rest is loaded, which takes the longest part of the start
garbage.begin_later()  # likewise

import os  # noqa: E402
import sys  # noqa: E402

from regpipe import cli, stdio  # noqa: E402


def run() -> None:
    """Run the command line and leave the process with its exit code."""
    if not os.environ.get("HOME", "/").startswith("/"):
        del os.environ["HOME"]  # else it would be the working directory, to libjq too
    try:
        streams = stdio.standard()
        if not os.environ.get("REGPIPE_DEBUG"):
            # regpipe writes its messages to streams.stderr. What else would write here are
            # tracebacks, of Python's own modules and threads.
            sys.stderr = None
        code = cli.main(sys.argv[1:], streams)
    except KeyboardInterrupt:
        code = 130
    except OSError as error:  # the streams cannot be opened
        os.write(2, f"regpipe: {error}\n".encode())
        code = 5
    # Reader and worker threads may still be waiting on a pipe or a socket; nothing they could
    # still bring is wanted, and the interpreter's own shutdown would wait for them.
    os._exit(code)


if __name__ == "__main__":
    run()
