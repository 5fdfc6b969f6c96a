"""The reference grammar: valid and invalid names, and their registries."""

import pytest

from regpipe.errors import InputError
from regpipe.oci import reference
from regpipe.oci.reference import HUB_URL, Defaults, Reference

HEX = "a" * 64
DIGEST = f"sha256:{HEX}"
HUB = Defaults()
OWN = Defaults("http://some.host:5000")

GOOD = {
    "one component": ("alpine", Reference(HUB_URL, "library/alpine", "latest")),
    "hub namespace": ("grafana/grafana:9", Reference(HUB_URL, "grafana/grafana", "9")),
    "hub by name": ("docker.io/alpine:3", Reference(HUB_URL, "library/alpine", "3")),
    "hub's old name": ("index.docker.io/a/b:1", Reference(HUB_URL, "a/b", "1")),
    "hub's api host": ("registry-1.docker.io/a/b:1", Reference(HUB_URL, "a/b", "1")),
    "localhost alone is a name": (
        "localhost:5000",
        Reference(HUB_URL, "library/localhost", "5000"),
    ),
    "registry": (
        "my.registry:5000/team/app:v1",
        Reference("https://my.registry:5000", "team/app", "v1"),
    ),
    "registry, one component": ("quay.io/app", Reference("https://quay.io", "app", "latest")),
    "capitals make a registry": ("HOST/app:1", Reference("https://HOST", "app", "1")),
    "localhost": ("localhost/app:1", Reference("http://localhost", "app", "1")),
    "localhost with a port": (
        "localhost:5000/app:1",
        Reference("http://localhost:5000", "app", "1"),
    ),
    "loopback": ("127.8.0.1:5000/app:1", Reference("http://127.8.0.1:5000", "app", "1")),
    "loopback, IPv6": ("[::1]:5000/app:1", Reference("http://[::1]:5000", "app", "1")),
    "other IPv6": ("[2001:db8::1]/app:1", Reference("https://[2001:db8::1]", "app", "1")),
    "name that only sounds local": (
        "localhost.evil.com/app:1",
        Reference("https://localhost.evil.com", "app", "1"),
    ),
    "pasted http": ("http://my.host/app:1", Reference("http://my.host", "app", "1")),
    "pasted https to localhost": (
        "https://localhost/app:1",
        Reference("https://localhost", "app", "1"),
    ),
    "pasted scheme, host of one word": (
        "https://host/app:1",
        Reference("https://host", "app", "1"),
    ),
    "pasted docker://": ("docker://alpine:3", Reference(HUB_URL, "library/alpine", "3")),
    "digest": (f"alpine@{DIGEST}", Reference(HUB_URL, "library/alpine", None, DIGEST)),
    "tag and digest": (f"a.b/c:1@{DIGEST}", Reference("https://a.b", "c", "1", DIGEST)),
    "separators": (
        "a.b/c-d__e/f.g_h--i:_T.-x",
        Reference("https://a.b", "c-d__e/f.g_h--i", "_T.-x"),
    ),
    "layout": ("oci:dir/sample", Reference("oci:dir/sample", "", None)),
    "layout with a tag": ("oci:dir/sample:v1", Reference("oci:dir/sample", "", "v1")),
    "layout by digest": (f"oci:dir@{DIGEST}", Reference("oci:dir", "", None, DIGEST)),
    "layout in somebody's folder": ("oci:me@host/d:1", Reference("oci:me@host/d", "", "1")),
    "archive with a whole name": (
        "oci-archive:x y.tar:docker.io/library/app:v1",
        Reference("oci-archive:x y.tar", "docker.io/library/app", "v1"),
    ),
    "archive with a repository": (
        "docker-archive:f.tar:docker.io/library/app",
        Reference("docker-archive:f.tar", "docker.io/library/app", "latest"),
    ),
    "archive by place": ("docker-archive:f.tar:@2", Reference("docker-archive:f.tar", "", "@2")),
    "archive on standard input": (
        "docker-archive:-:app:1",
        Reference("docker-archive:-", "app", "1"),
    ),
}


@pytest.mark.parametrize(("text", "expected"), GOOD.values(), ids=GOOD)
def test_reference(text: str, expected: Reference) -> None:
    assert reference.parse(text, HUB) == expected


BAD = {
    "nothing": "",
    "blank": " ",
    "capital in the repository": "my.registry/Team/app",
    "empty component": "a.b//c",
    "trailing slash": "a.b/c/",
    "empty tag": "a.b/c:",
    "long tag": "a.b/c:" + "x" * 129,
    "newline after the tag": "a.b/c:v1\n",
    "line break in the host": "a.b\r\nX: y/c",
    "tag with a letter beyond ASCII": "a.b/c:é",
    "digit beyond ASCII": "a.b/c\u0661",
    "path upwards": "a.b/../c",
    "short digest": "a.b/c@sha256:abc",
    "digest in capitals": f"a.b/c@sha256:{'A' * 64}",
    "URL of the API": "http://a.b/v2/team/app/manifests/v1",
    "user, password, host and port": "user:5000/m1@sha25600i:0000",
    "digest that could be a host and a port": "m1@sha25600i:0000",
    "digest with a path": "a.b/c@sha256:../../x",
    "no digest after @": "a.b/c@",
    "query": "a.b/c?x=1",
    "user in the host": "user:pw@a.b/c",
    "image id": HEX,
    "name of 256 characters": "a.b/" + "c" * 256,
    "scheme without a repository": "https://a.b",
    "other scheme": "ftp://a.b/c",
    "layout without a path": "oci:",
    "layout with an empty tag": "oci:dir:",
    "layout with an empty tag after a name": "oci:dir:app:",
    "layout with an empty tag before a digest": f"oci:dir:app:@{DIGEST}",
    "layout with a broken digest": "oci:dir@sha256:abc",
    "layout with a null": "oci:a\0b",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_invalid_references(text: str) -> None:
    with pytest.raises(InputError) as caught:
        reference.parse(text, HUB)
    assert caught.value.code == "REFERENCE_INVALID"
    assert caught.value.message.isprintable()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("my.registry/Team/App:1", "my.registry/team/app"),
        ("Alpine", "alpine"),
        ("Team/App:1", "team/app"),  # Team would be a host, as for Docker
    ],
)
def test_the_error_for_capitals_suggests_the_name_in_lower_case(text: str, name: str) -> None:
    with pytest.raises(InputError, match=rf"did you mean {name}\?"):
        reference.parse(text, HUB)


