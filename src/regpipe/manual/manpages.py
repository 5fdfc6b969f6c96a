"""The man pages: regpipe(1), a page a verb, regpipe-programs(7) and a page for each topic."""

from collections.abc import Callable, Iterable, Mapping

from regpipe.manual import helptext, topics
from regpipe.manual.helptext import Entry
from regpipe.manual.markdown import Block, Heading
from regpipe.manual.roff import Man


def pages(
    release: tuple[str, str],
    verbs: Mapping[str, str],
    help_of: Callable[[str], str],
    programs: Iterable[Entry],
) -> dict[str, str]:
    """Return the sources of all pages by their file names.

    Args:
        release: the version of regpipe and its date, `2026-11-26`.
        verbs: the verbs with their summaries.
        help_of: returns the text of a verb's help.
        programs: the bundled programs.
    """
    seen = _see_also(verbs)
    found = {"regpipe.1": _main(release, verbs, seen)}
    for verb, summary in verbs.items():
        page = Man(f"regpipe-{verb}", 1, release, summary)
        page.help_text(helptext.parse(help_of(verb)))
        page.see_also("regpipe(1)", "regpipe-exit-codes(7)", "regpipe-environment(7)")
        found[f"regpipe-{verb}.1"] = page.source()
    for topic in topics.names():
        blocks = topics.page(topic) or []
        page = Man(f"regpipe-{topic}", 7, release, topics.title(blocks))
        page.blocks(_under_headings(blocks))
        if topic == "programs":
            page.heading("BUNDLED PROGRAMS")
            for program in programs:
                page.entry(program)
        page.see_also("regpipe(1)")
        found[f"regpipe-{topic}.7"] = page.source()
    return found


def _main(release: tuple[str, str], verbs: Mapping[str, str], seen: list[str]) -> str:
    page = Man("regpipe", 1, release, "lists what is in Docker and OCI registries")
    page.heading("SYNOPSIS")
    page.paragraph("`regpipe VERB [OPTION…] [INPUT…]`")
    page.heading("DESCRIPTION")
    page.paragraph(
        "Composable filters for Docker and OCI registries, with newline-delimited JSON in and out."
    )
    page.heading("VERBS")
    for verb, summary in verbs.items():
        page.entry(Entry(f"regpipe {verb}", summary))
    page.heading("OPTIONS")
    page.entry(Entry("-h, --help", "show the list of verbs"))
    page.entry(Entry("-V, --version", "show the versions of regpipe, jq and Python"))
    page.heading("EXIT STATUS")
    page.paragraph("See regpipe-exit-codes(7).")
    page.heading("ENVIRONMENT")
    page.paragraph("See regpipe-environment(7).")
    page.heading("FILES")
    page.entry(Entry("$XDG_CONFIG_HOME/regpipe/config.toml", "settings"))
    page.entry(Entry("$XDG_CONFIG_HOME/regpipe/filters/", "programs of your own"))
    page.entry(Entry("$XDG_CACHE_HOME/regpipe/", "the cache"))
    page.heading("EXAMPLES")
    page.code(("regpipe tags my.registry/team/app | regpipe manifests | regpipe summarize",))
    page.see_also(*seen)
    return page.source()


def _see_also(verbs: Iterable[str]) -> list[str]:
    pages = [f"regpipe-{verb}(1)" for verb in verbs]
    return [*pages, *(f"regpipe-{topic}(7)" for topic in topics.names())]


def _under_headings(blocks: list[Block]) -> list[Block]:
    """Return the blocks of a topic; what stands before the first section is its description."""
    rest = blocks[1:] if blocks and isinstance(blocks[0], Heading) else blocks
    if rest and isinstance(rest[0], Heading):
        return rest
    return [Heading(2, "Description"), *rest]
