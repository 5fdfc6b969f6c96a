"""The shell blocks of README and docs/, for the tests that run them."""

import re
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
PAGES = [README, *sorted(README.parent.glob("docs/*.md"))]
_BLOCK = re.compile(r"```bash\n(.*?)```", re.DOTALL)


def script(page: str, part: str) -> str:
    """Return the only shell block that contains this text in a page of docs."""
    text = (README.parent / "docs" / f"{page}.md").read_text()
    (found,) = [block for block in _BLOCK.findall(text) if part in block]
    return str(found)
