"""One target for some time: with atheris where it is installed, else with random mutations.

Runs in a process of its own (`python -m fuzz.engine TARGET SECONDS FOUND CORPUS`), since
libFuzzer does not return, and prints a line of JSON or libFuzzer's statistics at its end.
"""

import hashlib
import importlib
import json
import random
import resource
import signal
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

from fuzz import targets
from fuzz.mutate import LIMIT, Mutator
from fuzz.targets import Target

HANG_SECONDS = 30
"""Seconds that one input may take; targets have much smaller limits."""
MEMORY = 2 << 30
_KEPT = 2000  # inputs in memory
_MINIMIZE_SECONDS = 20.0


def guided(name: str, seconds: int, found: Path, corpus: Path) -> None:
    """Fuzz with atheris, guided by coverage; does not return."""
    atheris: Any = importlib.import_module("atheris")  # an optional extra
    with atheris.instrument_imports(include=["regpipe"]):
        target = targets.load(name)
        for seed in target.seeds():
            target.check(seed)  # which imports the rest
            (corpus / _name(seed)).write_bytes(seed)
    tokens = corpus.with_suffix(".dict")
    tokens.write_text("".join(f'"{_escaped(token)}"\n' for token in target.tokens))
    arguments = [
        f"-max_total_time={seconds}",
        f"-max_len={LIMIT}",
        f"-timeout={HANG_SECONDS}",
        f"-report_slow_units={HANG_SECONDS}",  # on a busy machine, slow is no fault
        f"-rss_limit_mb={MEMORY >> 20}",
        f"-artifact_prefix={found}/",
        f"-dict={tokens}",
        "-print_final_stats=1",
        "-verbosity=1",
    ]
    atheris.Setup([name, *arguments, str(corpus)], target.check, enable_python_coverage=True)
    atheris.Fuzz()


def plain(name: str, seconds: int, found: Path, corpus: Path) -> None:
    """Fuzz with random mutations of the seeds, and of what earlier runs found to be of use."""
    target = targets.load(name)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _hangs)
    known = [*target.seeds(), *(file.read_bytes() for file in sorted(corpus.iterdir()))][:_KEPT]
    generator = random.Random()
    mutator = Mutator(target.tokens, generator)
    executions = failures = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = mutator.mutate(generator.choice(known), generator.choice(known))
        executions += 1
        if fails(target, data):
            failures += 1
            small = minimize(target, data)
            (found / f"crash-{_name(small)}").write_bytes(small)
            break
    sys.stdout.write(json.dumps({"executions": executions, "failures": failures}) + "\n")


def fails(target: Target, data: bytes) -> bool:
    """Tell whether the target raises an exception, or hangs."""
    signal.alarm(HANG_SECONDS)
    try:
        target.check(data)
    except Exception:  # noqa: BLE001 -- that is what is looked for
        return True
    finally:
        signal.alarm(0)
    return False


def minimize(target: Target, data: bytes) -> bytes:
    """Return a shorter input that fails too: pieces are left out, at first large ones."""
    end = time.monotonic() + _MINIMIZE_SECONDS
    size = len(data) // 2
    while size and time.monotonic() < end:
        at = 0
        while at < len(data) and time.monotonic() < end:
            shorter = data[:at] + data[at + size :]
            if fails(target, shorter):
                data = shorter
            else:
                at += size
        size //= 2
    return data


def _hangs(_number: int, _frame: FrameType | None) -> None:
    raise TimeoutError(f"more than {HANG_SECONDS} s")


def _name(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _escaped(token: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in token)


if __name__ == "__main__":
    arguments = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])
    (guided if find_spec("atheris") else plain)(*arguments)
