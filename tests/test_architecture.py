"""docs/architecture.md lists every package, and everything it lists exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src/regpipe"
MAP = (ROOT / "docs/architecture.md").read_text()


def test_every_package_and_top_level_module_is_on_the_map() -> None:
    packages = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    modules = {path.name for path in PACKAGE.glob("*.py")} - {"__init__.py"}
    assert packages | modules <= set(re.findall(r"^\| `([^`]+)` \|", MAP, re.MULTILINE))


def test_what_is_on_the_map_exists() -> None:
    named = re.findall(r"`([a-z_0-9]+/[a-z_0-9/.]*|[a-z_]+\.py)`", MAP)
    assert named
    missing = [
        name for name in named if not (PACKAGE / name).exists() and not (ROOT / name).exists()
    ]
    assert missing == []
