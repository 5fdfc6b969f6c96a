"""Repeated runs with a warm cache against real registries."""

from collections import Counter
from pathlib import Path

import pytest

from support import images, servers
from support.cli import run

TAGS = 12


@pytest.mark.parametrize("name", ["docker-registry", "distribution3", "zot"])
def test_an_unchanged_tag_needs_one_request(name: str, tmp_path: Path) -> None:
    with servers.running(name, tmp_path / "registry") as registry:
        with registry.pusher() as pusher:
            for number in range(TAGS):
                pusher.push("team/app", f"v{number:02}", images.oci(f"image-{number}"))
        lines = "".join(f"{registry.host}/team/app:v{n:02}\n" for n in range(TAGS))
        outputs = []
        sent = []
        for expected in (2 * TAGS, TAGS, TAGS):
            registry.forget()
            result = run(["manifests"], lines)
            assert result.err == ""
            outputs.append(result.out)
            sent.append(registry.requests(expected))
        registry.forget()
        assert run(["manifests", "--offline"], lines).out == outputs[0]
        assert registry.requests() == []
    assert outputs == [outputs[0]] * 3
    assert [len(requests) for requests in sent] == [2 * TAGS, TAGS, TAGS]
    kinds = Counter((seen.method, seen.status) for seen in sent[2])
    assert kinds in ({("GET", 304): TAGS}, {("HEAD", 200): TAGS})
