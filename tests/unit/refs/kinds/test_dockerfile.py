"""Dockerfiles: which files are ones, and the images in them."""

import pytest

from regpipe.refs.items import Image
from regpipe.refs.kinds import dockerfile
from support.refs import items, kinds_of, lines, unresolved, values


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile",
        "dockerfile",
        "Containerfile",
        "Dockerfile.dev",
        "Dockerfile-alpine",
        "Dockerfile_test",
        "app.Dockerfile",
        "web.prod.dockerfile",
    ],
)
def test_the_name_says_it(name: str) -> None:
    assert dockerfile.claims(f"/src/{name}")


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile.dockerignore",
        "Dockerfile.j2",
        "Dockerfile.template",
        "dockerfile.py",
        "dockerfile_test.go",
        "Dockerfile.md",
        "Dockerfiles",
        "my-docker-file",
    ],
)
def test_files_about_dockerfiles_are_not_ones(name: str) -> None:
    assert not dockerfile.claims(f"/src/{name}")


def test_the_content_says_it() -> None:
    assert kinds_of("# x\n\nARG V=1\nFROM a:$V\n") == ["dockerfile"]
    assert kinds_of("from alpine\n") == ["dockerfile"]
    assert kinds_of("ARG V=1\nRUN x\n") == [None]


def test_each_from_is_an_image_and_stages_and_scratch_are_not() -> None:
    text = """\
        FROM golang:1.22 AS build
        FROM --platform=$BUILDPLATFORM build AS test
        FROM scratch
        COPY --from=build /a /a
        COPY --from=0 /a /a
        FROM BUILD
        From alpine@sha256:aa as Last
        COPY --chown=1:1 --from=busybox:1 --link /bin/sh /sh
        COPY --from=last /x /x
        """
    assert lines(text, "dockerfile") == [
        (1, "golang:1.22"),
        (7, "alpine@sha256:aa"),
        (8, "busybox:1"),
    ]


def test_copy_may_name_a_later_stage() -> None:
    text = "FROM a AS one\nCOPY --from=two /x /x\nFROM b AS two\n"
    assert values(text, "dockerfile") == ["a", "b"]


def test_a_base_that_is_a_later_stage_is_an_image() -> None:
    assert values("FROM b AS a\nFROM c AS b\n", "dockerfile") == ["b", "c"]


def test_mounts_of_run_are_images() -> None:
    text = """\
        FROM a AS build
        RUN --mount=type=cache,target=/c --mount=type=bind,from=ghcr.io/x/uv:1,target=/uv true
        RUN --network=none --mount=from=build,target=/x --mount=from=c:2 true
        RUN echo --mount=from=d:1
        """
    assert values(text, "dockerfile") == ["a", "ghcr.io/x/uv:1", "c:2"]


def test_onbuild_instructions_count() -> None:
    assert values("FROM a\nONBUILD COPY --from=b:1 /x /x\n", "dockerfile") == ["a", "b:1"]


def test_the_syntax_image_is_one() -> None:
    text = "# syntax=docker/dockerfile:1.7\n# escape=`\nFROM a\n# syntax=b\n"
    assert lines(text, "dockerfile") == [(1, "docker/dockerfile:1.7"), (3, "a")]
    assert values("# a comment\n# syntax=b:1\nFROM a\n", "dockerfile") == ["a"]


def test_lines_are_continued() -> None:
    text = """\
        FROM \\
          # a comment
          --platform=linux/amd64 \\

          a:1 \\
          AS one
        FROM\\
        b:1
        COPY \\
          --from=one \\
          /x /x
        RUN echo a \\\\
        FROM c:1
        """
    assert lines(text, "dockerfile") == [(5, "a:1"), (8, "b:1"), (13, "c:1")]


def test_the_escape_directive_changes_the_continuation() -> None:
    text = "# escape=`\nFROM `\n a:1\nRUN dir C:\\\nFROM b:1\n"
    assert values(text, "dockerfile") == ["a:1", "b:1"]


