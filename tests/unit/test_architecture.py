"""The purity that the design stands on, and that the contracts of imports can fail.

Directions, and who may use what of outside, are contracts of import-linter in pyproject.toml.
"""

from __future__ import annotations

import ast
import functools
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from scripts.ansible_free_tests import files_behind, imported

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
OURS = "ansible_collections.stemedb.cluster.plugins"

# What asks, waits, writes or knows Ansible, by its place below module_utils or plugin_utils. All
# else of those two decides, and is pure.
IMPURE = (
    "_contract_check/probe",
    "_gateway/calls",
    "_gateway/certificates",
    "_gateway/client",
    "_gateway/hosts",
    "_gateway/http*",
    "_gateway/observers",
    "_gateway/reader",
    "_host/files",
    "_host/kernel",
    "_host/net",
    "_host/probe",
    "_host/proc*",
    "_host/service",
    "_host/units",
    "_inventory/hosts",
    "_json_file",
    "_lock/action",
    "_lock/file",
    "_module/*",
    "_page/send",
    "_plan/patch",
    "_plan/sources",
    "_plan/yaml_lines",
    "_wait/loop",
    "_wait/progress_file",
    "_action",
    "_filters",
    "_clock",
    "_plugin",
    "_run",
)
# What a pure file may import from the standard library: nothing that has a clock, chance, files,
# processes, threads or a network behind it.
PURE_LIBRARY = {
    "__future__",
    "collections",
    "dataclasses",
    "datetime",
    "difflib",
    "enum",
    "functools",
    "hashlib",
    "html",
    "ipaddress",
    "itertools",
    "json",
    "math",
    "re",
    "shlex",
    "textwrap",
    "tomllib",
    "typing",
    "unicodedata",
    "urllib.parse",
}
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "__import__", "compile"}
IMPURE_METHODS = {"now", "utcnow", "today"}
# What only the gateway's own dialect says; our results have other words for it.
DIALECT = ("/v1/", "range_id", "leader_id")
SPEAKS_IT = ("_gateway/decode", "_gateway/paths", "_gateway/spellings")
DOCUMENTS = ("DOCUMENTATION", "EXAMPLES", "RETURN")


@functools.cache
def place(path: Path) -> str:
    """A file's place below module_utils or plugin_utils, "" for one that is elsewhere."""
    for utils in ("module_utils", "plugin_utils"):
        if utils in path.parts:
            return "/".join(path.with_suffix("").parts[path.parts.index(utils) + 1 :])
    return ""


@functools.cache  # asked for each node of a file
def is_pure(path: Path) -> bool:
    return bool(place(path)) and not any(fnmatch(place(path), pattern) for pattern in IMPURE)


def documents(tree: ast.AST) -> set[int]:
    """The string constants that are documentation, by their object ids."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found.add(id(node.value))
        elif isinstance(node, ast.Assign):
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id in DOCUMENTS:
                found.add(id(node.value))
    return found


def import_problem(name: str) -> str:
    """What is wrong with one import of a pure file, if anything is."""
    if name == OURS or name.startswith(f"{OURS}."):
        impure = [file for file in files_behind(name) if file.stem != "__init__"]
        return "" if all(map(is_pure, impure)) else f"is pure and may not import {name}"
    if any(f"{name}.".startswith(f"{pure}.") for pure in PURE_LIBRARY):
        return ""
    return f"is pure and may not import {name}"


def node_problem(path: Path, node: ast.AST) -> str:
    """What is wrong with one call or one text."""
    pure = is_pure(path)
    if pure and isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return f"is pure and may not call {node.func.id}" if node.func.id in IMPURE_CALLS else ""
    if pure and isinstance(node, ast.Attribute) and node.attr in IMPURE_METHODS:
        return f"is pure and may not ask for {node.attr}"
    text = node.value if isinstance(node, ast.Constant) and place(path) not in SPEAKS_IT else None
    if isinstance(text, str) and any(word in text for word in DIALECT):
        return f"speaks the gateway's dialect, which only {', '.join(SPEAKS_IT)} know: {text!r}"
    return ""


def problems(path: Path) -> list[str]:
    """What a file under plugins does that it may not."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    spared = documents(tree)
    found = {import_problem(name) for name in imported(tree)} if is_pure(path) else set()
    found |= {node_problem(path, node) for node in ast.walk(tree) if id(node) not in spared}
    return [f"{path.name} {problem}" for problem in sorted(found - {""})]


def plugin_files() -> list[Path]:
    return sorted(path for path in PLUGINS.rglob("*.py") if path.name != "__init__.py")


