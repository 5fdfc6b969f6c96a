"""What the credential files say: the keys that match a registry, and files that cannot be read."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from regpipe.auth import config_files
from regpipe.auth.config_files import Location
from regpipe.auth.credential import Credential
from regpipe.errors import UnauthorizedError
from support.credentials import HUB_KEY, entry, write

HUB = "https://registry-1.docker.io"


def found(origin: str, repository: str, auths: object) -> str | None:
    """Who the entries of a file make us, as `user:password`."""
    credential = look(Location("f", json.dumps({"auths": auths})), origin, repository)
    return credential and f"{credential.username}:{credential.password}"


def look(location: Location, origin: str = "https://r.test", name: str = "") -> Credential | None:
    file = config_files.read(location)
    assert file is not None
    return file.entry(origin, name)


MATCHES = {
    "host": ("https://my.registry", "my.registry"),
    "host and port": ("https://my.registry:5000", "my.registry:5000"),
    "url": ("https://my.registry:5000", "https://my.registry:5000"),
    "url with version": ("https://my.registry:5000", "https://my.registry:5000/v1/"),
    "url with version 2": ("https://my.registry", "https://my.registry/v2/"),
    "url with another path": ("https://my.registry", "https://my.registry/artifactory/api"),
    "url of another scheme": ("https://my.registry:5000", "http://my.registry:5000"),
    "version without scheme": ("https://my.registry", "my.registry/v1/"),
    "letter case": ("https://my.registry", "My.Registry"),
    "letter case of the reference": ("https://MY.registry", "my.registry"),
    "trailing dot": ("https://my.registry", "my.registry."),
    "default port": ("https://my.registry", "my.registry:443"),
    "default port of the reference": ("https://my.registry:443", "my.registry"),
    "default port of http": ("http://my.registry", "my.registry:80"),
    "address": ("http://127.0.0.1:5000", "127.0.0.1:5000"),
    "address of version 6": ("http://[::1]:5000", "[::1]:5000"),
    "hub": (HUB, HUB_KEY),
    "hub by name": (HUB, "docker.io"),
    "hub by index": (HUB, "index.docker.io"),
    "hub by its server": (HUB, "registry-1.docker.io"),
    "hub by url": (HUB, "https://docker.io"),
    "namespace": ("https://my.registry", "my.registry/team"),
    "namespace and repository": ("https://my.registry", "my.registry/team/app"),
    "namespace of hub": (HUB, "docker.io/team"),
}

MISMATCHES = {
    "another port": ("https://my.registry:5000", "my.registry:5001"),
    "no port": ("https://my.registry:5000", "my.registry"),
    "default port of the other scheme": ("https://my.registry", "my.registry:80"),
    "registry below it": ("https://my.registry", "registry"),
    "registry above it": ("https://registry", "my.registry"),
    "suffix": ("https://x.azurecr.io.evil.com", "x.azurecr.io"),
    "prefix": ("https://x.azurecr.io", "x.azurecr.io.evil.com"),
    "start of a name": ("https://my.registry.example", "my.registry"),
    "end of a name": ("https://evilmy.registry", "my.registry"),
    "user name in the reference": ("https://my.registry@evil.com", "my.registry"),
    "hub's name below another": ("https://docker.io.evil.com", "docker.io"),
    "another namespace": ("https://my.registry", "my.registry/other"),
    "start of a namespace": ("https://my.registry", "my.registry/tea"),
    "start of a repository": ("https://my.registry", "my.registry/team/ap"),
    "below the repository": ("https://my.registry", "my.registry/team/app/more"),
    "hub's access token": (HUB, "https://index.docker.io/v1/access-token"),
    "hub's refresh token": (HUB, "https://index.docker.io/v1/refresh-token"),
}


@pytest.mark.parametrize(("origin", "key"), MATCHES.values(), ids=MATCHES.keys())
def test_a_key_is_for_the_registry(origin: str, key: str) -> None:
    auths = {"other": entry("no", "no"), key: entry("u", "p")}
    assert found(origin, "team/app", auths) == "u:p"


@pytest.mark.parametrize(("origin", "key"), MISMATCHES.values(), ids=MISMATCHES.keys())
def test_a_key_is_for_another_registry(origin: str, key: str) -> None:
    assert found(origin, "team/app", {key: entry("u", "p")}) is None


@pytest.mark.parametrize("turned", [False, True], ids=["", "turned"])
def test_the_closest_key_wins_wherever_it_stands(turned: bool) -> None:  # noqa: FBT001
    keys = [
        "r.test/team/app",
        "r.test/team",
        "r.test",
        "https://r.test/other",
    ]
    for start, key in enumerate(keys):
        given = [(one, entry(one, "p")) for one in keys[start:]]
        auths = dict(reversed(given) if turned else given)
        assert found("https://r.test", "team/app", auths) == f"{key}:p"


ENTRIES: dict[str, tuple[dict[str, Any], str | None]] = {
    "auth": ({"auth": base64.b64encode(b"u:p").decode()}, "u:p"),
    "colons in the password": ({"auth": base64.b64encode(b"u:p:q:").decode()}, "u:p:q:"),
    "zeros behind it": ({"auth": base64.b64encode(b"u:p\0\0").decode()}, "u:p"),
    "user name and password": ({"username": "u", "password": "p"}, "u:p"),
    "auth before user name": ({**entry("u", "p"), "username": "x", "password": "y"}, "u:p"),
    "line ends in it": ({"auth": "dTpw\n"}, "u:p"),
    "beyond ASCII": ({"auth": base64.b64encode("ü:€".encode()).decode()}, "ü:€"),
    "mark of a helper": ({}, None),
    "mark of a helper, with mail": ({"email": "a@b.c"}, None),
}


@pytest.mark.parametrize(("given", "who"), ENTRIES.values(), ids=ENTRIES.keys())
def test_an_entry_is_decoded(given: dict[str, Any], who: str | None) -> None:
    assert found("https://r.test", "", {"r.test": given}) == who


def test_bytes_that_are_no_text_are_sent_as_they_are() -> None:
    auth = base64.b64encode(b"u:\xff\xfe").decode()
    credential = look(Location("f", json.dumps({"auths": {"r.test": {"auth": auth}}})))
    assert credential is not None
    assert credential.basic() == f"Basic {auth}"


BROKEN: dict[str, object] = {
    "no JSON": '{"auths": {"r.test": {"auth": "canary',
    "no JSON on line 2": '{\n"auths": canary}',
    "nested too deeply": "[" * 100_000,
    "no object": ["canary"],
    "auths is not an object": {"auths": ["canary"]},
    "helpers are not objects": {"credHelpers": "canary"},
    "a helper is not a name": {"credHelpers": {"r.test": {"canary": 1}}},
    "store is not a name": {"credsStore": ["canary"]},
    "entry is not an object": {"auths": {"r.test": "canary"}},
    "auth is not base64": {"auths": {"r.test": {"auth": "canary!"}}},
    "auth has no colon": {"auths": {"r.test": {"auth": "Y2FuYXJ5"}}},
    "auth is not a string": {"auths": {"r.test": {"auth": 5, "email": "canary"}}},
    "auth is empty on both sides": {"auths": {"r.test": {"auth": "Og==", "email": "canary"}}},
    "auth has no user": {"auths": {"r.test": {"auth": "OmNhbmFyeQ=="}}},
    "the password is not a string": {
        "auths": {"r.test": {"username": "u", "password": ["canary"]}}
    },
    "a line end in a token": {"auths": {"r.test": {"registrytoken": "canary\r\nX: y"}}},
    "a space in a token": {"auths": {"r.test": {"identitytoken": "canary canary"}}},
    "a colon in the name": {"auths": {"r.test": {"username": "canary:x", "password": "p"}}},
}


@pytest.mark.parametrize("document", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_named_and_not_repeated(document: object, tmp_path: Path) -> None:
    path = write(tmp_path / "config.json", document)
    with pytest.raises(UnauthorizedError) as caught:
        look(Location(str(path)))
    assert str(path) in caught.value.message
    assert caught.value.message.isprintable()
    assert "canary" not in repr(caught.value) + caught.value.message
    assert "Y2FuYXJ5" not in caught.value.message


def test_a_broken_entry_of_another_registry_does_no_harm() -> None:
    auths = {"other": {"auth": "!"}, "r.test": entry("u", "p")}
    assert found("https://r.test", "", auths) == "u:p"


def test_a_byte_order_mark_is_no_error() -> None:
    assert config_files.read(Location("f", '\ufeff{"credsStore":"x"}')) is not None


@pytest.mark.parametrize("kind", ["directory", "pipe", "huge", "forbidden"])
def test_what_is_no_readable_file_is_an_error(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    if kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "huge":
        path.write_bytes(b" " * (config_files.FILE_LIMIT + 1))
    else:
        path.write_text("{}")
        path.chmod(0)
        if os.access(path, os.R_OK):
            pytest.skip("this user may read everything")
    with pytest.raises(UnauthorizedError, match=r"config\.json"):
        config_files.read(Location(str(path)))


@pytest.mark.parametrize("content", [None, "", " \n"], ids=["missing", "empty", "blank"])
def test_no_file_and_an_empty_one_say_nothing(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    if content is not None:
        path.write_text(content)
    assert config_files.read(Location(str(path))) is None


def test_the_first_format_is_read() -> None:
    location = Location("/home/u/.dockercfg", json.dumps({HUB_KEY: entry("u", "p")}))
    assert look(location, HUB) is not None


PLACES: dict[str, tuple[str | None, dict[str, str], list[str]]] = {
    "usual": (
        None,
        {"XDG_RUNTIME_DIR": "/r"},
        [
            "/r/containers/auth.json",
            "/h/.config/containers/auth.json",
            "/h/.docker/config.json",
            "/h/.dockercfg",
        ],
    ),
    "moved": (
        None,
        {"XDG_RUNTIME_DIR": "/r", "XDG_CONFIG_HOME": "/x", "DOCKER_CONFIG": "/d"},
        [
            "/d/config.json",
            "/r/containers/auth.json",
            "/x/containers/auth.json",
            "/h/.dockercfg",
        ],
    ),
    "in the environment": (
        None,
        {"XDG_RUNTIME_DIR": "/r", "DOCKER_CONFIG": "/d", "DOCKER_AUTH_CONFIG": "{}"},
        [
            "$DOCKER_AUTH_CONFIG",
            "/d/config.json",
            "/r/containers/auth.json",
            "/h/.config/containers/auth.json",
            "/h/.dockercfg",
        ],
    ),
    "no runtime directory": (
        None,
        {"DOCKER_CONFIG": "/d"},
        [
            "/d/config.json",
            f"/run/containers/{os.getuid()}/auth.json",
            "/h/.config/containers/auth.json",
            "/h/.dockercfg",
        ],
    ),
    "podman's variable": (
        None,
        {"REGISTRY_AUTH_FILE": "/a", "DOCKER_AUTH_CONFIG": "{}", "DOCKER_CONFIG": "/d"},
        ["/a"],
    ),
    "named": ("/n", {"REGISTRY_AUTH_FILE": "/a", "DOCKER_CONFIG": "/d"}, ["/n"]),
}


@pytest.mark.parametrize(("authfile", "env", "places"), PLACES.values(), ids=PLACES.keys())
def test_places_are_looked_into_in_order(
    authfile: str | None, env: dict[str, str], places: list[str]
) -> None:
    looked = [place.name for place in config_files.locations(authfile, {"HOME": "/h", **env})]
    assert looked == places
