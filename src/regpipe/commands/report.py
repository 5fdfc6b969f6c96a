"""`regpipe report`: make one HTML page of manifest records."""

import gc
import json
import time
from argparse import Namespace
from datetime import datetime, timezone
from typing import Any

from regpipe.errors import ExitCode, UsageError
from regpipe.jq.batch import Batch, ProgramError, reduced
from regpipe.report import assemble, kinds
from regpipe.report.alike import Kinds
from regpipe.report.records import Records
from regpipe.report.reduction import Reducer
from regpipe.report.results import SETTINGS, Results
from regpipe.stage.parser import Help, Parser
from regpipe.stdio import Streams
from regpipe.system import pipeline
from regpipe.text import printable

_HELP = Help(
    "Make one HTML page of manifest records: a timeline, a table of all tags, the layers they"
    " share, which image is based on which, the platforms, what could be deleted, and every error."
    " The page is one file and needs no network.",
    "files of manifest records (default: standard input)",
    (
        "regpipe report records.ndjson > registry.html",
        "regpipe tags my.registry/app | regpipe manifests | regpipe report > app.html",
    ),
    "exit codes: 0 success, 1 the page shows errors, 2 usage or malformed input",
    operand="FILE",
)


def main(argv: list[str], streams: Streams) -> int:
    """Make the page; return the exit code."""
    parser = Parser("report", _HELP, streams)
    parser.options.add_argument(
        "--before", metavar="FILE", help="show what changed since these earlier manifest records"
    )
    parser.options.add_argument(
        "--now", metavar="DATE", help="compute ages as of this time: 2024-01-31T00:00:00Z"
    )
    options = parser.parse_args(argv)
    pipeline.promise_quiet(streams.stderr)
    collecting = gc.isenabled()
    gc.disable()  # it would go through all records again and again, and find nothing
    try:
        return _run(options, streams)
    finally:
        if collecting:
            gc.enable()


def _run(options: Namespace, streams: Streams) -> int:
    now = time.time() if options.now is None else _instant(options.now)
    if streams.stdout.isatty():
        raise UsageError("the page is HTML: write it to a file: regpipe report > registry.html")
    if not options.inputs and streams.stdin.isatty():
        raise UsageError("no input: name a file, or pipe records in; see regpipe report --help")
    records = Records()
    for name in options.inputs or ["-"]:
        _read(records, name, streams)
    if options.before == "-" and "-" in (options.inputs or ["-"]):
        raise UsageError("the records and --before cannot both be standard input: name a file")
    before = Records() if options.before is not None else None
    if before is not None:
        _read(before, options.before, streams)
    refused = [message for read in (records, before) if read for message in _refused(read)]
    for message in refused:
        streams.stderr.write(f"regpipe report: {printable(message)}\n")
    results = _results(records, before, now)
    for piece in assemble.page(records, results, now):
        streams.stdout.write(piece)
    if refused:
        return ExitCode.USAGE
    return ExitCode.PARTIAL if records.errors or results.failed else ExitCode.OK


def _refused(records: Records) -> list[str]:
    """Return what is said of inputs that are not manifest records."""
    if records.earlier and not records.images:
        raise UsageError(f"report needs manifest records; {records.refused[0]}")
    return records.refused


def _read(records: Records, name: str, streams: Streams) -> None:
    """Add the records of a file, or of standard input for `-`."""
    if name == "-":
        records.read(streams.stdin)
        return
    try:
        with open(name, "rb") as file:  # noqa: PTH123 -- as a user wrote it
            records.read(file, name)
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}") from error


def _instant(text: str) -> float:
    try:
        moment = datetime.strptime(f"{text}+0000", "%Y-%m-%dT%H:%M:%SZ%z")
    except ValueError:
        raise UsageError("--now must be a date like 2024-01-31T00:00:00Z") from None
    return moment.timestamp()


def _results(records: Records, before: Records | None, now: float) -> Results:
    """Run the bundled programs over the records."""
    reducer = Reducer(records.images)
    alike = Kinds(records.images, reducer)
    batch = Batch(map(reducer.reduced, [*records.images, *records.errors]))
    examples = Batch(map(reducer.reduced, alike.examples))
    results = Results()

    def run(name: str, inputs: Batch = batch, then: str = ".", **arguments: object) -> list[Any]:
        try:
            return inputs.run(name, arguments, then)
        except ProgramError as error:
            results.failed.append(f"{error.message}")
            return []

    results.sharing = run("sharing")
    bases = run("lineage", examples, "{lineage, base: .base.refs, declared}")
    results.lineage = list(alike.of_all(bases)) if bases else []
    settings = [{"keep": keep, "days": days} for keep, days in SETTINGS]
    try:
        figures = batch.run_page({"settings": settings, "now": int(now)})
        results.totals = [line["totals"] for line in figures if "totals" in line]
        results.retention = [line["retention"] for line in figures if "retention" in line]
    except ProgramError:  # one of the two can do without the other
        moment = f"{datetime.fromtimestamp(now, timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
        results.totals = run("totals")
        told = run("retention-preview", settings=settings, now=moment)
        results.retention = [line for line in told if "error" not in line]
    results.dates = {
        ref: (seconds, undated)
        for line in results.retention
        for ref, seconds, undated, _ in line["tags"]
    }
    if not results.dates:
        told = run("dates", then="{ref, seconds, undated}")
        results.dates = {line["ref"]: (line["seconds"], line["undated"]) for line in told}
    nameless = [record for record in records.images if not record.get("ref")]
    told = run("dates", Batch(map(reducer.reduced, nameless))) if nameless else []
    for record, line in zip(nameless, told, strict=bool(told)):
        results.dates[id(record)] = line["seconds"], line.get("undated")
    concerned = kinds.may_be_attested(records.images)
    if concerned:
        results.attested = run("attested", Batch(reduced("attested", concerned)))
    if before is not None:
        earlier = [
            json.loads(reducer.reduced(record)) for record in [*before.images, *before.errors]
        ]
        results.changes = run("changes", before=earlier)
    return results
