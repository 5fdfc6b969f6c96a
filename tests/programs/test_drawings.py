"""Programs that draw: `mermaid`, `dot` and `tree` of lineage, and `timeline`."""

import re
import shutil
import subprocess
from xml.etree import ElementTree as ET

import pytest

from support.programs import Record, failure, image, text_of

HOSTILE = 'a"]\\N\\ --> <b>&lt;%%{init}%% #quot; `x` \x1b[31m\nend\u2028 é'


def of_layers(tag: str, *layers: str, digest: str = "", **fields: object) -> Record:
    config = {"rootfs": {"type": "layers", "diff_ids": list(layers)}}
    return image(tag, digest, config=config) | fields


def based_on(tag: str, name: str, digest: str = "", **fields: object) -> Record:
    base = "org.opencontainers.image.base"
    annotations = {f"{base}.name": name, **({f"{base}.digest": digest} if digest else {})}
    return of_layers(tag, tag, annotations=annotations) | fields


FAMILY = [
    of_layers("base", "a"),
    of_layers("alias", "a", digest="base"),
    of_layers("app", "a", "b"),
    of_layers("top", "a", "b", "c"),
    of_layers("alone", "z"),
    based_on("declared", "elsewhere/python:3"),
    based_on("by-digest", "moved", "sha256:app"),
    based_on("by-name", "r.example/team/app:base"),
    failure(ref="r.example/team/app:gone"),
]
TREE = """\
team/app:base, team/app:alias
├── team/app:app
│   ├── team/app:top
│   └── team/app:by-digest (declared)
└── team/app:by-name (declared)
team/app:alone
(elsewhere/python:3)
└── team/app:declared (declared)
r.example/team/app:gone: error: UNKNOWN: it failed"""


def test_a_tree_has_each_image_below_its_base() -> None:
    assert text_of("tree", FAMILY) == TREE.splitlines()


def test_what_only_refers_to_an_image_is_not_drawn() -> None:
    tag = "sha256-" + "a" * 64
    referrers = [of_layers(tag, "a", "b", "s"), based_on(f"{tag}.sig", "elsewhere/python:3")]
    for program in ("tree", "dot", "mermaid", "lineage"):
        assert text_of(program, [*FAMILY, *referrers]) == text_of(program, FAMILY)


def edges(lines: list[str]) -> set[tuple[str, str]]:
    """Return the first lines of the labels of each base and image."""
    text = "\n".join(lines)
    names = dict(re.findall(r'(n\d+)(?: \[label=|\(?\[+)"(.*?)(?:\\n|<br/>|")', text))
    found = re.findall(r"(n\d+) (?:->|-->|-\.->) (n\d+)", text)
    return {(names[base], names[made]) for base, made in found}


@pytest.mark.parametrize("program", ["mermaid", "dot"])
def test_a_graph_leads_from_each_base_to_its_images(program: str) -> None:
    lines = text_of(program, FAMILY)
    assert edges(lines) == {
        ("team/app:base", "team/app:app"),
        ("team/app:app", "team/app:top"),
        ("elsewhere/python:3", "team/app:declared"),
        ("team/app:app", "team/app:by-digest"),
        ("team/app:base", "team/app:by-name"),
    }
    assert not any("alone" in line for line in lines)
    assert any(line.endswith("not a base: 1") for line in lines)
    assert any("gone" in line and "UNKNOWN" in line for line in lines)


def hostile() -> list[Record]:
    ref = f"r.example/{HOSTILE}"
    return [
        of_layers(HOSTILE, "a", ref=ref),
        of_layers("app", "a", "b"),
        based_on("other", HOSTILE),
        failure(ref=ref),
    ]


def test_names_mean_nothing_to_mermaid() -> None:
    lines = text_of("mermaid", hostile())
    assert len(lines) == 8  # a header, four nodes, two edges, and what is not drawn
    labels = [line.partition('"')[2].rpartition('"')[0] for line in lines if '"' in line]
    for label in labels:
        assert re.fullmatch(r"(?:[\w .,/:@?-]|#\d+;|<br/>)*", label)


@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")
def test_graphviz_draws_hostile_names_as_they_are() -> None:
    text = "\n".join(text_of("dot", hostile()))
    svg = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, check=True, text=True)
    assert svg.stderr == ""
    texts = [
        each.text or "" for each in ET.fromstring(svg.stdout).iter() if each.tag.endswith("}text")
    ]
    shown = re.sub(r"[\x1b\n]", "?", HOSTILE)
    assert any(shown[:40] in each.replace("\xa0", " ") for each in texts)


@pytest.mark.parametrize("program", ["tree", "timeline", "mermaid", "dot"])
def test_nothing_is_for_the_terminal_to_obey(program: str) -> None:
    assert not any(re.search(r"[\x00-\x1f\x7f]", line) for line in text_of(program, hostile()))


def test_images_that_declare_each_other_as_base_are_shown_once() -> None:
    given = [based_on("a", "r.example/team/app:b"), based_on("b", "r.example/team/app:a")]
    assert sorted(line[:10] for line in text_of("tree", given)) == ["team/app:a", "team/app:b"]


def test_platforms_of_one_tag_are_one_node() -> None:
    def platform(tag: str, name: str, *layers: str) -> Record:
        system = {"os": "linux", "architecture": name}
        index = {"descriptor": {"digest": f"sha256:{tag}-{name}"}}
        layers = tuple(f"{name}-{layer}" for layer in layers)
        return of_layers(tag, *layers, platform=system, index=index)

    given = [
        platform(tag, name, *layers)
        for name in ("amd64", "arm64")
        for tag, layers in (("base", "a"), ("app", "ab"))
    ]
    assert text_of("tree", given) == ["team/app:base", "└── team/app:app"]


def test_a_timeline_has_a_bar_for_each_tag_by_date() -> None:
    given = [
        image("old", created="2020-01-01T00:00:00Z"),
        image("new", created="2015-01-01T00:00:00Z", built="2022-01-01T00:00:00Z"),
        image("middle", created="2021-01-01T00:00:00Z"),
        image("none", created="1970-01-01T00:00:00Z"),
        failure(ref="r.example/team/app:gone"),
        image(f"sha256-{64 * 'b'}.sig"),
    ]
    lines = text_of("timeline", given, "--arg", "width", "60")
    assert [line.split()[0].rpartition(":")[2] for line in lines[:4]] == [
        "new",
        "middle",
        "old",
        "none",
    ]
    assert len(lines) == 5
    at = [line.index("●") for line in lines[:3]]
    assert at[0] == 59
    assert at[1] == at[2] + (at[0] - at[2]) // 2
    assert lines[3].endswith("no date     placeholder")
    assert "it failed" in lines[4]


def test_a_timeline_shows_images_with_a_malformed_ref() -> None:
    (line,) = text_of("timeline", [image("v1") | {"ref": {}}])
    assert line.startswith("{} ")
