"""The import directions and the purity that the design stands on, as a table and its check."""

from __future__ import annotations

import ast
import graphlib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from scripts.ansible_free_tests import files_behind, imported

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
UTILS = "ansible_collections.stemedb.cluster.plugins.module_utils"
# What runs on the controller only.
PLUGIN_UTILS = "ansible_collections.stemedb.cluster.plugins.plugin_utils"

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
    "ipaddress",
    "itertools",
    "json",
    "math",
    "re",
    "shlex",
    "textwrap",
    "tomllib",
    "typing",
    "urllib.parse",
}
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "__import__", "compile"}
IMPURE_METHODS = {"now", "utcnow", "today"}
# Other than these, files get by with the standard library.
LIBRARIES = {"requests": "_gateway/http", "urllib3": "_gateway/http"}
# What only the gateway's own dialect says; our results have other words for it.
DIALECT = ("/v1/", "range_id", "leader_id")
DOCUMENTS = ("DOCUMENTATION", "EXAMPLES", "RETURN")


class Layer(NamedTuple):
    """Which files of the utils a file may import, and what else it may do."""

    imports: str = ""
    pure: bool = False
    ansible: bool = False


MODEL = "_errors _cluster/model _cluster/names"
WORDS = f"{MODEL} _cluster/predicates"
WAITING = f"{WORDS} _wait/readings _wait/replicated _wait/conditions _wait/history"
JUDGING = f"{WORDS} _cluster/addresses _preflight/cluster _preflight/facts"
SHOWING = "_errors _present/results _present/overview _wait/progress _wait/progress_file"
ASKING = (
    f"{MODEL} _gateway/http_errors _gateway/decode _gateway/http _gateway/client "
    "_gateway/hosts _gateway/observers _gateway/reader"
)

