"""What is said of refused requests, and that a wrong password is not sent again."""

from pathlib import Path

import pytest

from regpipe.errors import UnauthorizedError
from support.cli import USER
from support.credentials import docker, entry
from support.simulated import APP, BASIC, simulated


@pytest.mark.parametrize(
    ("status", "given", "what"),
    [
        (401, entry(), "rejected the password of {user} (from {path})"),
        (403, entry(), "denied access to {user} (from {path})"),
        (401, {"registrytoken": "t"}, "rejected the registry token from {path}"),
        (403, {"registrytoken": "t"}, "denied access to token (from {path})"),
    ],
)
def test_a_refusal_names_who_is_refused_and_repeats_what_the_registry_says(
    home: Path, status: int, given: dict[str, str], what: str
) -> None:
    path = docker(home, auths={"r.test": given})
    client = simulated("basic").client
    registry = "https://r.test/v2/"
    assert client.challenged(registry, APP, ["Basic"], None)
    sent = client.header(registry, APP)
    said = UnauthorizedError("account locked", code="LOCKED", status=status)
    error = client.refused(registry, APP, sent, said)
    message = f"r.test {what.format(user=USER, path=path)}: account locked"
    if status == 403:
        message += "; to be another user: docker login r.test"
    assert (error.message, error.code, error.status) == (message, "LOCKED", status)


def test_a_wrong_password_is_not_sent_again_and_the_error_is_the_same(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    registry = simulated(lambda *_: ["Basic"])
    said = UnauthorizedError("account locked", code="LOCKED", status=401)
    assert registry.client.challenged(registry.url, APP, ["Basic"], None)
    first = registry.client.refused(registry.url, APP, BASIC, said)
    with pytest.raises(UnauthorizedError) as caught:
        registry.client.header(registry.url, APP)
    assert (caught.value.message, caught.value.code) == (first.message, "LOCKED")
    assert registry.client.header(registry.url, "repository:team/other:pull") == BASIC


def test_a_password_that_was_accepted_is_not_wrong(home: Path) -> None:
    """Some registries send 401 for what they do not have, and 403 is not about the password."""
    docker(home, auths={"r.test": entry()})
    registry = simulated("basic")
    assert registry.send()
    said = UnauthorizedError("", status=401)
    assert "denied access to" in registry.client.refused(registry.url, APP, BASIC, said).message
    said = UnauthorizedError("", status=403)
    registry.client.refused(registry.url, "repository:other/app:pull", BASIC, said)
    assert registry.client.header(registry.url, "repository:other/app:pull") == BASIC
    assert registry.send()


def test_missing_credentials_keep_what_the_registry_says() -> None:
    client = simulated("basic").client
    said = UnauthorizedError("license expired", code="DENIED", status=401)
    error = client.refused("https://r.test/v2/", APP, None, said)
    assert error.message == (
        "authentication required, and no credentials found for r.test: license expired;"
        " log in with: docker login r.test"
    )
