"""Pages of `regpipe report`, and the records that they are made of."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from support.cli import Result, run
from support.processes import PLACES, absent

NOW = "2024-07-01T00:00:00Z"
"""The time that ages are computed for."""
KEPT = Path(__file__).parents[2] / "build" / "pages"
"""Where pages and pictures are left for people to look at."""
AXE = "axe-4.14.1.min.js"
Json = dict[str, Any]

MARKUP = (
    '<script>window.ran = 1</script><img src=x onerror="window.ran = 1">'
    "\"' onmouseover='window.ran = 1' </script><!-- ]]> &lt;b&gt; ${1} {{ 7 * 7 }}"
)
"""Markup and scripts."""
HOSTILE = (
    f"{MARKUP}"
    " \u202etxet\u202c \u2066 \u200b \u2028 \x00\x07\x1b[31m\x7f\x85 \ud800 javascript:window.ran=1"
)
"""The same with control and bidirectional characters, and half a surrogate pair."""


def records_of(reference: str) -> list[Json]:
    """Return the manifest records of all tags of a repository, referrers included."""
    tags = run(["tags", reference])
    options = ["--all-platforms", "--referrers", "--error-records"]
    return run(["manifests", *options], tags.out).records


def make(path: Path, records: Iterable[Json], *options: object) -> Result:
    """Write the page of some records into a file; return the run."""
    lines = "".join(f"{json.dumps(record)}\n" for record in records)
    result = run(["report", "--now", NOW, *options], lines)
    path.write_bytes(result.out)
    return result


def hostile(value: Any, text: str = HOSTILE) -> Any:
    """Return a JSON value with hostile text at the end of each string and of some names."""
    return _changed(value, lambda string: string + text)


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_changed(item, change) for item in value]
    if isinstance(value, dict):
        free = value.keys() & {"maintainer"} or {key for key in value if "." in key}
        return {
            (change(key) if key in free else key): _changed(item, change)
            for key, item in value.items()
        }
    return value


def axe() -> str:
    """Return axe-core's script; skip the test where `.ci/run` has not fetched it."""
    for place in PLACES:
        if (place / AXE).exists():
            return (place / AXE).read_text()
    absent(f"{AXE} is not there: .ci/run fetches it", debian=True)
    return ""
