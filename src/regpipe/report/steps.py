"""The steps that an image was built in, with their layers: what `summarize history` prints.

The program is not run for the page: over 10,000 images it would take longer than all the others.
tests/report/test_figures.py compares the two.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from regpipe.report.records import Record

Step = tuple[str | None, str | None, float | None, str | None]
"""The instruction, its layer's digest and size, and when it was made; None where not known."""

_NOP = re.compile(r"\A/bin/sh -c #\(nop\) +")
_SHELL = re.compile(r"\A(\|[0-9]+ .*?)?/bin/sh -c (?! *#\(nop\))")
_RUN_SHELL = re.compile(r"\ARUN (\|[0-9]+ .*?)?/bin/sh -c ")
_BUILDKIT = re.compile(r" # buildkit$")


def steps(record: Record) -> list[Step]:
    """Return the steps of a manifest record, the first one first."""
    manifest = record["manifest"]
    if manifest.get("schemaVersion") == 1:
        return _schema1(record)
    config, listed = record.get("config"), manifest.get("layers") or manifest.get("blobs")
    layers = (
        [layer for layer in listed if isinstance(layer, dict)] if isinstance(listed, list) else []
    )
    history = config.get("history") if isinstance(config, dict) else None
    entries = history if isinstance(history, list) else []
    if not all(isinstance(entry, dict) for entry in entries):
        entries = []  # where one is unreadable, none can be told its layer
    left = iter(layers)
    found: list[Step] = []
    for entry in entries:
        layer = {} if entry.get("empty_layer") else next(left, {})
        created = entry.get("created")
        found.append((instruction(entry.get("created_by")), *_layer(layer), created))
    return found + [(None, *_layer(layer), None) for layer in left]


def _layer(layer: Mapping[str, Any]) -> tuple[Any, Any]:
    return layer.get("digest"), layer.get("size")


def _schema1(record: Record) -> list[Step]:
    history, sums = record.get("history"), record["manifest"].get("fsLayers")
    entries = [_v1(entry) for entry in reversed(history)] if isinstance(history, list) else []
    layers = list(reversed(sums)) if isinstance(sums, list) else []
    found: list[Step] = []
    for at in range(max(len(entries), len(layers))):
        entry = entries[at] if at < len(entries) else {}
        layer = layers[at] if at < len(layers) and isinstance(layers[at], dict) else {}
        made = entry.get("container_config")
        command = made.get("Cmd") if isinstance(made, dict) else None
        text = " ".join(map(str, command)) if isinstance(command, list) else command
        digest = None if entry.get("throwaway") else layer.get("blobSum")
        found.append((instruction(text), digest, entry.get("Size"), entry.get("created")))
    return found


def _v1(entry: object) -> dict[str, Any]:
    text = entry.get("v1Compatibility") if isinstance(entry, dict) else None
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def instruction(text: object) -> str | None:
    r"""Return what a builder recorded as the instruction it was made from.

    >>> instruction("/bin/sh -c #(nop)  CMD [\"sh\"]"), instruction("/bin/sh -c make # buildkit")
    ('CMD ["sh"]', 'RUN make')
    """
    if not isinstance(text, str):
        return None
    text = _NOP.sub("", text)
    if "/bin/sh -c " in text:
        text = _SHELL.sub(lambda found: f"RUN {found[1] or ''}", text)
        text = _RUN_SHELL.sub(lambda found: f"RUN {found[1] or ''}", text)
    return _BUILDKIT.sub("", text) if "# buildkit" in text else text
