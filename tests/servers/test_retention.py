"""`retention` on real registries: what it lists is deleted, and nothing that stays is broken."""

import json
import os
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from support import readme
from support.cli import Result, run, shell
from support.peers import Peer
from support.processes import PLACES, find
from support.repositories import NOW, Repository, random_repository
from support.servers import KINDS, Options, Registry, running

SEEDS = range(12)
"""The seeds of the repositories; the same property held for the first 200, on both registries."""
NOW_TEXT = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")


class Setting(NamedTuple):
    """The parameters of a run."""

    keep: int
    days: int
    only: str | None
    protect: str | None
    used: list[str]

    def options(self, file: Path) -> list[str]:
        """Return them as options."""
        options = ["--arg", "now", NOW_TEXT]
        options += ["--argjson", "keep", str(self.keep), "--argjson", "days", str(self.days)]
        options += ["--arg", "only", self.only] if self.only else []
        options += ["--arg", "protect", self.protect] if self.protect else []
        if self.used:
            file.write_text("# what runs\n" + "\n".join(self.used))
            options += ["--rawfile", "used", str(file)]
        return options


class Outcome(NamedTuple):
    """What is expected of a repository: the tags that go, and the digests that stay."""

    made: Repository
    free: set[str]
    staying: set[str]


def random_setting(seed: int, host: str, made: Repository) -> Setting:
    chance = random.Random(seed)
    tags = [tag for tag, _ in made.image_tags()]
    used = []
    for tag in chance.sample(tags, chance.choice([0, 0, 1, 2])):
        digest = chance.choice(list(made.tags[tag].manifests())).digest
        used.append(f"{host}/{made.name}" + chance.choice([f":{tag}", f"@{digest}"]))
    return Setting(
        chance.choice([0, 1, 2, 3]),
        chance.choice([0, 30, 60]),
        chance.choice([None, None, "^nightly-", "^(nightly-)?1\\."]),
        chance.choice([None, None, "\\.[02]$"]),
        used,
    )


def model(made: Repository, setting: Setting) -> tuple[set[str], set[str]]:
    """Return the tags that may be deleted, and the digests that then stay: the rule, once more."""
    tags = dict(made.image_tags())
    parts = {
        inner.digest
        for image in made.tags.values()
        for inner in image.manifests()
        if inner is not image
    }
    asked = {
        tag
        for tag in tags
        if (not setting.only or re.search(setting.only, tag))
        and not (setting.protect and re.search(setting.protect, tag))
    }
    ages = {tag: made.days[image.digest] for tag, image in tags.items()}
    counted = {tags[tag].digest for tag in asked if ages[tag] is not None} - parts
    ranked = sorted(float(made.days[digest] or 0) for digest in counted)
    last = ranked[: setting.keep][-1] if setting.keep and ranked else -1.0
    old = set()
    for tag in asked:
        age, digest = ages[tag], tags[tag].digest
        names = {f"{made.name}:{tag}"}
        names |= {f"{made.name}@{inner.digest}" for inner in tags[tag].manifests()}
        is_used = any(use.partition("/")[2] in names for use in setting.used)
        is_old = age is not None and age > setting.days
        if is_old and not is_used and (digest not in counted or float(age or 0) > last):
            old.add(tag)
    staying: set[str] = set()
    for tag, image in tags.items():
        staying |= made.needs(image.digest) if tag not in old else set()
    for use in setting.used:
        staying |= made.needs(use.partition("@")[2]) if "@" in use else set()
    return {tag for tag in old if tags[tag].digest not in staying}, staying


def push(registry: Registry, made: Repository) -> None:
    with registry.pusher() as pusher:
        for image in made.tags.values():
            pusher.push(made.name, image.digest, image)
        for tag, image in made.tags.items():
            pusher.manifest(made.name, tag, image)


def piped(*commands: list[str]) -> Result:
    """Run verbs one after another, each with the output of the one before; none may fail."""
    result = Result(0, b"", "")
    for command in commands:
        result = run(command, result.out)
        assert (result.code, result.err) == (0, "")
    return result


