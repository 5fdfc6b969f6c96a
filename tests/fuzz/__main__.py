"""`python -m fuzz`: fuzz all targets, or those that are named; see fuzz/__init__.py."""

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from fuzz import faults, soak, targets

FOUND = Path(__file__).parent / "found"
_DONE = re.compile(r"#(\d+)\s+DONE\s+cov: (\d+)")
_PLAIN = re.compile(r'"executions": (\d+)')


def main() -> int:
    """Run the command line; return 1 if something was found."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description="Fuzz regpipe.")
    parser.add_argument("--minutes", type=float, default=2, help="for all targets together")
    parser.add_argument("--replay", metavar="FILE", type=Path, help="run one input, and end")
    parser.add_argument("--found", type=Path, default=FOUND, help="where what fails is kept")
    parser.add_argument("--faults", action="store_true", help="let system calls fail instead")
    parser.add_argument("--step", type=int, default=1, help="with --faults: only each so many-th")
    parser.add_argument("--soak", action="store_true", help="one long run through faults instead")
    parser.add_argument("targets", nargs="*", help="some targets, or verbs (default: all)")
    args = parser.parse_args()
    if args.faults:
        return faults.main(args.targets, args.step)
    if args.soak:
        return soak.main(args.minutes)
    if args.replay:
        targets.load(args.replay.parent.name).check(args.replay.read_bytes())
        return 0
    names = args.targets or targets.names()
    seconds = max(1, int(args.minutes * 60 / len(names)))
    _say(f"{'target':14} {'seconds':>8} {'executions':>11} {'coverage':>9}  found")
    return max([fuzz(name, seconds, args.found / name) for name in names])


def fuzz(name: str, seconds: int, found: Path) -> int:
    """Fuzz one target, print what came of it, and return 1 if something was found."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "regpipe-fuzz"
    corpus = home / name
    corpus.mkdir(parents=True, exist_ok=True)
    found.mkdir(parents=True, exist_ok=True)
    before = set(found.iterdir())
    begin = time.monotonic()
    log = home / f"{name}.log"
    with log.open("w") as output:
        # The alarm of a hanging input comes first.
        subprocess.run(
            [sys.executable, "-m", "fuzz.engine", name, str(seconds), str(found), str(corpus)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=seconds + 300,
            check=False,
        )
    text = log.read_text(errors="replace")
    done, plain = _DONE.search(text), _PLAIN.search(text)
    executions = done[1] if done else plain[1] if plain else "?"
    new = sorted(set(found.iterdir()) - before)
    took = time.monotonic() - begin
    result = ", ".join(file.name for file in new) or ("nothing" if done or plain else f"see {log}")
    _say(f"{name:14} {took:8.0f} {executions:>11} {done[2] if done else '-':>9}  {result}")
    if not any(found.iterdir()):
        found.rmdir()
    return int(bool(new) or not (done or plain))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
