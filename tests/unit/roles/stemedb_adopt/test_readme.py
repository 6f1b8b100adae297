"""The README of the role lists the kinds of findings, all of them and no others."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
MAKERS = {"Finding": 0, "finding": 1}  # where the kind stands among the arguments


def kinds_in(tree: ast.AST) -> set[str]:
    """The kinds that are given to what makes findings."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            place = MAKERS.get(node.func.id)
            kind = node.args[place] if place is not None and len(node.args) > place else None
            if isinstance(kind, ast.Constant):
                found.add(str(kind.value))
    return found


def test_every_kind_is_in_the_readme() -> None:
    folder = ROOT / "plugins" / "plugin_utils" / "_adopt"
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in folder.glob("*.py")]
    kinds = set().union(*map(kinds_in, trees))
    readme = ROOT / "roles" / "stemedb_adopt" / "README.md"
    section = readme.read_text(encoding="utf-8").partition("## Kinds of findings")[2]
    listed = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert len(kinds) > 25
    assert sorted(listed) == sorted(kinds)
