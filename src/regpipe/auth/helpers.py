"""Credential helpers: the programs in which docker and podman keep passwords.

The protocol is that of github.com/docker/docker-credential-helpers: `docker-credential-NAME get`
reads a server's name and writes `{"ServerURL","Username","Secret"}`, or a message, on its standard
output.
"""

import json
import os
import re
import selectors
import shutil
import signal
import subprocess
import time
from contextlib import suppress

from regpipe.auth.credential import Credential, is_header_value, password_credential
from regpipe.errors import UnauthorizedError

TIMEOUT_SECONDS = 15.0
OUTPUT_LIMIT = 64 << 10
"""The most bytes of a helper's output."""

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_NOT_FOUND = b"credentials not found in native keychain"
_TOKEN_USER = "<token>"  # noqa: S105 -- marks the secret as a token; not a secret itself


def ask(helper: str, server: str, found_in: str) -> Credential | None:
    """Get the credential of a server from a helper.

    Args:
        helper: its name, without `docker-credential-`.
        server: the name under which the credential is stored.
        found_in: the file with the helper's name.

    Returns:
        The credential; None if the helper reports that it has none.

    Raises:
        UnauthorizedError: there is no such helper, or it fails. The message holds none of its
            output, which may be secret.
    """
    program = f"docker-credential-{helper}"
    if not _NAME.fullmatch(helper):
        raise _failure(found_in, f"{ascii(helper)} is not a valid name of a credential helper")
    path = shutil.which(program)
    if path is None or not os.path.isabs(path):  # noqa: PTH117 -- pathlib is not worth its import
        raise _failure(found_in, f"the credential helper {program} is not on the PATH")
    code, output = _run(path, server, found_in)
    if code != 0:
        if output.strip() == _NOT_FOUND:
            return None
        how = f"echo {server} | {program} get"
        raise _failure(found_in, f"the credential helper {program} failed; to see why: {how}")
    return _read(output, f"{found_in} ({program})")


def _run(path: str, server: str, found_in: str) -> tuple[int, bytes]:
    """Run a helper with its limits; return its exit code and output."""
    what = f"the credential helper {os.path.basename(path)}"  # noqa: PTH119
    environment = {k: v for k, v in os.environ.items() if k != "REGPIPE_PASSWORD"}
    deadline = time.monotonic() + TIMEOUT_SECONDS
    try:
        # In its own session, so that all its processes can be ended.
        process = subprocess.Popen(  # noqa: S603 -- the name is checked, and there is no shell
            [path, "get"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise _failure(found_in, f"{what} cannot be run: {error.strerror}") from error
    with process, _Watch(process.pid):
        try:
            output = _talk(process, server, deadline)
            return process.wait(max(deadline - time.monotonic(), 0.01)), output
        except BaseException as error:
            # Not after success: what a helper leaves running then, such as an agent, is meant
            # to stay.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, TimeoutError | subprocess.TimeoutExpired):
                limit = f"{TIMEOUT_SECONDS:g} seconds"
                raise _failure(found_in, f"{what} did not finish within {limit}") from None
            if isinstance(error, OverflowError):
                raise _failure(found_in, f"{what} printed more than {OUTPUT_LIMIT} bytes") from None
            raise


class _Watch:
    """Ends a helper, with all its processes, if this process ends before it, however that happens.

    Ctrl-C does not reach the helper, which has a session of its own. So a shell waits for the end
    of a pipe whose other end only this process has.

    Args:
        group: the helper's process group.
    """

    _SCRIPT = 'read -r _ || kill -s KILL -- "-$1"'  # as POSIX writes it: dash takes no other

    def __init__(self, group: int) -> None:
        try:
            self._shell: subprocess.Popen[bytes] | None = subprocess.Popen(  # noqa: S603
                ["/bin/sh", "-c", self._SCRIPT, "sh", str(group)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:  # a system without a shell
            self._shell = None

    def __enter__(self) -> None:
        """Begin to watch."""

    def __exit__(self, *_: object) -> None:
        """End it: what a helper that was successful leaves running is meant to stay."""
        if self._shell is not None:
            with suppress(OSError):
                self._shell.communicate(b"\n")


def _talk(process: "subprocess.Popen[bytes]", server: str, deadline: float) -> bytes:
    """Write a helper's input and read its output.

    Raises:
        TimeoutError: it did not finish by the deadline.
        OverflowError: it wrote too much.
    """
    assert process.stdin is not None  # noqa: S101 -- both are pipes, as `_run` made them
    assert process.stdout is not None  # noqa: S101
    with suppress(BrokenPipeError), process.stdin:
        process.stdin.write(server.encode())
    output = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while selector.select(max(deadline - time.monotonic(), 0)):
            chunk = os.read(process.stdout.fileno(), OUTPUT_LIMIT)
            if not chunk:
                return output
            output += chunk
            if len(output) > OUTPUT_LIMIT:
                raise OverflowError
    raise TimeoutError


def _read(output: bytes, found_in: str) -> Credential | None:
    try:
        document = json.loads(output)
        username, secret = document.get("Username", ""), document.get("Secret", "")
    except (ValueError, AttributeError, RecursionError):
        username = secret = None
    if not isinstance(username, str) or not isinstance(secret, str):
        raise _failure(found_in, "the output of the credential helper is not valid") from None
    if username == _TOKEN_USER:
        if not is_header_value(secret):
            raise _failure(
                found_in, "the credential helper printed a token with invalid characters"
            )
        return Credential("", "", secret, "", found_in)
    if not username and not secret:
        return None
    if not username:
        raise _failure(found_in, "the credential helper printed a secret without a user name")
    return password_credential(username, secret, found_in)


def _failure(where: str, what: str) -> UnauthorizedError:
    return UnauthorizedError(f"{where}: {what}", code="CREDENTIALS_UNAVAILABLE")
