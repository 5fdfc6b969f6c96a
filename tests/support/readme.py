"""The shell blocks of README and docs/, for the tests that run them."""

import re
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
_BLOCK = re.compile(r"```bash\n(.*?)```", re.DOTALL)


def script(part: str, page: Path = README) -> str:
    """Return the only shell block of a page that contains this text."""
    (found,) = [block for block in _BLOCK.findall(page.read_text()) if part in block]
    return str(found)
