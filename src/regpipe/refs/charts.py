"""The Helm charts of a directory tree, whose images only Helm can tell in full."""

import shlex
from collections.abc import Iterator

from regpipe.refs.items import Remark

_CHART = "Chart.yaml"


class Charts:
    """Counts for each chart what has to be rendered, to say so once."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def add(self, path: str) -> None:
        """Take note of a file; those of a directory come before those below it."""
        directory, _, name = path.rpartition("/")
        if name == _CHART:
            self._counts[directory] = 0

    def of(self, path: str) -> str | None:
        """Return the innermost chart that a file is in; None without one."""
        directory = path.rpartition("/")[0]
        while directory not in self._counts:
            if not directory:
                return None
            directory = directory.rpartition("/")[0]
        return directory

    def count(self, chart: str) -> None:
        """Count an image, or a template, that has to be rendered."""
        self._counts[chart] += 1

    def remarks(self) -> Iterator[Remark]:
        """Yield a remark about each chart that has to be rendered."""
        for chart, count in self._counts.items():
            if count:
                path = shlex.quote(chart or ".")
                message = (
                    f"{count} image{'s' * (count > 1)} known only when the chart is rendered:"
                    f" helm template {path} | regpipe refs -"
                )
                yield Remark(chart or ".", message)
