"""`regpipe schema`: print the JSON Schema of a record or of a program's output."""

import json

from regpipe import stdio
from regpipe.errors import ExitCode, UsageError
from regpipe.manual import columns, narrow, other_tools, schemas
from regpipe.stage.parser import Help, Parser
from regpipe.stdio import Streams


def main(argv: list[str], streams: Streams) -> int:
    """Print a schema, or the names of all; return the exit code."""
    parser = Parser(
        "schema",
        Help(
            "Print the JSON Schema (2020-12) of a record, or of what a bundled program prints. "
            "Without a name: the names there are, each with what it describes.",
            examples=(
                "regpipe schema manifest",
                "regpipe schema summary | jq .properties",
                "regpipe schema --duckdb manifest",
            ),
            word="[NAME]",
        ),
        streams,
    )
    parser.arguments.add_argument(
        "name", nargs="?", metavar="NAME", help="a record or a bundled program"
    )
    parser.options.add_argument(
        "--duckdb", action="store_true", help="print columns for DuckDB's read_ndjson instead"
    )
    args = parser.parse_args(argv)
    if args.duckdb:
        if args.name is None:
            raise UsageError("--duckdb needs the name of a schema; list them with: regpipe schema")
        streams.stdout.write(_columns(args.name))
    else:
        streams.stdout.write(_listing(streams) if args.name is None else _schema(args.name))
    return ExitCode.OK


def _schema(name: str) -> bytes:
    """Return the text of a schema.

    Raises:
        UsageError: there is none of that name.
    """
    names = schemas.names()
    if name not in names:
        close = other_tools.closest(name, names)
        hint = f" (did you mean {close}?)" if close else ""
        raise UsageError(f"no schema is called {ascii(name)}{hint}; list them with: regpipe schema")
    return schemas.text(name)


def _columns(name: str) -> bytes:
    """Return the columns of a schema.

    Raises:
        UsageError: there is none of that name, or it has no columns.
    """
    _schema(name)
    try:
        return f"{columns.of(name)}\n".encode()
    except ValueError as error:
        raise UsageError(f"what {name} describes has no columns of its own") from error


def _listing(streams: Streams) -> bytes:
    """Return a line for each schema; on a terminal it is wrapped."""
    names = schemas.names()
    width = max(map(len, names))
    lines = []
    for name in names:
        sentence = json.loads(schemas.text(name))["description"].split(". ")[0]
        lines.append(f"{name:{width}}  {sentence.rstrip('.')}")
    if streams.stdout.isatty():
        indent, most = " " * (width + 2), stdio.columns(streams.stdout)
        lines = [part for line in lines for part in narrow.wrapped(line, most, indent)]
    return "".join(f"{line}\n" for line in lines).encode()
