"""The Python interface: `from regpipe import Client, summarize`."""

import json
import logging
import subprocess
import sys
from typing import Any, cast, get_type_hints

import pytest

import regpipe
from regpipe import Client, summarize
from regpipe.errors import InputError, NotFoundError, RegistryError, UsageError
from regpipe.records import types
from support import images
from support.cli import PASSWORD, SOURCE, USER, run
from support.credentials import encoded
from support.hinted import fill, remember
from support.records import SCHEMAS
from support.responses import Request, Response
from support.scripted import Scripted
from support.scripted_lists import with_list


@pytest.fixture
def registry(scripted: Scripted) -> Scripted:
    scripted.add("team/app", "v1", images.oci("v1"))
    scripted.add("team/app", "v2", images.index("app"))
    return scripted


def test_records_are_those_that_the_commands_print(registry: Scripted) -> None:
    repository = f"{registry.url}/team/app"
    with Client() as client:
        repositories = list(client.catalog(registry.url))
        tags = list(client.tags(repositories))
        manifests = list(client.manifests(iter(tags), view=True))
        everything = list(client.manifests(f"{repository}:v2", all_platforms=True, view=True))
        referrers = list(client.referrers(f"{repository}:v2"))
    assert repositories == run(["catalog", registry.url]).records
    assert tags == run(["tags", repository]).records
    assert manifests == run(["manifests", f"{repository}:v1", f"{repository}:v2"]).records
    assert everything == run(["manifests", "--all-platforms", f"{repository}:v2"]).records
    assert referrers == run(["referrers", f"{repository}:v2"]).records


def test_images_on_disk_and_blobs() -> None:
    with Client() as client:
        (record,) = client.manifests("oci:tests/data/sample:v1.0")
        digest = record["manifest"]["config"]["digest"]
        blob = client.blob(f"oci:tests/data/sample@{digest}")
    assert b'"architecture"' in blob


def test_a_program_gives_what_summarize_prints() -> None:
    with Client() as client:
        records = list(client.manifests(client.tags("oci:tests/data/sample")))
    newest = summarize(records, "newest", n=2)
    assert [record["tag"] for record in newest] == ["v2.0", "chart-1.2.3"]
    assert summarize(records, "table")[0].startswith("REFERENCE")
    with pytest.raises(UsageError, match="no bundled program is called 'nosuch'"):
        summarize(records, "nosuch")


def test_a_failure_is_raised_in_its_place(registry: Scripted) -> None:
    inputs = [f"{registry.url}/team/app:{tag}" for tag in ("v1", "gone", "v2")]
    with Client() as client:
        found = client.manifests(inputs)
        assert next(found)["tag"] == "v1"
        with pytest.raises(NotFoundError, match="team/app:gone: "):
            next(found)
        with pytest.raises(InputError):
            list(client.tags("Not A Reference"))


@pytest.mark.parametrize("name", ["localhost:5000", "http://127.0.0.1:5000"])
def test_the_name_of_a_registry_is_not_taken_for_an_image_of_docker_hub(name: str) -> None:
    with Client() as client, pytest.raises(InputError, match="this names a registry"):
        list(client.tags(name))


def test_a_failure_is_a_record_if_that_is_asked_for(registry: Scripted) -> None:
    inputs = [f"{registry.url}/team/app:{tag}" for tag in ("gone", "v1")]
    with Client(errors="records") as client:
        found: list[Any] = list(client.manifests(inputs))
    failed, record = found
    assert failed["error"]["code"] == "MANIFEST_UNKNOWN"
    assert record["tag"] == "v1"


def test_warnings_are_logged(registry: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    registry.on("/v2/team/app/tags/list", Response(body=b'{"name":"team/app"}'))
    with caplog.at_level(logging.WARNING, "regpipe"), Client() as client:
        assert list(client.tags(f"{registry.url}/team/app")) == []
    assert "the response has no list of tags" in caplog.text


def test_a_password_is_sent_to_its_registry_alone(registry: Scripted) -> None:
    def guard(request: Request) -> Response | None:
        if request.headers.get("authorization") == f"Basic {encoded()}":
            return None
        return Response(401).plus(WWW_Authenticate='Basic realm="test"')

    registry.guard(guard)
    with Client(registry=registry.url, username=USER, password=PASSWORD) as client:
        assert [record["tag"] for record in client.tags("team/app")] == ["v1", "v2"]
    with pytest.raises(UsageError, match="needs the registry"):
        Client(username=USER, password=PASSWORD)
    with pytest.raises(UsageError, match="together"):
        Client(registry=registry.url, username=USER)


def test_check_does_not_raise() -> None:
    with Client(retries=0) as client:
        record = client.check("http://127.0.0.1:1")
        with pytest.raises(RegistryError):
            list(client.tags("http://127.0.0.1:1/x"))
    assert record["reachable"] is False
    assert "connection refused" in record["hint"]


def test_lists_of_digests_may_be_named_or_left_out(scripted: Scripted) -> None:
    fill(scripted)
    inputs = remember(scripted, "team/app", "zot").decode().split()
    with_list("zot", scripted)
    lists: list[Any] = [(None, {None, "zot"}), ("zot", {None, "zot"}), ("off", {None})]
    for hints, expected in lists:
        with Client(hints=hints) as client:
            assert {one.get("digestFrom") for one in client.manifests(inputs)} == expected
    with pytest.raises(UsageError, match="hints must be one of auto, off, google"):
        Client(hints=cast("Any", "nosuch"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("repository", types.RepositoryRecord),
        ("tag", types.TagRecord),
        ("manifest", types.ManifestRecord),
        ("referrer", types.ReferrerRecord),
        ("check", types.CheckRecord),
    ],
)
def test_the_types_have_the_fields_of_the_schemas(name: str, kind: Any) -> None:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    assert set(get_type_hints(kind)) == set(schema["properties"])
    assert kind.__required_keys__ == set(schema["required"])


def test_importing_regpipe_loads_none_of_it() -> None:
    code = "import sys, regpipe; print(sorted(n for n in sys.modules if n.startswith('regpipe')))"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(SOURCE)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "['regpipe']"
    assert not hasattr(regpipe, "nosuch")
