"""What catalog, tags and manifests share: inputs, errors, exit codes, closed pipes."""

import json
import os
import pty
import signal
import subprocess
import sys

import pytest

from support import images
from support.cli import process_env, run, run_process, shell
from support.responses import error, html, json_response
from support.scripted import Scripted


@pytest.fixture
def registry(scripted: Scripted) -> Scripted:
    scripted.add("team/app", "v1", images.classic("one"))
    scripted.add("team/app", "v2", images.buildkit("two"))
    scripted.add("other", "latest", images.classic("three"))
    return scripted


@pytest.mark.parametrize(
    ("alias", "verb"),
    [("list-catalog", "catalog"), ("list-tags", "tags"), ("fetch-manifests", "manifests")],
)
def test_alias(registry: Scripted, alias: str, verb: str) -> None:
    argument = registry.host if verb == "catalog" else f"{registry.host}/team/app"
    argument += ":v1" if verb == "manifests" else ""
    assert run([alias, argument]).out == run([verb, argument]).out != b""


def test_catalog(registry: Scripted) -> None:
    result = run(["catalog", registry.host])
    assert result.code == 0
    assert result.records == [
        {"registry": registry.url, "repository": name, "ref": f"{registry.host}/{name}"}
        for name in ("other", "team/app")
    ]


def test_tags(registry: Scripted) -> None:
    result = run(["tags", f"{registry.host}/team/app"])
    assert result.code == 0
    assert result.records == [
        {
            "registry": registry.url,
            "repository": "team/app",
            "tag": tag,
            "ref": f"{registry.host}/team/app:{tag}",
        }
        for tag in ("v1", "v2")
    ]


def test_unknown_fields_are_carried_through(registry: Scripted) -> None:
    line = json.dumps({"ref": f"{registry.host}/team/app", "owner": {"x": [1, None]}, "n": 1})
    line = line.replace('"n": 1', '"n": 1.10')
    tags = run(["tags"], line)
    manifests = run(["manifests"], tags.out)
    assert [record["owner"] for record in manifests.records] == [{"x": [1, None]}] * 2
    assert tags.out.count(b'"n":1.10') == manifests.out.count(b'"n":1.10') == 2


def test_a_manifest_record_is_an_input_of_manifests(registry: Scripted) -> None:
    first = run(["manifests", f"{registry.host}/team/app:v1"])
    again = run(["manifests"], first.out)
    assert again.records == first.records


def test_the_fields_of_an_image_are_not_carried_to_its_tags(registry: Scripted) -> None:
    first = run(["manifests", f"{registry.host}/team/app:v1"])
    (one, two) = run(["tags"], first.out).records
    assert set(one) == set(two) == {"registry", "repository", "tag", "ref", "from"}


def test_a_registrys_own_json_is_an_input(registry: Scripted) -> None:
    page = '{\n  "name": "team/app",\n  "tags": ["v1", "v2"]\n}'
    result = run(["manifests", "--registry", registry.url], page)
    assert [record["tag"] for record in result.records] == ["v1", "v2"]
    result = run(["tags", "--registry", registry.url], '{"repositories":["other","team/app"]}')
    assert [record["tag"] for record in result.records] == ["latest", "v1", "v2"]