# Turned round against the design's drawing: what stands lower comes first, a file sees only what
# is above it here. A file is named by its place below module_utils or plugin_utils.
LAYERS = {
    # Facts and words about them.
    "_errors": Layer(pure=True),
    "_times": Layer(pure=True),
    "_typed": Layer(pure=True),
    "_lock/record": Layer("_errors _times", pure=True),
    "_cluster/model": Layer("_errors", pure=True),
    "_cluster/names": Layer("_errors _cluster/model", pure=True),
    "_cluster/addresses": Layer(MODEL, pure=True),
    "_cluster/predicates": Layer(MODEL, pure=True),
    # What decides.
    "_wait/readings": Layer(WORDS, pure=True),
    "_wait/replicated": Layer(f"{WORDS} _wait/readings", pure=True),
    "_wait/conditions": Layer(f"{WORDS} _wait/readings _wait/replicated", pure=True),
    "_wait/history": Layer(f"{WORDS} _times _wait/readings", pure=True),
    "_impact/evidence": Layer(f"{WORDS} _wait/readings _wait/replicated", pure=True),
    "_impact/assess": Layer(f"{WORDS} _wait/readings _wait/replicated _impact/evidence", pure=True),
    "_operation/goals": Layer(WORDS, pure=True),
    "_host/command_line": Layer(pure=True),
    "_host/log_lines": Layer(pure=True),
    "_host/toml": Layer(pure=True),
    "_host/meaning": Layer("_host/toml", pure=True),
    "_host/secrets": Layer(pure=True),
    "_probes": Layer(pure=True),
    "_node/service": Layer("_errors _host/command_line _probes _times", pure=True),
    "_node/drift": Layer("_host/command_line _host/secrets _probes _host/meaning", pure=True),
    "_members/identity": Layer(f"{MODEL} _cluster/addresses _probes", pure=True),
    "_blockers": Layer(pure=True),
    "_members/declared": Layer("_cluster/model _cluster/names _typed", pure=True),
    "_members/targets": Layer(
        f"{MODEL} _cluster/addresses _members/declared _members/identity", pure=True
    ),
    "_members/seeds": Layer(f"{MODEL} _cluster/addresses _blockers _members/declared", pure=True),
    "_remove_node/plan": Layer(
        f"{MODEL} _cluster/addresses _blockers _members/declared _members/seeds _members/targets",
        pure=True,
    ),
    "_heal/plan": Layer(f"{MODEL} _members/declared _lock/record", pure=True),
    "_preflight/cluster": Layer(WORDS, pure=True),
    "_replace_node/substitute": Layer(
        f"{MODEL} _cluster/addresses _blockers _members/declared", pure=True
    ),
    "_replace_node/plan": Layer(
        f"{MODEL} _cluster/addresses _blockers _members/declared _preflight/cluster "
        "_members/seeds _replace_node/substitute _members/targets",
        pure=True,
    ),
    # What asks.
    "_gateway/decode": Layer(MODEL, pure=True),
    "_gateway/http_errors": Layer("_errors"),
    "_gateway/http": Layer("_errors _gateway/decode _gateway/http_errors"),
    "_gateway/client": Layer(f"{MODEL} _gateway/decode _gateway/http _gateway/http_errors"),
    "_gateway/hosts": Layer(MODEL),
    "_gateway/observers": Layer(f"{MODEL} _gateway/client _gateway/hosts"),
    "_gateway/reader": Layer(f"{MODEL} _gateway/client"),
    "_gateway/calls": Layer(f"{MODEL} _gateway/client _gateway/reader"),
    "_preflight/facts": Layer(f"{MODEL} _cluster/addresses _typed", pure=True),
    "_preflight/host": Layer(f"{JUDGING} _members/identity _probes", pure=True),
    "_preflight/space": Layer(JUDGING, pure=True),
    "_preflight/clock": Layer(JUDGING, pure=True),
    "_preflight/versions": Layer(f"{JUDGING} _probes", pure=True),
    "_preflight/checks": Layer(
        f"{JUDGING} _gateway/decode _probes _preflight/host _preflight/space _preflight/clock "
        "_preflight/versions",
        pure=True,
    ),
    # What describes a cluster that others have set up.
    "_adopt/yaml_text": Layer(pure=True),
    "_adopt/find": Layer("_host/command_line _preflight/cluster _probes", pure=True),
    "_adopt/facts": Layer("_adopt/find _preflight/cluster", pure=True),
    "_adopt/ports": Layer("_cluster/addresses", pure=True),
    "_adopt/service": Layer("_adopt/facts _adopt/find _preflight/cluster _host/secrets", pure=True),
    "_adopt/host": Layer(
        "_errors _cluster/addresses _host/command_line _members/identity _preflight/cluster "
        "_host/secrets _adopt/facts _adopt/find _adopt/ports _adopt/service",
        pure=True,
    ),
    "_adopt/cluster": Layer("_preflight/cluster", pure=True),
    "_adopt/inventory": Layer(
        "_host/secrets _adopt/yaml_text _adopt/facts _adopt/cluster", pure=True
    ),
    "_adopt/report": Layer("_host/secrets _adopt/cluster", pure=True),
    # What compares a gateway with the contract.
    "_contract_check/dialect": Layer("_errors _cluster/model _gateway/decode", pure=True),
    "_contract_check/abilities": Layer(WORDS, pure=True),
    "_contract_check/asking": Layer("_errors _cluster/model _gateway/decode", pure=True),
    "_contract_check/check": Layer(
        "_gateway/decode _contract_check/dialect _contract_check/abilities _contract_check/asking",
        pure=True,
    ),
    "_contract_check/report": Layer(pure=True),
    "_masking/sanitise": Layer("_cluster/model _gateway/decode", pure=True),
    "_contract_check/capture": Layer(
        "_contract_check/asking _contract_check/check _masking/sanitise", pure=True
    ),
    "_contract_check/probe": Layer(
        "_errors _gateway/decode _gateway/http_errors _gateway/http _gateway/client "
        "_contract_check/asking _contract_check/check _masking/sanitise"
    ),
    "_json_file": Layer("_errors"),
    "_masking/redact": Layer("_masking/sanitise", pure=True),
    "_debug_export/bounds": Layer(pure=True),
    # What waits and what shows.
    "_wait/loop": Layer(WAITING),
    "_wait/stages": Layer(f"{WAITING} _wait/loop"),
    "_present/results": Layer(WORDS, pure=True),
    "_debug_export/document": Layer(
        f"{WORDS} _wait/readings _wait/replicated _wait/conditions _present/results", pure=True
    ),
    "_present/tables": Layer(MODEL, pure=True),
    "_present/overview": Layer(
        "_cluster/model _cluster/predicates _present/tables _present/results", pure=True
    ),
    "_diagnose/reach": Layer(pure=True),
    "_stop/verdict": Layer(pure=True),
    "_diagnose/hosts": Layer(
        "_cluster/addresses _members/declared _cluster/names _masking/redact _present/tables "
        "_diagnose/reach",
        pure=True,
    ),
    "_diagnose/failure": Layer(
        f"{WORDS} _present/tables _operation/goals _diagnose/reach _diagnose/hosts", pure=True
    ),
    "_remove_node/advice": Layer("_cluster/model _present/tables", pure=True),
    "_rolling_restart/plan": Layer(
        "_lock/record _cluster/model _cluster/addresses _blockers _members/declared "
        "_present/tables _times",
        pure=True,
    ),
    "_rolling_restart/report": Layer("_times", pure=True),
    "_replace_node/advice": Layer(
        "_members/declared _present/tables _remove_node/advice", pure=True
    ),
    "_diagnose/health": Layer(f"{WORDS} _present/tables _diagnose/failure", pure=True),
    "_wait/progress": Layer(f"{WAITING} _present/tables _wait/loop"),
    "_wait/progress_file": Layer("_errors"),
    # Runs on nodes, where there is nothing but Python.
    "_host/proc": Layer(),
    "_host/files": Layer("_host/secrets _host/toml _host/meaning"),
    "_host/kernel": Layer(),
    "_host/net": Layer("_cluster/addresses"),
    "_host/service": Layer("_host/command_line _host/log_lines _host/proc"),
    "_host/processes": Layer(
        "_host/command_line _host/secrets _host/proc _host/files _host/service"
    ),
    "_host/units": Layer("_host/command_line _host/secrets _host/processes _host/service"),
    "_host/probe": Layer(
        "_host/files _host/kernel _host/net _host/processes _host/service _host/units"
    ),
    # The lock: its file on a lock host, and what the files come to together.
    "_lock/file": Layer("_errors _json_file _host/proc _lock/record"),
    "_lock/majority": Layer("_times _typed _lock/record", pure=True),
    "_lock/report": Layer("_times _lock/record _lock/majority", pure=True),
    "_run": Layer("_host/proc"),
    # What knows Ansible.
    "_module/options": Layer(
        "_errors _cluster/model _gateway/decode _gateway/client", ansible=True
    ),
    "_action": Layer("_typed", ansible=True),
    "_lock/action": Layer("_run _action", ansible=True),
    "_filters": Layer("_errors", ansible=True),
    "_plugin": Layer(f"{ASKING} _module/options", ansible=True),
    "_module/reader": Layer(
        f"{MODEL} _gateway/client _gateway/reader _module/options", ansible=True
    ),
    "_module/decider": Layer(
        f"{WAITING} {ASKING} _wait/loop _present/results _module/options _module/reader",
        ansible=True,
    ),
    # Kinds of plugins, by their folder: they see the frame and what shows results.
    "modules": Layer(
        f"{SHOWING} _module/reader _module/decider _module/options _gateway/decode "
        "_wait/readings _wait/conditions _wait/loop _wait/stages",
        ansible=True,
    ),
    "modules/stemedb_cluster_info": Layer(
        "_module/decider _gateway/hosts _cluster/model _present/overview _present/results",
        ansible=True,
    ),
    "modules/stemedb_impact_info": Layer(
        "_errors _module/decider _present/results _wait/readings _impact/evidence _impact/assess",
        ansible=True,
    ),
    "modules/stemedb_contract_check": Layer(
        "_contract_check/capture _contract_check/probe _contract_check/report _module/reader "
        "_json_file _module/options",
        ansible=True,
    ),
    "action": Layer(
        "_action _errors _module/options _plugin _wait/progress_file _lock/action "
        "_debug_export/bounds _json_file _masking/redact _typed",
        ansible=True,
    ),
    "lookup": Layer(
        "_errors _cluster/model _plugin _module/options _present/results", ansible=True
    ),
    "inventory": Layer(
        "_errors _cluster/model _plugin _module/options _present/results", ansible=True
    ),
    "callback": Layer(ansible=True),
    "filter": Layer(
        "_filters _errors _present/tables _cluster/addresses _members/identity "
        "_operation/goals _preflight/checks _preflight/cluster _preflight/facts "
        "_node/service _diagnose/failure _diagnose/health _lock/majority _lock/report "
        "_heal/plan _diagnose/hosts _stop/verdict _node/drift _adopt/facts _adopt/find "
        "_adopt/host _adopt/cluster _adopt/inventory _adopt/report _members/declared "
        "_members/targets _remove_node/plan _remove_node/advice _replace_node/plan "
        "_replace_node/advice _members/seeds _replace_node/substitute _rolling_restart/plan "
        "_rolling_restart/report _typed",
        ansible=True,
    ),
    "doc_fragments": Layer(),
    "modules/stemedb_data_mark": Layer("_host/files", ansible=True),
    "modules/stemedb_set_aside": Layer("_host/files", ansible=True),
    "modules/stemedb_debug_export": Layer(
        "_errors _gateway/decode _wait/conditions _times _masking/redact _debug_export/bounds "
        "_debug_export/document _module/decider _present/overview",
        ansible=True,
    ),
    "modules/stemedb_planned_call": Layer(
        "_gateway/calls _module/reader _module/options", ansible=True
    ),
    "modules/stemedb_sync": Layer("_gateway/calls _module/reader _module/options", ansible=True),
    "modules/stemedb_operation_lock": Layer("_errors _lock/record _lock/file", ansible=True),
    "modules/stemedb_lock_info": Layer("_errors _lock/record _lock/file", ansible=True),
    "modules/stemedb_host_info": Layer("_host/probe", ansible=True),
}
# From these, files are imported, by `from package import file`.
PACKAGES = {name.partition("/")[0] for name in LAYERS if name.startswith("_") and "/" in name}


