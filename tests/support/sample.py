"""Makes the sample OCI layout of tests/data/sample: `python -m support.sample`, in tests/."""

import shutil
from pathlib import Path

from support import artifacts, images
from support.push import write_layout

SAMPLE = Path(__file__).parents[1] / "data" / "sample"


def make(directory: Path) -> None:
    """Write the sample into a directory that does not exist yet."""
    newest = images.index("app", created="2024-06-05T04:03:02.1Z")
    tags = {
        "v1.0": images.as_oci(images.classic("app")),
        "v1.1": images.oci("app", created="2021-02-03T04:05:06.789012345Z"),
        "v2.0": newest,
        "latest": newest,
        "chart-1.2.3": artifacts.helm("app"),
    }
    write_layout(directory, tags)


if __name__ == "__main__":
    shutil.rmtree(SAMPLE, ignore_errors=True)
    make(SAMPLE)