def test_default_registry_from_the_environment(
    registry: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGPIPE_REGISTRY", registry.url)
    assert [r["tag"] for r in run(["tags", "team/app"]).records] == ["v1", "v2"]
    assert [r["repository"] for r in run(["catalog"]).records] == ["other", "team/app"]


def test_the_order_of_the_inputs_is_kept(registry: Scripted) -> None:
    wanted = ["v2", "v1"] * 50
    lines = "".join(f"{registry.host}/team/app:{tag}\n" for tag in wanted)
    assert [record["tag"] for record in run(["manifests"], lines).records] == wanted


def test_options_may_stand_between_inputs(registry: Scripted) -> None:
    refs = [f"{registry.host}/team/app:{tag}" for tag in ("v1", "v2")]
    result = run(["manifests", refs[0], "--no-v1", refs[1], "-j", "1"])
    assert [(record["ref"], "history" in record) for record in result.records] == [
        (ref, False) for ref in refs
    ]


def bad_inputs(registry: Scripted) -> dict[str, tuple[str, str, int]]:
    """Invalid inputs of `manifests`: the input, the start of the error line, and the exit code."""
    host = registry.host
    registry.on("/v2/page/*", html())
    registry.on("/v2/broken/*", error(500, "UNKNOWN", "disk on fire"))
    registry.on("/v2/secret/*", error(401, "UNAUTHORIZED", "authentication required"))
    return {
        "unknown repository": (f"{host}/no/such:1", f"{host}/no/such:1: NAME_UNKNOWN:", 4),
        "unknown tag": (f"{host}/other:9", f"{host}/other:9: MANIFEST_UNKNOWN:", 4),
        "malformed reference": ("Bad Ref", "Bad Ref: REFERENCE_INVALID:", 2),
        "malformed JSON": ('{"ref": "x', "line 2: INPUT_INVALID: malformed JSON:", 2),
        "JSON that is not a record": ('{"color":"red"}', "line 2: INPUT_INVALID:", 2),
        "unreachable host": (
            "http://127.0.0.1:1/x:1",
            "127.0.0.1:1/x:1: CONNECTION_FAILED: cannot reach 127.0.0.1:1:",
            5,
        ),
        "HTML page": (f"{host}/page:1", f"{host}/page:1: RESPONSE_INVALID:", 5),
        "refused": (f"{host}/secret:1", f"{host}/secret:1: UNAUTHORIZED:", 3),
    }


@pytest.mark.parametrize(
    "case",
    [
        "unknown repository",
        "unknown tag",
        "malformed reference",
        "malformed JSON",
        "JSON that is not a record",
        "unreachable host",
        "HTML page",
        "refused",
    ],
)
def test_the_other_inputs_of_a_bad_one_are_processed(registry: Scripted, case: str) -> None:
    given, begins, code = bad_inputs(registry)[case]
    good = [f"{registry.host}/team/app:v1", f"{registry.host}/team/app:v2"]
    result = run(["manifests"], "\n".join([good[0], given, good[1], ""]))
    assert [record["ref"] for record in result.records] == good
    assert result.code == (2 if code == 2 else 1)
    assert run(["manifests"], f"\n{given}").code == code
    (line,) = result.errors
    assert line.startswith(f"regpipe manifests: {begins}")


@pytest.mark.parametrize("name", ["../x", "v1?x=1", "a\x1b]0;b", "é", "x" * 129])
def test_the_other_tags_of_an_invalid_one_are_listed(registry: Scripted, name: str) -> None:
    registry.on("/v2/team/app/tags/list*", json_response({"name": "x", "tags": ["a", name, "b"]}))
    result = run(["tags", f"{registry.host}/team/app"])
    assert [record["tag"] for record in result.records] == ["a", "b"]
    (line,) = result.errors
    assert line.startswith(f"regpipe tags: {registry.host}/team/app: TAG_INVALID: ")
    assert result.code == 1


def test_the_other_repositories_of_an_invalid_one_are_listed(registry: Scripted) -> None:
    registry.on("/v2/_catalog*", json_response({"repositories": ["a", "../b", "c"]}))
    result = run(["catalog", registry.host])
    assert [record["repository"] for record in result.records] == ["a", "c"]
    assert (result.code, len(result.errors)) == (1, 1)


def test_failures_of_several_kinds_exit_1(registry: Scripted) -> None:
    result = run(["manifests", f"{registry.host}/no/such:1", "Bad Ref"])
    assert (result.code, len(result.errors)) == (1, 2)


def test_error_records(registry: Scripted) -> None:
    lines = f'{{"ref":"{registry.host}/other:9","owner":"x"}}\n{registry.host}/team/app:v1\n'
    result = run(["manifests", "--error-records"], lines)
    failed, good = result.records
    assert (result.code, result.err) == (1, "")
    assert failed["owner"] == "x"
    assert failed["error"].keys() == {"code", "message", "status"}
    assert (failed["error"]["code"], failed["error"]["status"]) == ("MANIFEST_UNKNOWN", 404)
    assert good["tag"] == "v1"


def test_error_records_pass_through_later_verbs(registry: Scripted) -> None:
    record = b'{"ref":"a.b/c","n":1.10,"error":{"code":"X","message":"y","status":null}}\n'
    for verb in ("catalog", "tags", "manifests"):
        result = run([verb], record)
        assert (result.code, result.out, result.err) == (0, record, "")
    assert registry.request_lines == []


def test_control_characters_in_messages_are_escaped(registry: Scripted) -> None:
    registry.on("/v2/evil/*", error(404, "X\x1b]0;", "gone\x1b[31m\u202e\nregpipe: all is well"))
    result = run(["manifests", f"{registry.host}/evil:1", "bad\x1b]0;ref"])
    assert len(result.errors) == 2
    assert all(line.isprintable() for line in result.errors)


def test_a_very_long_input_is_shortened_in_the_message() -> None:
    result = run(["manifests"], "x y" * 10_000)
    (line,) = result.errors
    assert len(line) < 1000
    assert "…: REFERENCE_INVALID: " in line


def test_an_internal_error_is_one_line_for_each_input(
    registry: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr("regpipe.client.manifests.image_record", broken)
    refs = [f"{registry.host}/team/app:v1", f"{registry.host}/team/app:v2"]
    result = run(["manifests", *refs])
    assert result.code == 5
    assert [line.split(": ")[1:3] for line in result.errors] == [[ref, "INTERNAL"] for ref in refs]


def test_a_closed_pipe_ends_quietly(registry: Scripted) -> None:
    names = [f"v{number}" for number in range(500)]
    for name in names:
        registry.content.tags["team/app"][name] = registry.content.tags["team/app"]["v1"]
    result = shell(
        'regpipe tags "$1" | regpipe manifests | head -1; echo "${PIPESTATUS[@]}"',
        f"{registry.host}/team/app",
    )
    record, statuses = result.out.splitlines()
    assert json.loads(record)["tag"] == "v0"
    assert (statuses, result.err) == (b"0 0 0", "")


@pytest.mark.parametrize("verb", ["catalog", "tags", "manifests"])
def test_a_terminal_on_stdin_is_a_usage_error(verb: str) -> None:
    master, slave = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "regpipe", verb],
        stdin=slave,
        capture_output=True,
        env=process_env(),
        timeout=30,
        check=False,
    )
    os.close(master)
    os.close(slave)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(f"regpipe {verb}: no input: ".encode())


def test_an_interrupted_run_exits_130(registry: Scripted) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "regpipe", "manifests"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=process_env(),
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{registry.host}/team/app:v1\n".encode())
        process.stdin.flush()
        assert process.stdout.readline()  # it is running, and waits for more input
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr
        assert process.stderr.read().startswith(b"regpipe manifests: interrupted: ")


def test_a_full_disk_is_reported_in_one_line() -> None:
    result = shell("regpipe catalog oci:$1 > /dev/full", "tests/data/sample")
    assert result.code == 2
    assert result.errors == ["regpipe catalog: cannot write the output: No space left on device"]


def test_local_sources_do_not_load_requests() -> None:
    code = (
        "import sys; from regpipe import cli, stdio;"
        "cli.main(['manifests', 'oci:tests/data/sample'], stdio.standard());"
        "sys.exit('requests' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=process_env(), capture_output=True, check=False
    )
    assert (done.returncode, done.stdout != b"") == (0, True)


def test_help_of_every_verb_shows_an_example() -> None:
    for verb in ("catalog", "tags", "manifests"):
        result = run_process([verb, "--help"])
        assert result.code == 0
        assert b"examples:" in result.out
