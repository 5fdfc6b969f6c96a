"""The timeline: a lane for each repository, a mark for each image, by the date it was built."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone

from regpipe.report.groups import Group, grouped
from regpipe.report.model import Image, Inventory
from regpipe.report.units import date

WIDTH = 250
"""The number of places in a lane. Images that share one are drawn as one mark."""
_TITLED = 500
"""With at most that many images each mark has a title of its own."""
_NEAR = 2
"""With more, marks that would cover each other, less than so many places apart, are one."""
_DOTS = 150
"""In a lane with more images, columns show their number instead of marks."""
_COLUMN = 5
"""The width of a column, in places."""
_DAY = 86400
_FIRST, _LAST = -62_000_000_000, 253_402_300_799
"""Some time in the year 5 and the end of 9999: beyond, calendars have no ticks."""
_TICKS = 9
"""At most that many ticks."""


class Lane:
    """What is drawn of a group of repositories.

    Attributes:
        label: their name.
        images, undated: how many images there are, and how many of them have no real date.
        marks: where to draw one, as a path; with the lines of its title where marks have one.
        columns: whether `marks` are columns instead, as high as the number of images.
        parts: the lanes below it.
        places: the numbers of its repositories in the page's order, for the script.
    """

    def __init__(self, group: Group, line: "Timeline", places: dict[int, int]) -> None:
        self.label = group.label
        images = [image for repository in group.repositories for image in repository.images]
        dated = [image for image in images if image.date is not None]
        self.images, self.undated = len(images), len(images) - len(dated)
        self.places = _ranges([places[id(repository)] for repository in group.repositories])
        found: dict[int, list[Image]] = {}
        for image in dated:
            found.setdefault(line.place(image.date or 0), []).append(image)
        self.columns = len(dated) > _DOTS
        if self.columns:
            self.marks: list[tuple[str, list[str]]] = [(_columns(found), [])]
        elif line.titled:
            self.marks = [
                (f"M{place} 0z", [_title(image) for image in found[place]])
                for place in sorted(found)
            ]
        else:
            drawn = sorted({place // _NEAR * _NEAR for place in found})
            self.marks = [(_path(drawn), [])] if found else []
        dates = [image.date or 0 for image in dated]
        self.text = f"{self.images:,} image{'' if self.images == 1 else 's'}"
        if dates:
            self.text += f", {date(min(dates))} to {date(max(dates))}"
        self.parts = [Lane(part, line, places) for part in group.parts]


class Timeline:
    """The lanes and their common axis.

    Attributes:
        first, last: the ends of the axis, in seconds since 1970.
        ticks: where each tick is, in hundredths of the width, and its label.
        lanes: the lanes.
        titled: whether each mark has a title.
    """

    def __init__(self, inventory: Inventory, now: float) -> None:
        repositories = inventory.repositories
        images = [image for repository in repositories for image in repository.images]
        dates = [image.date for image in images if image.date is not None]
        begin, end = min(dates, default=now - _DAY), max(dates, default=now)
        room = max((end - begin) * 0.01, _DAY / 2)
        self.first, self.last = begin - room, end + room
        self.titled = len(images) <= _TITLED
        self.ticks = [(self._share(at), label) for at, label in _ticks(self.first, self.last)]
        places = {id(repository): place for place, repository in enumerate(repositories)}
        self.lanes = [Lane(group, self, places) for group in grouped(repositories)]
        self.undated = len(images) - len(dates)

    @property
    def grid(self) -> str:
        """The path of the ticks in a lane."""
        return "".join(f"M{share * WIDTH / 100:.1f} -5v10" for share, _ in self.ticks)

    def place(self, seconds: float) -> int:
        """Return where in a lane an instant is: 0 to WIDTH."""
        return round(self._share(seconds) * WIDTH / 100)

    def _share(self, seconds: float) -> float:
        return round(100 * (seconds - self.first) / (self.last - self.first), 2)


def _title(image: Image) -> str:
    names = ", ".join(tag.label for tag in image.tags)
    return f"{names}: {date(image.date or 0)}"


def _path(places: Sequence[int]) -> str:
    """Return a path with a point at each place, from each relative to the last."""
    pieces, last = [f"M{places[0]} 0z"], places[0]
    for place in places[1:]:
        pieces.append(f"m{place - last} 0z")
        last = place
    return "".join(pieces)


def _columns(found: dict[int, list[Image]]) -> str:
    """Return a path with a column for each few places, the highest for the most images."""
    counts: dict[int, int] = {}
    for place, images in found.items():
        counts[place // _COLUMN] = counts.get(place // _COLUMN, 0) + len(images)
    most = max(counts.values())
    return "".join(
        f"M{column * _COLUMN + _COLUMN // 2} 5v-{max(0.8, 10 * counts[column] / most):.2g}"
        for column in sorted(counts)
    )


def _ranges(numbers: Sequence[int]) -> str:
    """Return numbers as text: `0-9 12`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return " ".join(f"{first}-{last}" if last > first else f"{first}" for first, last in runs)


def _ticks(first: float, last: float) -> Iterator[tuple[float, str]]:
    """Yield instants on the axis with their labels: years, months or days."""
    begin = datetime.fromtimestamp(min(max(first, _FIRST), _LAST), timezone.utc)
    days = (last - first) / _DAY
    if days > 365 * 2:
        step = next(
            step for step in (1, 2, 5, 10, 20, 50, 100, 10_000) if days / 365 / step <= _TICKS
        )
        year = begin.year + 1
        year += -year % step
        while year < 10_000 and (at := _at(year, 1, 1)) <= last:
            yield at, f"{year}"
            year += step
    elif days > 60:
        step = next(step for step in (1, 2, 3, 6) if days / 30.4 / step <= _TICKS or step == 6)
        month = begin.year * 12 + begin.month  # the next month, counted from year 0
        month += -month % step
        while month < 120_000 and (at := _at(month // 12, month % 12 + 1, 1)) <= last:
            yield at, f"{month // 12}-{month % 12 + 1:02}"
            month += step
    else:
        step = next(step for step in (1, 2, 7, 14) if days / step <= _TICKS or step == 14)
        day = (int(first) // _DAY + 1) * _DAY
        day += -(day // _DAY) % step * _DAY
        while day <= last:
            yield day, date(day)
            day += step * _DAY


def _at(year: int, month: int, day: int) -> float:
    return datetime(year, month, day, tzinfo=timezone.utc).timestamp()
