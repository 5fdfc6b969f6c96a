"""Images that are alike to the program `lineage`, which runs over one of each kind only.

What it says of the base of an image on which no other one is based depends on the layers below its
own and on what it declares. In a large registry most images are so, and have the same few bases.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from regpipe.report.kinds import subject_of_tag
from regpipe.report.reduction import Reducer


class Kinds:
    """The kinds of some images.

    Args:
        records: the images; of tags that only hold what refers to them nothing is said.
        reducer: what reduces them.

    Attributes:
        examples: one record of each kind, and all that others may be based on.
    """

    def __init__(self, records: Sequence[Mapping[str, Any]], reducer: Reducer) -> None:
        self.examples: list[Mapping[str, Any]] = []
        self._members: list[list[object]] = []
        known: dict[str, list[object]] = {}
        for record in records:
            if subject_of_tag(record.get("tag")):  # not in the program's output
                continue
            layers = reducer.layers_below(record)
            key = None if layers is None else json.dumps([layers, reducer.declarations(record)])
            members = known.get(key) if key is not None else None
            if members is None:
                members = []
                self.examples.append(record)
                self._members.append(members)
                if key is not None:
                    known[key] = members
            members.append(record.get("ref"))

    def of_all(self, results: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield for each image what was said of the example, by its own reference."""
        for line, members in zip(results, self._members, strict=True):
            for ref in members:
                yield {**line, "ref": ref}
