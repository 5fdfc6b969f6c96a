"""Compose files: which files are ones, and the images in them."""

import pytest

from regpipe.refs.kinds import compose
from support.refs import kinds_of, lines, unresolved, values


@pytest.mark.parametrize(
    "name", ["compose.yaml", "docker-compose.yml", "docker-compose.prod.yaml", "compose-dev.yml"]
)
def test_the_name_says_it(name: str) -> None:
    assert compose.claims(f"/src/{name}")


def test_the_content_says_it() -> None:
    assert kinds_of("services:\n  a:\n    image: b\n", "/src/stack.yml") == ["compose"]
    assert kinds_of("services: [a, b]\n", "/src/stack.yml") == [None]
    assert kinds_of("services:\n  a: {port: 80}\n", "/src/stack.yml") == [None]


def test_each_service_has_an_image_unless_it_is_built() -> None:
    text = """\
        services:
          web:
            image: "nginx:1"
          db: {image: 'postgres:16'}
          app:
            build: .
            image: me/app
          worker:
            build: null
            image: me/worker:1
          none:
            image:
          empty:
        """
    assert lines(text, "compose") == [(3, "nginx:1"), (4, "postgres:16"), (10, "me/worker:1")]


def test_the_first_version_of_the_format_has_services_at_the_top() -> None:
    assert values("web:\n  image: a:1\ndb:\n  image: b\n", "compose") == ["a:1", "b"]


def test_a_shared_image_is_found_once_where_it_is_written() -> None:
    text = """\
        x-app: &app
          image: a:1
        services:
          one: {<<: *app, command: x}
          two:
            <<: [*app]
          three:
            <<: *app
            image: b:1
        """
    assert lines(text, "compose") == [(2, "a:1"), (9, "b:1")]


def test_an_alias_is_found_where_its_text_is() -> None:
    text = "services:\n  a:\n    image: &i x:1\n  b:\n    image: *i\n"
    assert lines(text, "compose") == [(3, "x:1")]


def test_extensions_may_have_an_image() -> None:
    assert lines("x-a:\n  image: a:1\nservices:\n  b:\n    image: b\n", "compose") == [
        (2, "a:1"),
        (5, "b"),
    ]


def test_what_a_build_takes_from_elsewhere_is_found() -> None:
    text = """\
        services:
          app:
            build:
              additional_contexts:
                base: docker-image://alpine:3.20
                other: ../other
              args:
                V: "3"
              dockerfile_inline: |
                ARG V
                FROM python:$V
                COPY --from=base / /
                COPY --from=tool:1 / /
          old:
            build:
              additional_contexts: ["a=docker-image://b:1", c=./c]
        """
    assert lines(text, "compose") == [
        (5, "alpine:3.20"),
        (11, "python:3"),
        (12, "base"),
        (13, "tool:1"),
        (16, "b:1"),
    ]


def test_volumes_may_be_images() -> None:
    text = """\
        services:
          a:
            image: a
            volumes:
              - data:/data
              - {type: image, source: "site:1", target: /srv}
              - {type: volume, source: b}
        """
    assert values(text, "compose") == ["a", "site:1"]


def test_variables_have_their_defaults() -> None:
    text = """\
        services:
          a: {image: "${IMAGE:-nginx}:${TAG-1}"}
          b: {image: "${A:-${B:-x}:2}"}
          c: {image: "a$$b"}
        """
    assert values(text, "compose") == ["nginx:1", "x:2", "a$b"]


def test_a_variable_without_a_value_is_unresolved() -> None:
    text = """\
        services:
          a: {image: "x:$TAG"}
          b: {image: "x:${TAG:?needed}"}
          c: {image: "x:${TAG:+2}"}
        """
    found = unresolved(text, "compose")
    assert [text for text, _ in found] == ["x:$TAG", "x:${TAG:?needed}", "x:${TAG:+2}"]
    assert {reason for _, reason in found} == {
        "the variable TAG has no value here: give it one with --var TAG=VALUE"
    }


def test_the_file_env_beside_it_has_values() -> None:
    env = """\
# A comment
TAG=1.2   # not a part of it
export NAME="web"
FULL='${NAME}/x'
BOTH=${NAME}-${TAG}
SECRET=$UNKNOWN
"""
    text = "services:\n  a:\n    image: ${NAME}:$TAG\n  b:\n    image: $BOTH\n"
    assert values(text, "compose", beside={".env": env}) == ["web:1.2", "web-1.2"]
    assert unresolved("services: {a: {image: $SECRET}}", "compose", beside={".env": env})
    given = {"TAG": "3"}
    assert values(text, "compose", beside={".env": env}, variables=given) == ["web:3", "web-1.2"]


def test_variables_that_double_are_unresolved() -> None:
    """Without a limit, the value of A39 has 2 to the 39th characters."""
    env = "A0=x\n" + "".join(f"A{n}=$A{n - 1}$A{n - 1}\n" for n in range(1, 40))
    assert unresolved("services: {a: {image: $A39}}", "compose", beside={".env": env})


def test_a_template_in_it_does_not_hide_the_images() -> None:
    text = """\
        services:
          a:
            image: x:1
            environment:
              {{ services['a'].env }}
          {% if b %}
          b:
            image: y:{{ tag }}
          {% endif %}
        """
    assert lines(text, "compose") == [(3, "x:1")]
    assert unresolved(text, "compose") == [
        ("y:{{ tag }}", "a template fills it in; render the file first")
    ]


def test_an_image_that_is_reset_is_none() -> None:
    assert values("services:\n  a:\n    image: !reset null\n", "compose") == []
    assert values("services:\n  a:\n    image: !reset a:1\n", "compose") == []


def test_anything_else_is_passed_over() -> None:
    assert values("- a\n- b\n", "compose") == []
    assert values("just text\n", "compose") == []
    assert values("services:\n  - a\n  - image: b\n", "compose") == []
    assert values("services:\n  a: {image: [b]}\n", "compose") == []


def test_the_id_of_an_image_is_not_a_repository() -> None:
    for name in ("sha256:" + "a" * 64, "a" * 64):
        ((text, reason),) = unresolved(f"services: {{a: {{image: '{name}'}}}}\n")
        assert text == name
        assert "the ID of an image" in reason


def test_a_build_argument_that_is_another_number_is_unresolved() -> None:
    text = """\
        services:
          a:
            build:
              args: {V: %s}
              dockerfile_inline: |
                ARG V=1
                FROM a:$V
        """
    assert values(text % "'3.10'") == ["a:3.10"]
    ((_, reason),) = unresolved(text % "3.10")
    assert "not this text to Docker Compose" in reason


def test_a_key_that_is_there_twice_loses_nothing() -> None:
    reason = "its key is there twice, which Docker Compose refuses"
    for text in (
        "services: {s: {image: a, image: b}}\n",
        "services: {s: {image: a}, s: {image: b}}\n",
    ):
        assert unresolved(text) == [("a", reason)]
        assert [value for _, value in lines(text)] == ["b"]
