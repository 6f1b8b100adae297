"""Run the unit tests that need no Ansible, with a Python that has none.

The host that talks to the gateway may have an old Python and an old requests; what matters
there is the code below Ansible. A test belongs to it if nothing it imports, however far down,
imports ansible.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLLECTION = "ansible_collections.stemedb.cluster."


def imported(tree: ast.AST) -> set[str]:
    """All modules that a file imports, and `module.name` for each name it takes from one."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names.update([module, *(f"{module}.{alias.name}" for alias in node.names)])
    return names


def files_behind(name: str) -> list[Path]:
    """The files of this checkout that a module's name stands for."""
    relative = name[len(COLLECTION) :] if name.startswith(COLLECTION) else name
    path = ROOT.joinpath(*relative.split("."))
    return [file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()]


def needs_ansible(path: Path, seen: set[Path] | None = None) -> bool:
    seen = seen if seen is not None else set()
    if path in seen:
        return False
    seen.add(path)
    names = imported(ast.parse(path.read_text(encoding="utf-8")))
    if any(name.split(".")[0] == "ansible" for name in names):
        return True
    return any(needs_ansible(file, seen) for name in names for file in files_behind(name))


def ansible_free_tests() -> list[Path]:
    tests = sorted((ROOT / "tests" / "unit" / "plugins").rglob("test_*.py"))
    return [path for path in tests if not needs_ansible(path)]


def main() -> int:
    tests = [str(path.relative_to(ROOT)) for path in ansible_free_tests()]
    if not tests:
        sys.exit("no unit test found that needs no Ansible: look at tests/unit/plugins")
    command = [sys.executable, "-m", "pytest", *tests]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
