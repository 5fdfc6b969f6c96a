"""`regpipe refs` and what cannot be read: each is one error, and the others are still read."""

import json
import os
from pathlib import Path

import pytest

from regpipe.oci.reference import Defaults
from regpipe.records import targets
from regpipe.records.targets import Target
from regpipe.refs import files, nodes
from regpipe.refs.files import DIVIDE
from support.cli import run
from support.refs import POD, write

pytestmark = pytest.mark.usefixtures("workplace")


def test_one_bad_file_does_not_end_the_others(workplace: Path) -> None:
    write(a__compose_yml="services: [", b__Dockerfile="FROM b\n", c__Dockerfile="FROM c\n")
    (workplace / "a/Dockerfile").write_bytes(b"FROM a\xff\n")
    os.mkfifo(workplace / "pod.yaml")
    (workplace / "link.yaml").symlink_to("/etc/hostname")
    (workplace / "link").symlink_to("/etc")
    result = run(["refs", "."])
    assert [record["ref"] for record in result.records] == [
        "docker.io/library/b:latest",
        "docker.io/library/c:latest",
    ]
    assert [line.split(": ", 2)[1:] for line in result.errors] == [
        ["link", "INPUT_INVALID: a symbolic link out of the directory: name it to have it read"],
        [
            "link.yaml",
            "INPUT_INVALID: a symbolic link out of the directory: name it to have it read",
        ],
        [
            "pod.yaml",
            "FILE_INVALID: a named pipe, not a regular file: pipe its content into regpipe refs -",
        ],
        ["a/Dockerfile", "INPUT_INVALID: not UTF-8 text"],
        ["a/compose.yml:2", "YAML_INVALID: malformed YAML: did not find expected node content"],
    ]


def test_a_file_of_malformed_documents_is_not_reported_without_end() -> None:
    write(a_yaml=f"{POD}---\n" + "image: [\n---\n" * 50 + POD)
    result = run(["refs", "a.yaml"])
    assert (result.code, len(result.records), len(result.errors)) == (2, 2, 11)
    assert result.errors[-1] == "regpipe refs: a.yaml: warning: 40 more documents are malformed"


def test_a_file_of_a_directory_that_cannot_be_read_leaves_it_incomplete(workplace: Path) -> None:
    write(a__Dockerfile="FROM a\n")
    os.mkfifo(workplace / "pod.yaml")
    assert run(["refs", "."]).code == 1
    assert run(["refs", "pod.yaml"]).code == 2


def test_files_that_are_something_else_are_passed_over(
    workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_SIZE", 1 << 20)
    big = b"x: y\n" * (1 << 18)
    (workplace / "disk.image").write_bytes(b"\0" * (2 << 20))
    (workplace / "small.image").write_bytes(b"\0" * 100)
    (workplace / "data.json").write_bytes(big)
    (workplace / "broken.yaml").write_text("a: [apiVersion\n")
    (workplace / "other.yaml").write_bytes(b"\xff\xfe\xff apiVersion")
    (workplace / "link.txt").symlink_to("/etc/hostname")
    os.mkfifo(workplace / "pipe")
    result = run(["refs", "."])
    assert (result.code, result.out, result.err) == (0, b"", "")


def test_large_files_that_are_not_are_errors(
    workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_SIZE", 1 << 20)
    big = b"# x\n" * (1 << 18)
    (workplace / "all.yaml").write_bytes(b"apiVersion: v1\n" + big)
    (workplace / "Dockerfile").write_bytes(b"FROM a\n" + big)
    result = run(["refs", "."])
    assert result.errors == [
        f"regpipe refs: {name}: SIZE_INVALID: larger than 1 MiB: {DIVIDE}"
        for name in ("Dockerfile", "all.yaml")
    ]
    result = run(["refs", "-"], "FROM a\n" * (1 << 18))
    assert result.errors == [f"regpipe refs: -: SIZE_INVALID: larger than 1 MiB: {DIVIDE}"]


def test_a_list_that_is_too_large_says_how_to_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "spec": {"containers": [{"image": f"localhost:1/a{n}"}]},
        }
        for n in range(30)
    ]
    whole = json.dumps({"apiVersion": "v1", "kind": "List", "items": pods})
    assert len(run(["refs"], whole).records) == 30
    monkeypatch.setattr(nodes, "MAX_NODES", 200)
    result = run(["refs"], whole)
    assert (result.code, result.out) == (2, b"")
    assert result.errors == [f"regpipe refs: -:1: SIZE_INVALID: more than 200 values: {DIVIDE}"]
    for item in map(json.dumps, pods):  # jq -c '.items[]'
        (target,) = targets.images(json.loads(item), Defaults())
        assert isinstance(target, Target)


def test_a_named_file_of_no_known_kind_is_an_error() -> None:
    write(notes_txt="hello\n", a_yaml="a: 1\n")
    for name in ("notes.txt", "a.yaml"):
        result = run(["refs", name])
        assert result.code == 2
        assert result.err == (
            f"regpipe refs: {name}: FILE_INVALID: not a kind of file that regpipe knows; if it is"
            " one, say which with --kind\n"
        )


def test_a_file_that_is_not_there() -> None:
    result = run(["refs", "nosuch"])
    assert (result.code, result.errors) == (
        4,
        ["regpipe refs: nosuch: NOT_FOUND: No such file or directory"],
    )


def test_alias_bombs_and_deep_nesting_are_one_error_each() -> None:
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    bomb += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    write(bomb_yaml=POD + "\n".join(bomb), deep_yaml=POD + "x: " + "[" * 5000)
    for name in ("bomb.yaml", "deep.yaml"):
        result = run(["refs", name])
        assert result.code == 2
        assert len(result.errors) == 1
        assert "YAML_INVALID" in result.err
