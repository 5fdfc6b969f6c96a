"""`openmetrics`: valid for two parsers, with the figures of `totals`."""

import pytest

from support.programs import Record, failure, image, summarize, text_of

HOSTILE = 'a"b\\c\nd{e="f"} 1\r\u2028\x7f'
RECORDS = [
    image("v1"),
    image("latest", "v1"),
    image("v2", created="2024-01-02T03:04:05Z"),
    image("v1", "other", host="s.example", created="1970-01-01T00:00:00Z"),
    image(HOSTILE, repository=HOSTILE, ref="r.example/hostile"),
    image(f"sha256-{64 * 'b'}.sig"),
    {"layers": [{"digest": "sha256:layer", "size": 10}], "schemaVersion": 2},
    failure(ref="r.example/team/app:v0", registry="https://r.example", repository="team/app"),
]
TAGS = ("--arg", "tags", "true")


def samples(records: list[Record], *argv: str) -> dict[tuple[str, str], float]:
    """Return the value of each sample without quotes in its labels, by name and the rest."""
    lines = [line for line in text_of("openmetrics", records, *argv) if not line.startswith("#")]
    found = [line.rpartition(" ") for line in lines]
    return {(name.partition("{")[0], name.partition("{")[2]): float(n) for name, _, n in found}


@pytest.mark.parametrize("argv", [(), TAGS])
def test_real_parsers_read_it(argv: tuple[str, ...]) -> None:
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    text_parser = pytest.importorskip("prometheus_client.parser")
    text = "\n".join(text_of("openmetrics", RECORDS, *argv)) + "\n"
    for module in (parser, text_parser):
        families = list(module.text_string_to_metric_families(text))
        assert {family.type for family in families} == {"gauge"}
        found = [sample for family in families for sample in family.samples]
        labels = [(sample.name, *sorted(sample.labels.items())) for sample in found]
        assert len(labels) == len(set(labels))
        assert HOSTILE in {
            sample.labels["repository"] for sample in found if "repository" in sample.labels
        }


def test_units_are_said_and_the_end_too() -> None:
    lines = text_of("openmetrics", RECORDS, *TAGS)
    units = [line.split()[2:] for line in lines if line.startswith("# UNIT")]
    assert {unit for _, unit in units} == {"bytes", "seconds"}
    assert all(name.endswith(f"_{unit}") for name, unit in units)
    assert lines[-1] == "# EOF"
    assert text_of("openmetrics", []) == ["# EOF"]


def test_the_figures_are_those_of_totals() -> None:
    (totals, *_) = summarize("totals", RECORDS[:3])
    found = samples(RECORDS[:3])
    labels = 'registry="r.example",repository="team/app"}'
    names = {
        "tags": "tags",
        "images": "images",
        "naive": "layers_bytes",
        "unique": "unique_layers_bytes",
    }
    for name, metric in names.items():
        assert found[f"regpipe_repository_{metric}", labels] == totals[name]
    newest = found["regpipe_repository_newest_image_timestamp_seconds", labels]
    assert newest == 1704164645


def test_failed_inputs_are_counted() -> None:
    found = samples(RECORDS)
    assert found["regpipe_failed_inputs", 'registry="r.example",repository="team/app"}'] == 1


def test_metrics_of_tags_are_there_if_asked_for() -> None:
    assert not any("tag=" in labels for _, labels in samples(RECORDS))
    found = samples(RECORDS[:3], *TAGS)
    assert sum(name == "regpipe_tag_info" for name, _ in found) == 3
