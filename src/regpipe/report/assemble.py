"""The page's parts, put together."""

from collections.abc import Iterator

from regpipe import __version__
from regpipe.report import packing, render
from regpipe.report.changes import Changes
from regpipe.report.data import details, index
from regpipe.report.lineage import Lineage
from regpipe.report.model import Inventory
from regpipe.report.platforms import Matrix
from regpipe.report.records import Records
from regpipe.report.results import Results
from regpipe.report.retention import Preview
from regpipe.report.sharing import Sharing
from regpipe.report.summary import Summary
from regpipe.report.table import Failures, Table
from regpipe.report.timeline import Timeline
from regpipe.report.totals import Totals


def page(records: Records, results: Results, now: float) -> Iterator[bytes]:
    """Yield the page.

    Args:
        records: what came in.
        results: the results of the programs for these records.
        now: the time that ages are computed for, in seconds since 1970.
    """
    inventory = Inventory(records.images, results.dates, results.attested)
    failures = Failures(records.errors, records.refused, results.failed, inventory.tags)
    totals = Totals(inventory, results.totals)
    summary = Summary(inventory, totals, failures.count)
    sharing = Sharing(inventory, results.sharing)
    timeline = Timeline(inventory, now)
    lineage = Lineage(inventory, results.lineage)
    preview = Preview(inventory, results.retention)
    context = {
        "version": __version__,
        "now": now,
        "sections": _sections(results),
        "inventory": inventory,
        "summary": summary,
        "timeline": timeline,
        "table": Table(inventory),
        "totals": totals,
        "sharing": sharing,
        "lineage": lineage,
        "preview": preview,
        "changes": Changes(inventory, results.changes or ()),
        "matrix": Matrix(inventory, summary.platforms),
        "failures": failures,
    }
    blocks: dict[str, packing.Block] = {
        "index": [index(inventory, timeline)],
        "sharing": sharing.data(),
        "layers": [layer.digest for layer in sharing.layers],
        "retention": preview.data(),
        "details": details(inventory, sharing, lineage),
    }
    return render.page(context, blocks)


def _sections(results: Results) -> list[tuple[str, str]]:
    """Return the sections with their names, in their order."""
    found = [
        ("timeline", "Timeline"),
        ("images", "Images"),
        ("sharing", "Layer sharing"),
        ("lineage", "Lineage"),
        ("platforms", "Platforms"),
        ("retention", "What could be deleted"),
        ("changes", "Changes"),
        ("errors", "Errors and warnings"),
    ]
    absent = {"changes"} if results.changes is None else set()
    return [section for section in found if section[0] not in absent]