def layer_name(path: Path) -> str:
    for utils in ("module_utils", "plugin_utils"):
        if utils in path.parts:
            return "/".join(path.with_suffix("").parts[path.parts.index(utils) + 1 :])
    special = f"{path.parent.name}/{path.stem}"
    return special if special in LAYERS else path.parent.name


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


def import_problem(layer: str, allowed: Layer, name: str) -> str:
    """What is wrong with one import, if anything is."""
    root = name.partition(".")[0]
    if name.startswith("."):
        return "imports relatively: write the full name"
    for utils in (UTILS, PLUGIN_UTILS):
        if name.startswith(f"{utils}."):
            package, *inside = name[len(utils) + 1 :].split(".")
            other = f"{package}/{inside[0]}" if package in PACKAGES and inside else package
            fine = other in PACKAGES or other in allowed.imports.split()
            return "" if fine else f"may not import {other}"
    if name in (UTILS, PLUGIN_UTILS):
        return ""
    if root == "ansible":
        return "" if allowed.ansible else "may not import ansible"
    if LIBRARIES.get(root, layer) != layer:
        return f"may not import {root}, only {LIBRARIES[root]} does"
    if allowed.pure and not any(f"{name}.".startswith(f"{pure}.") for pure in PURE_LIBRARY):
        return f"is pure and may not import {name}"
    return ""


