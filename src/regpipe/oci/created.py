"""When an image was created: the date, its origin, and whether it is a placeholder."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

CREATED_KEY = "org.opencontainers.image.created"

_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d*)?(?:([+-])(\d\d):(\d\d))?",
    re.ASCII | re.IGNORECASE,
)
# The seconds since 1970 that builders write who want the same bytes every day: the epoch (also as
# SOURCE_DATE_EPOCH=-1 and 1), and the day before which no ZIP file can be dated. Go's zero time,
# the first day of year 1, is no date either, nor is what is before it.
_EPOCH, _ZIP, _ZERO_TIME_END = 0, 315532800, -62135510400
_SUSPECT_YEARS = frozenset({1, 2, 1969, 1970, 1979, 1980})


class Created(NamedTuple):
    """A creation date: its text, and the place it was found in."""

    text: str
    origin: str

    @property
    def is_placeholder(self) -> bool:
        """Whether the date is one that reproducible builds write instead of the real one."""
        match = _DATE.match(self.text)
        if not match:
            return False
        year, month, day, hours, minutes, seconds = map(int, match.groups()[:6])
        if year not in _SUSPECT_YEARS:
            return year == 0
        from datetime import datetime, timedelta  # noqa: PLC0415 -- few dates need it

        try:
            days = datetime(year, month, day) - datetime(1970, 1, 1)  # noqa: DTZ001
        except ValueError:
            return False
        clock = days + timedelta(hours=hours, minutes=minutes, seconds=seconds)
        offset = timedelta(hours=int(match[8] or 0), minutes=int(match[9] or 0))
        instant = clock + offset if match[7] == "-" else clock - offset
        # In UTC, or in the date's own time zone.
        return any(_is_placeholder(int(time.total_seconds())) for time in (clock, instant))


def _is_placeholder(seconds: int) -> bool:
    return (
        seconds < _ZERO_TIME_END
        or _EPOCH - 1 <= seconds <= _EPOCH + 1
        or _ZIP <= seconds <= _ZIP + 1
    )


def find_created(
    config: Mapping[str, Any] | None,
    *annotations: Mapping[str, Any] | None,
    config_is: str = "config",
) -> Created | None:
    """Find the creation date of an image or artifact.

    In this order: the config's `created` (config.md), the annotation
    org.opencontainers.image.created (annotations.md), the label of that name.

    Args:
        config: the image config, or None.
        annotations: those of the manifest and of its descriptor in an index, in this order.
        config_is: the origin to report for a date in the config; `history` for schema 1.

    Returns:
        The date, or None if there is none.
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
