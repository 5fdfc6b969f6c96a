"""Quadlet units: which files are ones, and the images in them."""

import pytest

from regpipe.refs.kinds import quadlet
from support.refs import kinds_of, lines, unresolved, values


@pytest.mark.parametrize(
    "name", ["a.container", "a.image", "a.volume", "a@.container", "a.container.d/10-image.conf"]
)
def test_the_name_says_it(name: str) -> None:
    assert quadlet.claims(f"/etc/containers/systemd/{name}")


def test_other_units_are_not_ones() -> None:
    assert not quadlet.claims("/etc/systemd/system/a.service")
    assert not quadlet.claims("/etc/systemd/system/a.service.d/x.conf")


def test_the_content_says_it() -> None:
    assert kinds_of("[Unit]\n[Container]\nImage=a:1\n") == ["quadlet"]
    assert "quadlet" not in kinds_of("[Unit]\nImage=a:1\n")


def test_the_last_image_of_a_section_counts() -> None:
    text = """\
        [Unit]
        Image=not:this
        [Container]
        # Image=not:this
        ; Image=not:this
        Image=a:1
        Exec=x \\
        Image=not:this
        Image = \\
          quay.io/b:1
        [Volume]
        Image=c:1
        Image=
        """
    assert lines(text, "quadlet") == [(9, "quay.io/b:1")]


def test_transports_of_registries_are_left_out_and_others_are_no_images() -> None:
    assert values("[Image]\nImage=docker://a/b:1\n", "quadlet") == ["a/b:1"]
    assert values("[Image]\nImage=docker-daemon:a/b:1\n", "quadlet") == ["a/b:1"]
    for local in ("oci:/a", "dir:/a", "docker-archive:a.tar", "containers-storage:a"):
        assert values(f"[Image]\nImage={local}\n", "quadlet") == []


def test_other_units_are_no_images() -> None:
    assert values("[Container]\nImage=a.image\n", "quadlet") == []
    assert values("[Container]\nImage=a.build\n", "quadlet") == []


def test_specifiers_and_variables_are_unresolved() -> None:
    assert unresolved("[Container]\nImage=a:%i\n", "quadlet") == [
        ("a:%i", "systemd replaces %i when it starts the unit")
    ]
    assert unresolved("[Container]\nImage=a:${TAG}\n", "quadlet")