def test_here_documents_are_not_instructions() -> None:
    text = """\
        FROM a
        RUN <<EOF cat
        FROM b
        EOF
        COPY <<"ONE" <<-TWO /x/
        FROM c
        ONE
        FROM d
        \tTWO
        RUN echo "<<EOF" $((1<<2)) <<< x
        FROM e
        CMD <<EOF
        FROM f
        """
    assert values(text, "dockerfile") == ["a", "e", "f"]


def test_a_here_document_without_end_hides_nothing() -> None:
    assert values("FROM a\nRUN <<EOF\nFROM b\n", "dockerfile") == ["a", "b"]


def test_arguments_have_their_defaults() -> None:
    text = """\
        ARG V=1.2 NAME='app' HOST="reg.test"
        ARG FULL=${HOST}/${NAME}
        FROM ${FULL}:$V-alpine
        FROM ${OTHER:-$FULL}:${TAG:-latest}
        FROM "$FULL"
        """
    assert values(text, "dockerfile") == [
        "reg.test/app:1.2-alpine",
        "reg.test/app:latest",
        "reg.test/app",
    ]


def test_an_empty_default_is_one() -> None:
    assert values("ARG PREFIX=\nFROM ${PREFIX}a:1\n", "dockerfile") == ["a:1"]


def test_an_argument_without_default_is_unresolved() -> None:
    ((text, reason),) = unresolved("ARG V\nFROM a:$V\n", "dockerfile")
    assert text == "a:$V"
    assert reason == "the variable V has no value here: give it one with --var V=VALUE"


def test_each_unresolved_base_is_told() -> None:
    text = "FROM a\nFROM $X\nFROM $X\nFROM b-$Y AS c\n"
    assert [found for found, _ in unresolved(text, "dockerfile")] == ["$X", "$X", "b-$Y"]


def test_the_command_line_wins_over_defaults() -> None:
    text = "ARG V=1\nARG W=$V\nFROM a:$V-$W\n"
    assert values(text, "dockerfile", variables={"V": "2"}) == ["a:2-2"]


def test_arguments_of_stages_do_not_change_global_ones() -> None:
    text = "ARG V=1\nFROM a:$V\nARG V=2\nARG W=3\nFROM b:$V-$W\n"
    assert values(text, "dockerfile") == ["a:1", "b:1-3"]


def test_a_stage_for_each_architecture_is_not_an_image() -> None:
    text = "FROM a AS base-amd64\nFROM b AS base-arm64\nFROM base-${TARGETARCH}\n"
    assert values(text, "dockerfile") == ["a", "b"]
    assert unresolved("FROM a AS base-amd64\nFROM $X\n", "dockerfile")


def test_variables_in_copy_are_unresolved_as_docker_replaces_none() -> None:
    ((text, reason),) = unresolved("ARG V=1\nFROM a\nCOPY --from=b:$V /x /x\n", "dockerfile")
    assert text == "b:$V"
    assert "docker replaces no variables here" in reason


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    assert lines("\ufeffFROM a:1 \\\r\n AS b\r\nFROM c\r\n", "dockerfile") == [(1, "a:1"), (3, "c")]


def test_an_argument_of_a_stage_has_no_value_in_from() -> None:
    text = "FROM a:1\nARG VER=9\nFROM z:${VER}\n"
    first, second = items(text, "dockerfile")
    assert isinstance(first, Image)
    assert isinstance(second, Image)
    assert (first.warning, second.value) == ("", "z:9")
    assert second.warning == "FROM has no variable VER: declare it before the first FROM"
    assert values("FROM a\nARG VER=9\nFROM z:${VER:-8}\n", "dockerfile") == ["a", "z:8"]
    (_, given) = items(text, "dockerfile", variables={"VER": "7"})
    assert isinstance(given, Image)
    assert (given.value, given.warning) == ("z:7", "")


@pytest.mark.parametrize(
    "line", ["#!/usr/bin/env x\n# syntax=b:1", "// syntax=b:1", "//SYNTAX = b:1"]
)
def test_the_syntax_image_may_be_written_in_other_ways(line: str) -> None:
    assert values(f"{line}\nFROM a\n", "dockerfile") == ["b:1", "a"]