@pytest.fixture(params=["docker-registry", "distribution3"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    with running(request.param, tmp_path / "registry", Options()) as server:
        yield server


@pytest.fixture
def bin_directory(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory on the PATH: clients in it talk http to the registry; one may add others."""
    directory = tmp_path / "bin"
    directory.mkdir()
    options = {
        "crane": "--insecure",
        "regctl": f"--host reg={registry.host},tls=disabled",
        "oras": "--plain-http",
        "skopeo": "--tls-verify=false",
        "curl": "",
    }
    for client, option in options.items():
        program = shutil.which(
            client, path=os.pathsep.join([os.environ["PATH"], *map(str, PLACES)])
        )
        if program is not None:
            add_script(directory / client, f'exec {program} "$@" {option}')
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    return directory


def add_script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def collect_garbage(registry: Registry, directory: Path) -> None:
    kind = KINDS[registry.name]
    command = [find(kind.program), "garbage-collect", str(directory / "config.yml")]
    subprocess.run(command, check=True, capture_output=True, timeout=300)


def test_what_stays_can_be_pulled_after_the_rest_is_deleted(
    registry: Registry, tmp_path: Path
) -> None:
    crane = Peer("crane", registry)
    expected: dict[str, Outcome] = {}
    for seed in SEEDS:
        made = random_repository(seed)
        push(registry, made)
        setting = random_setting(seed, registry.host, made)
        free, staying = model(made, setting)
        every = ["--all-platforms"] if seed % 2 else []
        lines = piped(
            ["tags", f"http://{registry.host}/{made.name}"],
            ["manifests", "--referrers", *every],
            ["summarize", "retention", *setting.options(tmp_path / "used")],
        ).records
        assert {line["tag"] for line in lines if line["deletable"]} == free, (seed, setting)
        check_lines(lines, made, staying)
        with registry.pusher() as pusher:
            for pinned in (pinned for line in lines for pinned in line.get("delete", [])):
                repository, _, digest = pinned.removeprefix(f"{registry.host}/").partition("@")
                pusher.delete(repository, digest)
        expected[made.name] = Outcome(made, free, staying)
    collect_garbage(registry, tmp_path / "registry")
    for name, outcome in expected.items():
        check_pulls(crane, f"{registry.host}/{name}", outcome, tmp_path / name.replace("/", "-"))


def check_lines(lines: list[dict[str, Any]], made: Repository, staying: set[str]) -> None:
    """Each digest is to be deleted once, with all that goes with it, and none that stays."""
    deleted = [pinned.partition("@")[2] for line in lines for pinned in line.get("delete", [])]
    assert len(deleted) == len(set(deleted))
    going = set()
    for line in lines:
        assert line["reason"]
        if line["deletable"]:
            going |= made.needs(line["digest"])
    assert set(deleted) == going - staying


def check_pulls(crane: Peer, repository: str, outcome: Outcome, directory: Path) -> None:
    """Every tag and referrer that stays can be pulled on every platform; the others are gone."""
    made, free, staying = outcome
    left = {tag for tag, image in made.tags.items() if image.digest in staying}
    assert left.isdisjoint(free)
    assert {tag for tag, _ in made.image_tags()} - left == free
    listed = set(crane("ls", repository).decode().split())
    assert left <= listed
    assert not free & listed
    names = [f"{repository}:{tag}" for tag in sorted(left)]
    names += [f"{repository}@{digest}" for digest in sorted(staying)]
    if names:
        crane("pull", "--format", "oci", *names, directory)


@pytest.mark.usefixtures("bin_directory")
@pytest.mark.parametrize("client", ["crane", "regctl", "skopeo", "oras", "curl"])
def test_the_recipe_of_each_client_deletes_what_is_listed(
    registry: Registry, tmp_path: Path, client: str
) -> None:
    find(client, debian=client in ("skopeo", "curl"))
    made = random_repository(6)
    push(registry, made)
    setting = Setting(1, 30, None, None, [])
    listing = readme.script("retention", "set -e -o pipefail").replace(
        "--argjson keep 10 --argjson days 30", f"--arg now {NOW_TEXT} --argjson keep 1"
    )
    recipe = readme.script("retention", f" {client} ").replace("https:", "http:")
    script = f"{listing}\n{recipe}".replace("my.registry/team/app", f"{registry.host}/{made.name}")
    (tmp_path / "work").mkdir()
    result = shell(f"cd {tmp_path}/work\n{script}")
    assert result.code == 0, result.err
    free, staying = model(made, setting)
    assert free
    repository = f"{registry.host}/{made.name}"
    check_pulls(Peer("crane", registry), repository, Outcome(made, free, staying), tmp_path / "out")


def test_the_recipe_keeps_what_a_cluster_runs(
    registry: Registry, bin_directory: Path, tmp_path: Path
) -> None:
    made = random_repository(6)
    push(registry, made)
    free, _ = model(made, Setting(1, 30, None, None, []))
    used = f"{registry.host}/{made.name}:{min(free)}"
    pods = {"kind": "List", "items": [{"kind": "Pod", "spec": {"containers": [{"image": used}]}}]}
    add_script(bin_directory / "kubectl", f"echo '{json.dumps(pods)}'")
    script = "\n".join(
        readme.script("retention", part) for part in ("set -e -o pipefail", "kubectl get pods")
    ).replace("my.registry/team/app", f"{registry.host}/{made.name}")
    script = script.replace("retention --", f"retention --arg now {NOW_TEXT} --argjson keep 1 --")
    (tmp_path / "work").mkdir()
    result = shell(f"cd {tmp_path}/work\n{script}\ncat retention.ndjson")
    assert (result.code, result.err) == (0, "")
    lines = {line["tag"]: line for line in result.records}
    assert lines[min(free)]["reason"] == f"it is used: {used}"
    expected, _ = model(made, Setting(1, 30, None, None, [used]))
    assert {tag for tag, line in lines.items() if line["deletable"]} == expected