def node_problem(layer: str, allowed: Layer, node: ast.AST) -> str:
    """What is wrong with one call or one text."""
    if allowed.pure and isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return f"is pure and may not call {node.func.id}" if node.func.id in IMPURE_CALLS else ""
    if allowed.pure and isinstance(node, ast.Attribute) and node.attr in IMPURE_METHODS:
        return f"is pure and may not ask for {node.attr}"
    text = node.value if isinstance(node, ast.Constant) and layer != "_gateway/decode" else None
    if isinstance(text, str) and any(word in text for word in DIALECT):
        return f"speaks the gateway's dialect, which only _gateway/decode knows: {text!r}"
    return ""


def problems(path: Path) -> list[str]:
    """What a file under plugins does that its layer may not."""
    layer = layer_name(path)
    if layer not in LAYERS:
        return [f"{path.name}: not in LAYERS of {Path(__file__).name}: add it to the table"]
    allowed = LAYERS[layer]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    spared = documents(tree)
    found = {import_problem(layer, allowed, name) for name in imported(tree)}
    found |= {
        node_problem(layer, allowed, node) for node in ast.walk(tree) if id(node) not in spared
    }
    return [f"{path.name} {problem}" for problem in sorted(found - {""})]


def plugin_files() -> list[Path]:
    return sorted(path for path in PLUGINS.rglob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize("path", plugin_files(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_file_keeps_to_its_layer(path: Path) -> None:
    assert problems(path) == []


def test_the_table_names_no_file_that_is_gone() -> None:
    there = {layer_name(path) for path in plugin_files()}
    gone = [name for name in LAYERS if name.startswith("_") and name not in there]
    assert gone == []


def test_the_table_points_down_only() -> None:
    order = list(LAYERS)
    wrong = [
        f"{name} -> {other}"
        for name, layer in LAYERS.items()
        for other in layer.imports.split()
        if other not in order or order.index(other) >= order.index(name)
    ]
    assert wrong == []


def test_what_is_pure_stands_on_what_is_pure() -> None:
    wrong = [
        f"{name} -> {other}"
        for name, layer in LAYERS.items()
        if layer.pure
        for other in layer.imports.split()
        if not LAYERS[other].pure
    ]
    assert wrong == []


def imports_of(path: Path) -> set[Path]:
    """The files of the collection that a file imports."""
    names = imported(ast.parse(path.read_text(encoding="utf-8")))
    return {file for name in names for file in files_behind(name) if file.name != "__init__.py"} - {
        path
    }


def test_what_modules_import_is_in_module_utils_and_nothing_else_is() -> None:
    """All else runs on the controller only, which makes plugin_utils its place."""
    needed: set[Path] = set()
    left = list((PLUGINS / "modules").glob("*.py"))
    while left:
        new = imports_of(left.pop()) - needed
        needed |= new
        left += new
    utils = {path for path in plugin_files() if "module_utils" in path.parts}
    assert sorted(needed - utils) == [], "a module imports it"
    assert sorted(utils - needed) == [], "no module imports it"


def test_packages_import_each_other_in_one_direction() -> None:
    packages: dict[Path, set[Path]] = {}
    for path in plugin_files():
        own = path.parent if path.parent.name.startswith("_") else path
        for other in imports_of(path):
            theirs = other.parent if other.parent.name.startswith("_") else other
            if theirs != own:
                packages.setdefault(own, set()).add(theirs)
    graphlib.TopologicalSorter(packages).prepare()  # raises CycleError


def test_a_name_in_the_table_means_one_file() -> None:
    utils = [
        path for path in plugin_files() if path.relative_to(PLUGINS).parts[0].endswith("utils")
    ]
    assert [name for name, count in Counter(map(layer_name, utils)).items() if count > 1] == []


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


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        (PREDICATES, f"from {UTILS}._wait.loop import wait", "may not import _wait/loop"),
        (PREDICATES, f"from {UTILS}._gateway import client", "may not import _gateway/client"),
        (PREDICATES, f"from {UTILS} import _new", "may not import _new"),
        (PREDICATES, f"from {PLUGIN_UTILS}._heal import plan", "may not import _heal/plan"),
        (PREDICATES, "from .model import Node", "imports relatively"),
        (PREDICATES, "import time", "is pure and may not import time"),
        (PREDICATES, "datetime.now()", "is pure and may not ask for now"),
        (PREDICATES, "def f():\n    import os", "is pure and may not import os"),
        (PREDICATES, "open('x')", "is pure and may not call open"),
        (PREDICATES, "import urllib.request", "may not import urllib.request"),
        ("module_utils/_wait/loop.py", "import requests", "may not import requests"),
        ("module_utils/_wait/loop.py", "from ansible.errors import X", "may not import ansible"),
        ("module_utils/_wait/loop.py", "x = 'http://g/v1/health'", "speaks the gateway's dialect"),
        ("module_utils/_new.py", "", "add it to the table"),
        (
            "modules/stemedb_host_info.py",
            f"import {UTILS}._module.decider",
            "may not import _module/decider",
        ),
        (
            "modules/stemedb_x.py",
            f"from {UTILS}._gateway.client import G",
            "may not import _gateway/client",
        ),
    ],
)
def test_the_check_finds(tmp_path: Path, name: str, text: str, complaint: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    assert [problem for problem in problems(path) if complaint in problem]


def test_the_check_lets_pass_what_is_right(tmp_path: Path) -> None:
    path = tmp_path / PREDICATES
    path.parent.mkdir(parents=True)
    path.write_text(
        f'"""Asks /v1/health."""\nimport json\nfrom {UTILS}._cluster.model import Node\n',
        encoding="utf-8",
    )
    assert problems(path) == []
