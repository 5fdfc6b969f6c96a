"""The results of the bundled programs, as the verb hands them over."""

from typing import Any

SETTINGS = tuple((keep, days) for keep in (3, 10, 30) for days in (30, 90))
"""The settings of `retention` that the page shows: images of each repository, and days."""


class Results:
    """What the programs give for the records of the page; an empty list for one that failed.

    Attributes:
        dates: when a tag was built, by reference, or the id of a record that has none: seconds
            since 1970, or None and the reason why there is no real date.
        totals: the results of that program.
        sharing: the result of that program.
        lineage: of each record `ref`, `lineage`, the references of its `base`, and `declared`.
        retention: of each repository what `retention` lists under `SETTINGS`, as
            `retention-preview` prints it.
        attested: the results of that program, of repositories where something refers to images.
        changes: those of `changes`; None where there is no earlier stream.
        failed: messages of programs that failed.
    """

    def __init__(self) -> None:
        self.dates: dict[str | int, tuple[float | None, str | None]] = {}
        self.totals: list[dict[str, Any]] = []
        self.sharing: list[dict[str, Any]] = []
        self.lineage: list[dict[str, Any]] = []
        self.retention: list[dict[str, Any]] = []
        self.attested: list[dict[str, Any]] = []
        self.changes: list[dict[str, Any]] | None = None
        self.failed: list[str] = []