DEFAULTED = {
    "relative to the default registry": ("team/app:1", "http://some.host:5000", "team/app"),
    "no library/ but on Docker Hub": ("app:1", "http://some.host:5000", "app"),
    "a registry of its own": ("quay.io/app:1", "https://quay.io", "app"),
    "Docker Hub by name": ("docker.io/app:1", HUB_URL, "library/app"),
}


@pytest.mark.parametrize(("text", "registry", "repository"), DEFAULTED.values(), ids=DEFAULTED)
def test_default_registry(text: str, registry: str, repository: str) -> None:
    assert reference.parse(text, OWN)[:2] == (registry, repository)


def test_plain_http_applies_to_references_without_a_scheme() -> None:
    defaults = Defaults(plain_http=True)
    assert reference.parse("a.b/c", defaults).registry == "http://a.b"
    assert reference.parse("https://a.b/c", defaults).registry == "https://a.b"


REGISTRIES = {
    "host": ("my.registry", "https://my.registry"),
    "host and port": ("my.registry:5000", "https://my.registry:5000"),
    "one word": ("registry:5000", "https://registry:5000"),
    "scheme": ("http://my.registry/", "http://my.registry"),
    "loopback": ("127.0.0.1:5000", "http://127.0.0.1:5000"),
    "Docker Hub": ("docker.io", HUB_URL),
    "layout": ("oci:/srv/images", "oci:/srv/images"),
}


@pytest.mark.parametrize(("text", "url"), REGISTRIES.values(), ids=REGISTRIES)
def test_registry(text: str, url: str) -> None:
    assert reference.parse_registry(text) == url


@pytest.mark.parametrize("text", ["", "a.b/c", "http://", "a b", "a.b:port", "u@a.b", "a.b:1\n"])
def test_invalid_registries(text: str) -> None:
    with pytest.raises(InputError):
        reference.parse_registry(text)


@pytest.mark.parametrize("text", ["alpine:3", f"alpine@{DIGEST}"])
def test_a_repository_may_be_named_by_one_of_its_images(text: str) -> None:
    ref = reference.parse_repository(text, HUB)
    assert (ref.repository, bool(ref.tag or ref.digest)) == ("library/alpine", True)


SHOWN = {
    "docker hub": (Reference(HUB_URL, "library/alpine", "3"), "docker.io/library/alpine:3"),
    "digest": (Reference("https://a.b:1", "c", None, DIGEST), f"a.b:1/c@{DIGEST}"),
    "repository": (Reference("http://a.b:1", "c"), "a.b:1/c"),
    "host of one word": (Reference("https://host", "c"), "host:443/c"),
    "layout": (Reference("oci:d/s", "s", "v1"), "oci:d/s:v1"),
    "archive": (Reference("docker-archive:f.tar", "a.b/c", "v1"), "docker-archive:f.tar:a.b/c:v1"),
    "layout by digest": (Reference("oci:d/s", "s", None, DIGEST), f"oci:d/s@{DIGEST}"),
}


@pytest.mark.parametrize(("ref", "text"), SHOWN.values(), ids=SHOWN)
def test_references_are_printed_as_docker_and_skopeo_accept_them(ref: Reference, text: str) -> None:
    assert str(ref) == text


@pytest.mark.parametrize("text", [text for text, _ in GOOD.values()], ids=GOOD)
def test_a_printed_reference_parses_to_the_same_registry(text: str) -> None:
    ref = reference.parse(text, HUB)
    again = reference.parse(str(ref), HUB)
    assert reference.host_of(again.registry) == reference.host_of(ref.registry)
    assert (again.repository, again.tag) == (ref.repository, ref.tag)


DIGESTS = {
    DIGEST: True,
    f"sha512:{'0' * 128}": True,
    f"sha512:{'0' * 64}": False,
    "blake3:anything_Goes=": True,
    "sha256:": False,
    "sha256": False,
    f"SHA256:{HEX}": False,
    f"sha256:{HEX}\n": False,
    f"a..b:{HEX}": False,
}


@pytest.mark.parametrize(("text", "valid"), DIGESTS.items())
def test_digest(text: str, valid: bool) -> None:  # noqa: FBT001
    assert reference.is_digest(text) is valid


@pytest.mark.parametrize("value", [None, 1, ["sha256"], b"sha256:"])
def test_a_digest_must_be_a_string(value: object) -> None:
    assert not reference.is_digest(value)
