"""The next step in a message: of names without a registry or a tag."""

from typing import Any

import pytest

from regpipe.errors import ConnectionFailedError, NotFoundError, RegpipeError, UnauthorizedError
from regpipe.oci.reference import Defaults
from regpipe.records import targets
from regpipe.records.targets import Target
from regpipe.stage import advice

DENIED = UnauthorizedError("denied", status=401)
MISSING = NotFoundError("no such repository", code="NAME_UNKNOWN", status=404)
HOW = "use --registry or $REGPIPE_REGISTRY"


def of_image(value: Any, registry: str = "") -> Target:
    defaults = Defaults(registry) if registry else Defaults()
    (target,) = targets.images(value, defaults)
    assert isinstance(target, Target)
    return target


@pytest.mark.parametrize("error", [DENIED, MISSING, ConnectionFailedError("cannot reach it")])
@pytest.mark.parametrize(
    "value", ["app", "team/app:v1", {"ref": "team/app"}, {"name": "team/app", "tags": ["v1"]}]
)
def test_a_name_without_a_registry_was_looked_up_at_docker_hub(
    error: RegpipeError, value: object
) -> None:
    said = advice.after(error, of_image(value), "manifests").message
    assert "looked up at Docker Hub" in said
    assert HOW in said


@pytest.mark.parametrize(
    ("value", "registry"),
    [
        ("docker.io/team/app", ""),
        ("docker.io/app", ""),
        ({"registry": "https://registry-1.docker.io", "repository": "library/app"}, ""),
        ("my.registry/app", ""),
        ("team/app", "https://my.registry"),
    ],
)
def test_a_name_with_a_registry_was_not(value: object, registry: str) -> None:
    assert HOW not in advice.after(DENIED, of_image(value, registry), "manifests").message


def test_the_check_to_run_is_last() -> None:
    said = advice.after(ConnectionFailedError("cannot reach it"), of_image("app"), "tags").message
    assert said.endswith("; diagnose with: regpipe check docker.io")


@pytest.mark.parametrize(
    ("value", "next_step"),
    [
        ("my.registry/app", "regpipe tags my.registry/app | regpipe manifests"),
        ({"ref": "my.registry/app"}, "regpipe tags my.registry/app | regpipe manifests"),
        ("http://my.registry/app", "regpipe tags http://my.registry/app | regpipe manifests"),
        ("my.registry/app:latest", "regpipe tags my.registry/app"),
        ({"ref": "my.registry/app:latest"}, "regpipe tags my.registry/app"),
        ({"ref": "my.registry/app", "tag": "latest"}, "regpipe tags my.registry/app"),
    ],
)
def test_without_a_tag_the_stage_that_lists_tags_may_be_missing(
    value: object, next_step: str
) -> None:
    missing = NotFoundError("no such tag 'latest'", code="MANIFEST_UNKNOWN", status=404)
    said = advice.after(missing, of_image(value), "manifests").message
    assert said.endswith(f": {next_step}")
