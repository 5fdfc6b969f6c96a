"""When an image was created: where the date stands, and whether it is a real one."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

CREATED_KEY = "org.opencontainers.image.created"

# What builders write who want the same bytes every day: Go's zero time, the epoch (also as
# SOURCE_DATE_EPOCH=0 and 1, in any time zone), and the day before which no ZIP file can be dated.
_PLACEHOLDER = re.compile(
    r"0001-01-01|1970-01-01T00:00:0[01]|1980-01-01T00:00:0[01]"
    r"|(?:1969-12-31|1970-01-01)T(\d\d):(\d\d):0[01](?:\.\d*)?([+-])(\d\d):(\d\d)",
    re.ASCII,
)
_DAY = 24 * 60


class Created(NamedTuple):
    """A creation date as it was found: its text and where it was found."""

    text: str
    origin: str

    @property
    def is_placeholder(self) -> bool:
        """Whether the date is one that reproducible builds write in place of the real one."""
        match = _PLACEHOLDER.match(self.text)
        if not match or not match[3]:
            return match is not None
        hours, minutes, offset_hours, offset_minutes = map(int, match.group(1, 2, 4, 5))
        offset = offset_hours * 60 + offset_minutes
        return (hours * 60 + minutes - int(f"{match[3]}{offset}")) % _DAY == 0


def find_created(
    config: Mapping[str, Any] | None,
    *annotations: Mapping[str, Any] | None,
    config_is: str = "config",
) -> Created | None:
    """Find the creation date of an image or artifact.

    The config's own `created` (config.md) comes first, then the annotation
    org.opencontainers.image.created (annotations.md), then the label of that name.

    Args:
        config: the image config, if there is one.
        annotations: those of the manifest and of the descriptor that led to it, in this order.
        config_is: what to call the config; schema 1 has the like of one in its history.

    Returns:
        The date, or None where none is told.
    """
    config = config or {}
    runtime = config.get("config")
    labels = runtime.get("Labels") if isinstance(runtime, dict) else None
    places = [
        (config_is, config.get("created")),
        *(("annotation", (found or {}).get(CREATED_KEY)) for found in annotations),
        ("label", labels.get(CREATED_KEY) if isinstance(labels, dict) else None),
    ]
    return next(
        (Created(text, place) for place, text in places if text and isinstance(text, str)), None
    )
