"""The README of the role lists the kinds of findings, all of them and no others."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
# By the function whose first argument is a kind.
SOURCES = {
    "_preflight/checks.py": "Finding",
    "_preflight/clock.py": "Finding",
    "_preflight/cluster.py": "Finding",
    "_preflight/host.py": "Finding",
    "_preflight/space.py": "Finding",
    "_preflight/versions.py": "Finding",
    "_members/identity.py": "_refuse",
}
NO_FINDINGS = {"_preflight/facts.py", "_preflight/__init__.py"}
SEVERITIES = ("ERROR", "WARNING", "NOTE")


def kinds_in(tree: ast.AST, function: str) -> set[str]:
    """First arguments of the function, and what stands before a severity in a tuple."""
    found = set()
    for node in ast.walk(tree):
        values: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            values = node.args if node.func.id == function else []
        elif isinstance(node, ast.Tuple) and len(node.elts) > 1:
            second = node.elts[1]
            is_severity = isinstance(second, ast.Name) and second.id in SEVERITIES
            values = node.elts if is_severity else []
        if values and isinstance(values[0], ast.Constant):
            found.add(str(values[0].value))
    return found


def test_every_kind_is_in_the_readme() -> None:
    folder = ROOT / "plugins" / "plugin_utils"
    kinds = set()
    names = {str(path.relative_to(folder)) for path in folder.glob("_preflight/*.py")}
    assert set(SOURCES) >= names - NO_FINDINGS
    for name, function in SOURCES.items():
        kinds |= kinds_in(ast.parse((folder / name).read_text(encoding="utf-8")), function)
    readme = ROOT / "roles" / "stemedb_preflight" / "README.md"
    listed = re.findall(r"^\| `(\w+)` \|", readme.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(kinds) > 45
    assert sorted(listed) == sorted(kinds)
