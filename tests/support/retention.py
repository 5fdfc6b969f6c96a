"""Records as inputs of `retention`, and its lines by their tags."""

from typing import Any

from support.programs import NOW, Record, image, summarize

OLD, NEW = "2020-01-01T00:00:00Z", "2024-01-30T00:00:00Z"
KEEP_NONE = ("--argjson", "keep", "0")


def retention(records: list[Record], *argv: str) -> dict[str, Record]:
    """Return the lines of what could be deleted, if nothing is kept for its rank, by their tags."""
    found = summarize("retention", records, *NOW, *(argv if "keep" in argv else KEEP_NONE), *argv)
    return {line["tag"]: line for line in found}


def deletable(records: list[Record], *argv: str) -> list[str]:
    """Return the tags that could be deleted."""
    return [tag for tag, line in retention(records, *argv).items() if line["deletable"]]


def index(tag: str, digest: str, *held: str, **fields: Any) -> Record:
    """Make the record of an index with these digests in it."""
    manifests = [f"sha256:{name}" for name in held]
    found = {"platforms": ["linux/amd64", "linux/arm64"], "manifests": manifests}
    return image(tag, digest, index={**found, "descriptor": {"digest": manifests[0]}}, **fields)
