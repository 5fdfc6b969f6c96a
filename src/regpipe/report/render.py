"""The page, from the templates in page/."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from regpipe.report import packing, shown, units
from regpipe.report.model import short

_PAGE = Path(__file__).parent / "page"
_SCRIPTS = ("text", "data", "table", "drawer", "timeline", "sharing", "retention", "main")
"""The parts of the script in page/script/, in the order of their use."""
_FIRST = 'document.documentElement.className = "js";'
"""Run before anything is shown: what is opened and closed by script is closed from the start."""


def page(context: Mapping[str, object], blocks: Mapping[str, packing.Block]) -> Iterator[bytes]:
    """Yield the page in pieces.

    Args:
        context: what the templates print.
        blocks: the data for the script, by name.
    """
    style = (_PAGE / "style.css").read_text(encoding="utf-8") + _widths()
    parts = [(_PAGE / "script" / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS]
    script = '"use strict";\n{\n' + "".join(parts) + "}\n"
    environment = Environment(
        loader=FileSystemLoader(_PAGE),
        autoescape=True,
        finalize=shown.markup,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "attr": shown.plain,
        "bytes": units.human_bytes,
        "date": units.date,
        "iso": units.iso,
        "lines": shown.lines,
        "number": lambda number: f"{number:,}",
        "short": short,
    }
    environment.globals |= {"age": units.age, "count": units.count}
    made = environment.get_template("page.html").generate(
        context,
        policy=_policy(scripts=[_FIRST, script], style=style),
        style=Markup(style),  # noqa: S704 -- the page's own
        script=Markup(script),  # noqa: S704
        first_script=Markup(_FIRST),  # noqa: S704
        blocks={name: Markup(packing.packed(block)) for name, block in blocks.items()},  # noqa: S704
    )
    buffer: list[str] = []
    for piece in made:
        buffer.append(piece)
        if len(buffer) > 10_000:
            yield "".join(buffer).encode()
            buffer.clear()
    yield "".join(buffer).encode()


def _widths() -> str:
    """Return the classes of bars; a `style` attribute would need a weaker policy."""
    return "".join(f".w{width}{{--w:{width}}}" for width in range(1, 101)) + "\n"


def _policy(*, scripts: list[str], style: str) -> str:
    """Return the Content-Security-Policy: nothing but the page's own parts, no requests."""
    sources = " ".join(_hash(script) for script in scripts)
    return (
        f"default-src 'none'; script-src {sources}; style-src {_hash(style)}; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
