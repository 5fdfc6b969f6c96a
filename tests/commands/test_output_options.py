"""Colors and quiet: what people set about the output of any verb."""

import io
from collections.abc import Sequence

import pytest

from regpipe import cli
from regpipe.records.colors import Colors
from regpipe.stdio import Streams
from support.cli import run
from support.images import oci
from support.responses import Response
from support.scripted import Scripted


class TerminalOutput(io.BytesIO):
    """Standard output that is a terminal."""

    def isatty(self) -> bool:
        return True


def on_terminal(*arguments: str) -> bytes:
    """Return what a command line prints on a terminal."""
    return printed(arguments, TerminalOutput())


def in_color(*arguments: str) -> bytes:
    """Return what a command line prints into a pipe with -C."""
    return printed([*arguments, "-C"], io.BytesIO())


def printed(arguments: Sequence[str], output: io.BytesIO) -> bytes:
    cli.main(list(arguments), Streams(io.BytesIO(), output, io.StringIO()))
    return output.getvalue()


@pytest.fixture
def tags(scripted: Scripted) -> list[str]:
    """Return the arguments of a verb that prints two records."""
    for tag in ("v1", "v2"):
        scripted.add("team/app", tag, oci(tag))
    return ["tags", f"{scripted.url}/team/app"]


def colored(plain: bytes) -> bytes:
    return b"".join(map(Colors().line, plain.splitlines(keepends=True)))


def test_records_are_in_color_on_a_terminal_alone(
    tags: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = run(tags).out
    assert b"\x1b" not in plain
    assert on_terminal(*tags) == colored(plain)
    assert on_terminal("tags", "-M", *tags[1:]) == plain
    assert in_color(*tags) == colored(plain)
    monkeypatch.setenv("NO_COLOR", "1")
    assert on_terminal(*tags) == plain
    assert on_terminal("tags", "-C", *tags[1:]) == colored(plain)


def test_error_records_are_in_color_too(scripted: Scripted) -> None:
    arguments = ["tags", "--error-records", f"{scripted.url}/no/such"]
    plain = run(arguments)
    assert plain.code == 4
    assert in_color(*arguments) == colored(plain.out)


@pytest.mark.parametrize("verb", ["blob", "manifests --raw"])
def test_documents_are_never_changed(verb: str, scripted: Scripted) -> None:
    scripted.add("team/app", "v1", oci("v1"))
    reference = f"{scripted.url}/team/app:v1"
    if verb == "blob":
        (record,) = run(["manifests", reference]).records
        reference = f"{scripted.url}/team/app@{record['manifest']['config']['digest']}"
    words = [*verb.split(), reference]
    assert on_terminal(*words) == in_color(*words) == run(words).out


def test_quiet_leaves_out_warnings_and_no_failure(scripted: Scripted) -> None:
    scripted.on("/v2/team/app/tags/list", Response(body=b'{"name":"team/app"}'))
    loud = run(["tags", f"{scripted.url}/team/app"])
    assert "warning" in loud.err
    assert run(["tags", "-q", f"{scripted.url}/team/app"]).err == ""
    failed = run(["tags", "-q", f"{scripted.url}/no/such"])
    assert failed.err.count("\n") == 1
