"""What a reference in a file means."""

import pytest

from regpipe.errors import InputError
from regpipe.refs import meaning

HUB = "https://registry-1.docker.io"


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("a/b:1", "docker.io/a/b:1"),
        ("quay.io/a:1", "quay.io/a:1"),
        ("oci:v1", "docker.io/library/oci:v1"),
        ("docker-archive:v1", "docker.io/library/docker-archive:v1"),
    ],
)
def test_a_name_without_registry_is_docker_hubs(text: str, ref: str) -> None:
    assert str(meaning.parse(text, HUB)) == ref


def test_another_registry() -> None:
    assert str(meaning.parse("a:1", "http://my.test:5000")) == "my.test:5000/a:1"
    assert str(meaning.parse("oci:1", "http://my.test:5000")) == "my.test:5000/oci:1"


@pytest.mark.parametrize(
    "text", ["", "A", "oci:/etc/passwd", "oci:a/b", "http://a.test/b", "docker://a", "a b", "a:"]
)
def test_what_is_not_a_reference(text: str) -> None:
    with pytest.raises(InputError) as caught:
        meaning.parse(text, HUB)
    assert caught.value.code == "REFERENCE_INVALID"