def test_what_decides_is_pure_and_one_package_speaks_the_dialect() -> None:
    assert [problem for path in plugin_files() for problem in problems(path)] == []


def test_the_list_names_nothing_that_is_gone() -> None:
    places = [place(path) for path in plugin_files()]
    assert [p for p in IMPURE if not any(fnmatch(each, p) for each in places)] == []
    assert set(SPEAKS_IT) <= set(places)


def test_module_utils_holds_only_what_a_module_imports() -> None:
    """All else runs on the controller only, which makes plugin_utils its place."""
    needed: set[Path] = set()
    left = list((PLUGINS / "modules").glob("*.py"))
    while left:
        names = imported(ast.parse(left.pop().read_text(encoding="utf-8")))
        new = {file for name in names for file in files_behind(name)} - needed
        needed |= new
        left += new
    utils = {path for path in plugin_files() if "module_utils" in path.parts}
    assert sorted(utils - needed) == []


def test_nothing_that_is_delivered_knows_the_development_cluster() -> None:
    delivered = [
        path
        for folder in ("plugins", "roles", "playbooks")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    ]
    knowing = [
        str(path.relative_to(ROOT))
        for path in delivered
        if any(word in path.read_text(encoding="utf-8") for word in ("devcluster", "devnode"))
    ]
    assert knowing == []


PREDICATES = "module_utils/_cluster/predicates.py"
LOOP = "module_utils/_wait/loop.py"


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        (PREDICATES, f"from {OURS}.module_utils._wait.loop import wait", "may not import"),
        (PREDICATES, f"from {OURS}.module_utils._gateway import client", "_gateway.client"),
        (PREDICATES, "import time", "is pure and may not import time"),
        (PREDICATES, "datetime.now()", "is pure and may not ask for now"),
        (PREDICATES, "def f():\n    import os", "is pure and may not import os"),
        (PREDICATES, "open('x')", "is pure and may not call open"),
        (PREDICATES, "import urllib.request", "may not import urllib.request"),
        (PREDICATES, "import requests", "may not import requests"),
        ("plugin_utils/_new.py", "import time", "is pure and may not import time"),
        (LOOP, "x = 'http://g/v1/health'", "speaks the gateway's dialect"),
        ("modules/stemedb_x.py", "x = row['leader_id']", "speaks the gateway's dialect"),
    ],
)
def test_the_check_finds(tmp_path: Path, name: str, text: str, complaint: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    assert [problem for problem in problems(path) if complaint in problem]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            PREDICATES,
            f'"""Asks /v1/health."""\nimport json\nfrom {OURS}.module_utils import _errors',
        ),
        (LOOP, "import time"),
    ],
)
def test_the_check_lets_pass_what_is_right(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    assert problems(path) == []


# For each contract an import that breaks it.
WRONG = {
    "kinds": ("module_utils/_errors.py", f"{OURS}.plugin_utils._probes"),
    "shipped": ("modules/stemedb_sync.py", f"{OURS}.plugin_utils._probes"),
    "module_utils": ("module_utils/_impact/assess.py", f"{OURS}.module_utils._wait.readings"),
    "plugin_utils": ("plugin_utils/_heal/plan.py", f"{OURS}.plugin_utils._stop.verdict"),
    "circles": ("module_utils/_cluster/model.py", f"{OURS}.module_utils._cluster.names"),
    "nodes": ("module_utils/_host/net.py", f"{OURS}.module_utils._cluster.model"),
    "http": ("module_utils/_gateway/client.py", "requests"),
    "ansible": ("module_utils/_wait/loop.py", "ansible.errors"),
    "gateway": ("lookup/stemedb.py", f"{OURS}.module_utils._gateway.client"),
}


def test_each_contract_of_imports_sees_what_breaks_it(tmp_path: Path) -> None:
    pytest.importorskip("importlinter", reason="a linter: it is in .venv only")
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    names = dict(re.findall(r'\nid = "(\w+)"\nname = "(.*)"\n', text))
    assert list(names) == list(WRONG)
    copy = tmp_path / "ansible_collections" / "stemedb" / "cluster" / "plugins"
    shutil.copytree(PLUGINS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for name, module in WRONG.values():
        with (copy / name).open("a", encoding="utf-8") as file:
            file.write(f"\nimport {module}\n")
    found = subprocess.run(
        [sys.executable, "-m", "scripts.imports", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    told = " ".join(found.stdout.split())
    assert [each for each, name in names.items() if f"{name} BROKEN" not in told] == []
    assert found.returncode == 1
