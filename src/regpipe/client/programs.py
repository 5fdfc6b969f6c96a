"""Bundled programs over records in Python."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from regpipe.errors import UsageError
from regpipe.jq import library
from regpipe.jq.batch import Batch


def summarize(
    records: Iterable[Mapping[str, Any]], program: str = "summary", **parameters: object
) -> list[Any]:
    """Return what a bundled program makes of records, as `regpipe summarize` prints it.

    Args:
        records: such as those of `Client.manifests`.
        program: its name; `regpipe summarize --list` lists them.
        parameters: values of its parameters, such as `n=3`.

    Returns:
        Its results: records, or lines of text for programs such as `table`.

    Raises:
        UsageError: there is no bundled program of that name.
        ProgramError: the program failed on the records.
    """
    if not library.is_bundled(program):
        raise UsageError(f"no bundled program is called {ascii(program)}")
    texts = (json.dumps(record).encode() for record in records)
    return Batch(texts).run(program, parameters)
