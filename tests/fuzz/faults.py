"""System calls that fail: each one a verb makes, in turn, by `strace --inject`.

strace counts the calls of each thread by itself, and is attached at the entry of main, so that
`when=7` lets the seventh call of every thread from there on fail. Whatever fails, a run must end,
with a message instead of a traceback, with all of its output or an exit code that says otherwise,
with a record or a failure for each input, and with no process left.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from fuzz.verbs import Verb

CALLS = {
    "read": "EIO",
    "write": "ENOSPC",
    "openat": "EMFILE",
    "connect": "ENETUNREACH",
    "recvfrom,recvmsg": "ECONNRESET",
    "sendto,sendmsg": "EPIPE",
    "socket,pipe2,epoll_create1": "EMFILE",
    "poll,select,pselect6,epoll_wait": "ENOMEM",
    "mmap": "ENOMEM",
    "mprotect,mremap": "ENOMEM",
    "clone,clone3,fork,vfork": "EAGAIN",
    "execve": "ENOMEM",
    "wait4,waitid": "ECHILD",
    "pread64": "EIO",
    "pwrite64": "ENOSPC",
    "fsync,fdatasync,ftruncate": "EIO",
    "fcntl": "ENOLCK",
    "mkdir,unlink,rename": "EACCES",
    "getdents64": "EIO",
    "newfstatat,stat,lstat": "EIO",
}
"""The calls that are made to fail, each set with its error."""
SECONDS = 60
_HANGS = -1000  # stands for an exit code
_SOURCE = Path(__file__).parents[2] / "src"
_STARTED = Path(__file__).with_name("started.py")
_INJECTED = re.compile(r"(\w+)\((.*)\(INJECTED\)")
_FAILURE = re.compile(r"^regpipe \w+: \S+: [A-Z_]+: ", re.MULTILINE)
_RUN_LEVEL = re.compile(
    r"^(jq: error|regpipe(?: \S+)?: (?!\S+: [A-Z_]+: |(?:\S+: )?warning: ))", re.MULTILINE
)

_FRAMES = re.compile(r"mmap\(NULL, 16384, PROT_READ\|PROT_WRITE, MAP_PRIVATE\|MAP_ANONYMOUS,")


class Outcome(NamedTuple):
    """What a run came to.

    Attributes:
        code: its exit code; negative if a signal ended it.
        out: its standard output.
        messages: its standard error.
        injected: the calls that were made to fail, as strace shows them.
    """

    code: int
    out: bytes
    messages: str
    injected: list[str]


def is_possible() -> str:
    """Return why faults cannot be injected here; empty if they can."""
    if not shutil.which("strace"):
        return "strace is not installed"
    probe = ["strace", "-qq", "-o", os.devnull, "--inject=read:error=EIO:when=9999", "true"]
    done = subprocess.run(probe, capture_output=True, check=False)
    return "" if done.returncode == 0 else "strace may not trace here"


def verdicts(verb: Verb, calls: str, counts: Iterator[int]) -> Iterator[tuple[int, str]]:
    """Yield for each count what is wrong when that call fails; empty if nothing is.

    It ends when no thread makes so many calls.
    """
    expected = run(verb, calls, 0)
    if expected.code != verb.code:
        raise RuntimeError(f"{verb.name} does not work: {expected}")
    for count in counts:
        outcome = run(verb, calls, count)
        if not outcome.injected:
            return
        yield count, wrong(verb, expected, outcome)


def wrong(verb: Verb, expected: Outcome, outcome: Outcome) -> str:
    """Say what is wrong with a run; empty if nothing is."""
    code, out, messages, injected = outcome
    is_said = bool(_FAILURE.search(messages) or _RUN_LEVEL.search(messages))
    # A message that could not be written cannot be asked for.
    message_lost = any(re.match(r"write\(2,", call) for call in injected)
    stdin_failed = any(re.match(r"read\(0,", call) for call in injected)
    complaints = {
        "it hangs, or leaves a process": code == _HANGS,
        "a signal ended it": code < 0 and not _breaks_python(injected),
        "a traceback, or taken for a bug": ("Traceback" in messages or "a bug in" in messages)
        and not _breaks_python(injected),
        "exit code 0 without all of the output": code == 0
        and verb.output(out) != verb.output(expected.out),
        "no message": code not in (0, verb.code) and not (is_said or message_lost),
        "standard input failed, and that is not said": code > 0
        and stdin_failed
        and not (
            message_lost
            or re.search(r"standard input|<stdin>|'-'|^jq: error", messages, re.MULTILINE)
        ),
        "output that is not that of a run without faults": _differs(verb, expected, outcome),
        "an input is lost": code > 0
        and not message_lost
        and _loses_one(verb, expected.out, out, messages),
    }
    found = next((complaint for complaint, holds in complaints.items() if holds), "")
    return found and f"{found}: {injected[-1][:150]} -> {code}, {out[-60:]!r}, {messages[-400:]!r}"


def _breaks_python(injected: list[str]) -> bool:
    """Tell whether Python itself fails: 3.11 goes on with a wrong stack if frames get no memory."""
    return sys.version_info[:2] == (3, 11) and any(map(_FRAMES.match, injected))


def _differs(verb: Verb, expected: Outcome, outcome: Outcome) -> bool:
    """Tell whether there is a line that should not be; a write that failed may cut the last."""
    if verb.output(b"") != b"":  # its output is not always the same
        return False
    lines, known = outcome.out.split(b"\n"), {*expected.out.split(b"\n")}
    is_cut = any(re.match(r"write\(1,", call) for call in outcome.injected)
    return not {*(lines[:-1] if is_cut else lines)} - {b""} <= known


def _loses_one(verb: Verb, expected: bytes, out: bytes, messages: str) -> bool:
    """Tell whether an input has neither a record nor a failure, and the run none of its own."""
    if _RUN_LEVEL.search(messages):
        return False
    failures = len(_FAILURE.findall(messages))
    if verb.inputs:
        return out.count(b"\n") + failures != verb.inputs
    missing = {*expected.splitlines()} - {*out.splitlines()}
    return len({verb.origin(line) for line in missing}) > failures


def run(verb: Verb, calls: str, count: int) -> Outcome:
    """Run a verb with one call of each thread failing; with none if the count is 0."""
    with tempfile.TemporaryDirectory(prefix="regpipe-faults-") as name:
        home = Path(name)
        (home / "lock").touch()
        (home / "in").write_bytes(verb.stdin)
        verb.prepare(home)
        with (home / "lock").open() as lock, (home / "in").open("rb") as given:
            fcntl.flock(lock, fcntl.LOCK_EX)
            reached, ready = os.pipe()
            with (home / "out").open("wb") as out, (home / "err").open("wb") as err:
                process = subprocess.Popen(
                    [sys.executable, str(_STARTED), str(ready), str(home / "lock"), *verb.argv],
                    stdin=given,
                    stdout=out,
                    stderr=err,
                    env=_environment(home),
                    start_new_session=True,
                    pass_fds=[ready],
                )
                os.close(ready)
                os.read(reached, 1)
                os.close(reached)
                with _traced(process.pid, calls, count, home / "trace"):
                    fcntl.flock(lock, fcntl.LOCK_UN)
                    code = _wait(process)
        messages = (home / "err").read_text(errors="replace")
        injected = _injected(home / "trace")
        return Outcome(code, (home / "out").read_bytes(), messages, injected)


def _environment(home: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("LANG",) if name in os.environ}
    return kept | {
        "HOME": str(home),
        "PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{_SOURCE}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "REGPIPE_CACHE": str(home / "cache"),
    }


@contextmanager
def _traced(pid: int, calls: str, count: int, log: Path) -> Iterator[None]:
    """Attach strace to a process; it ends with that."""
    command = ["strace", "-f", "-o", str(log), "-e", f"trace={calls}", "-p", str(pid)]
    error = next(error for names, error in CALLS.items() if names == calls)
    if count:
        command += ["-e", f"inject={calls}:error={error}:when={count}"]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr
    line = tracer.stderr.readline()
    if "attached" not in line:
        raise RuntimeError(f"strace cannot attach: {line}")
    try:
        yield
    finally:
        with suppress(subprocess.TimeoutExpired):
            tracer.wait(SECONDS)
        tracer.kill()
        tracer.wait()
        tracer.stderr.close()


def _wait(process: "subprocess.Popen[bytes]") -> int:
    """Wait for the end of a process and of all it has started; return its exit code."""
    deadline = time.monotonic() + SECONDS
    try:
        code = process.wait(SECONDS)
        while time.monotonic() < deadline:
            os.killpg(process.pid, 0)
            time.sleep(0.05)
    except ProcessLookupError:
        return code
    except subprocess.TimeoutExpired:
        pass
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return _HANGS


def _injected(log: Path) -> list[str]:
    text = log.read_text(errors="replace")
    return [line.split(" ", 1)[-1].strip() for line in text.splitlines() if "(INJECTED)" in line]


def main(names: Sequence[str], step: int) -> int:
    """Inject every fault into every verb, or those that are named; return 1 if one is wrong."""
    from fuzz import verbs  # noqa: PLC0415 -- it starts a server

    if reason := is_possible():
        sys.stderr.write(f"no faults: {reason}\n")
        return 1
    failed = 0
    with verbs.all_verbs() as found:
        for verb in found:
            if names and verb.name not in names:
                continue
            for calls in CALLS:
                counts = iter(range(1, 1 << 30, step))
                seen = 0
                for count, reason in verdicts(verb, calls, counts):
                    seen = count
                    if reason:
                        failed = 1
                        sys.stdout.write(f"{verb.name} {calls} {count}: {reason}\n")
                sys.stdout.write(f"{verb.name:18} {calls:24} {seen:5}\n")
                sys.stdout.flush()
    return failed
