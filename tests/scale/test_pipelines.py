"""Eight pipelines on one cache, cold: none loses it, and all output is right."""

import contextlib
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from regpipe.cache import database
from support import images
from support.cli import Result, run, shell
from support.scripted import Scripted

PIPELINES = 8
TAGS = int(os.environ.get("REGPIPE_TEST_TAGS", "400"))
"""The promise is about 4,000 tags each; what is lost is lost at the beginning."""


def test_eight_pipelines_share_a_cache(scripted: Scripted, home: Path) -> None:
    for pipeline in range(PIPELINES):
        for number in range(TAGS):
            # Half of the images are the same for all.
            name = f"{pipeline if number % 2 else 'all'}-{number}"
            scripted.add(f"team/app{pipeline}", f"v{number:04}", images.classic(name))
    shell("regpipe --version")  # which makes the command

    def pipe(pipeline: int) -> Result:
        tags = f"regpipe tags {scripted.host}/team/app{pipeline}"
        return shell(f"{tags} | regpipe manifests | regpipe summarize", timeout=900)

    with ThreadPoolExecutor(PIPELINES) as executor:
        results = list(executor.map(pipe, range(PIPELINES)))
    for pipeline, result in enumerate(results):
        assert (result.code, result.err) == (0, "")
        found = scripted.content.tags[f"team/app{pipeline}"]
        digests = {record["tag"]: record["digest"] for record in result.records}
        assert digests == found
    with contextlib.closing(sqlite3.connect(home / ".cache" / "regpipe" / database.NAME)) as kept:
        assert kept.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    before = len(scripted.requests_to("*/blobs/*"))
    lines = "".join(f"{scripted.host}/team/app0:v{number:04}\n" for number in range(TAGS))
    again = run(["manifests"], lines)
    assert (again.code, again.err, len(again.records)) == (0, "", TAGS)
    assert len(scripted.requests_to("*/blobs/*")) == before  # nothing was lost
