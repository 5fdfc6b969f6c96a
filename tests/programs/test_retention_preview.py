"""`retention-preview` says of every tag what `retention` does."""

import random
from collections.abc import Iterator

import pytest

from support.cli import run
from support.programs import NOW, Record, failure, image, lines, summarize
from support.retention import index

SETTINGS = [(keep, days) for keep in (0, 1, 2, 5) for days in (0, 30, 400)]
DATES = [f"202{year}-0{month}-01T00:00:00Z" for year in (2, 3) for month in (1, 2, 3)]
DATES += ["2024-01-30T00:00:00Z", "2024-01-30T00:00:00.5Z", "1970-01-01T00:00:00Z", "odd"]


def repositories() -> Iterator[Record]:
    """Yield the records of many small repositories, in which tags need one another at random."""
    numbers = random.Random(16)
    for number in range(100):
        digests = [f"{number}-{each}" for each in range(6)]
        for at in range(numbers.randint(1, 8)):
            fields: Record = {"created": numbers.choice(DATES)}
            digest = numbers.choice(digests) if numbers.random() < 0.4 else f"{number}-own{at}"
            kind = numbers.random()
            if kind < 0.2:
                made = index(f"v{at}", digest, *numbers.sample(digests, 2), **fields)
                if numbers.random() < 0.3:
                    said = {"org.opencontainers.image.created": numbers.choice(DATES)}
                    made["index"]["annotations"] = said
            elif kind < 0.3:
                subject = {"digest": f"sha256:{numbers.choice(digests)}"}
                made = image(f"v{at}", digest, subject=subject, **fields)
            elif kind < 0.4:
                referrers = [{"subject": f"sha256:{digest}", "digest": f"sha256:{digests[0]}"}]
                made = image(f"v{at}", digest, referrers=referrers, **fields)
            elif kind < 0.45:
                made = image(f"v{at}", digest, createdFrom="label", created=DATES[0])
            elif kind < 0.47:
                made = image(f"v{at}", **fields) | {"digest": None}
            else:
                made = image(f"v{at}", digest, **fields)
            name = f"team/app{number}"
            yield made | {"repository": name, "ref": f"r.example/{name}:v{at}"}
        if numbers.random() < 0.05:
            yield failure(ref=f"r.example/team/app{number}:gone")


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return list(repositories())


@pytest.fixture(scope="module")
def previews(records: list[Record]) -> list[Record]:
    settings = ", ".join(f'{{"keep":{keep},"days":{days}}}' for keep, days in SETTINGS)
    found = summarize("retention-preview", records, *NOW, "--argjson", "settings", f"[{settings}]")
    return [line for line in found if "error" not in line]


@pytest.mark.parametrize(("keep", "days"), SETTINGS)
def test_each_setting_is_what_retention_lists(
    records: list[Record], previews: list[Record], keep: int, days: int
) -> None:
    arguments = ["--argjson", "keep", f"{keep}", "--argjson", "days", f"{days}"]
    listed = summarize("retention", records, *NOW, *arguments)
    expected = sorted(
        (line["ref"], line["deletable"], line["reason"], line.get("note", ""))
        for line in listed
        if "error" not in line
    )
    assert sorted(expanded(previews, keep, days)) == expected
    assert len({verdict for _, verdict, *_ in expected}) == 2


def expanded(previews: list[Record], keep: int, days: int) -> Iterator[tuple[str, bool, str, str]]:
    for repository in previews:
        (setting,) = (
            each for each in repository["settings"] if (each["keep"], each["days"]) == (keep, days)
        )
        for first, count, deletable, reason in setting["runs"]:
            for ref, _, _, number in repository["tags"][first : first + count]:
                note = repository["notes"][number - 1] if deletable and number else ""
                yield ref, deletable, reason, note


def test_a_tag_that_needs_no_other_one_is_in_a_run() -> None:
    records = [image(f"v{at}", created=f"2023-01-0{at}T00:00:00Z") for at in range(1, 9)]
    settings = '[{"keep":3,"days":30}]'
    (line,) = summarize("retention-preview", records, *NOW, "--argjson", "settings", settings)
    assert [run[:3] for run in line["settings"][0]["runs"]] == [[0, 5, True]]


def test_a_setting_has_the_defaults_of_retention() -> None:
    (found,) = summarize(
        "retention-preview", [image("v1")], "--argjson", "settings", '[{"keep":0}]'
    )
    assert [(each["keep"], each["days"]) for each in found["settings"]] == [(0, 30)]


@pytest.mark.parametrize("settings", ['[{"keep":1.5}]', "[5]", '[{"days":"x"}]', '[{"keep":null}]'])
def test_settings_that_are_none_are_an_error(settings: str) -> None:
    argv = ["summarize", "retention-preview", "--argjson", "settings", settings]
    result = run(argv, lines([image("v1")]))
    assert (result.code, result.out) == (5, b"")
    assert "settings is a list of keep, a whole number, and days" in result.err
