"""The import directions and the purity that the design stands on, as a table and its check."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

import pytest

from scripts.ansible_free_tests import imported

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
LIBRARIES = {"requests": "_http", "urllib3": "_http"}
# What only the gateway's own dialect says; our results have other words for it.
DIALECT = ("/v1/", "range_id", "leader_id")
DOCUMENTS = ("DOCUMENTATION", "EXAMPLES", "RETURN")


class Layer(NamedTuple):
    """Which module_utils a file may import, and what else it may do."""

    imports: str = ""
    pure: bool = False
    ansible: bool = False


MODEL = "_errors _model _names"
WORDS = f"{MODEL} _words"
WAITING = f"{WORDS} _reading _replication _conditions _history"
JUDGING = f"{WORDS} _addresses _preflight_cluster _preflight_facts"
SHOWING = "_errors _present _overview _progress _progress_file"
ASKING = f"{MODEL} _http_errors _contract _http _gateway _hosts _observers _readers"

# Turned round against the design's drawing: what stands lower comes first, a file sees only what
# is above it here.
LAYERS = {
    # Facts and words about them.
    "_errors": Layer(pure=True),
    "_times": Layer(pure=True),
    "_typed": Layer(pure=True),
    "_lock": Layer("_errors _times", pure=True),
    "_model": Layer("_errors", pure=True),
    "_names": Layer("_errors _model", pure=True),
    "_addresses": Layer(MODEL, pure=True),
    "_words": Layer(MODEL, pure=True),
    # What decides.
    "_reading": Layer(WORDS, pure=True),
    "_replication": Layer(f"{WORDS} _reading", pure=True),
    "_conditions": Layer(f"{WORDS} _reading _replication", pure=True),
    "_history": Layer(f"{WORDS} _times _reading", pure=True),
    "_evidence": Layer(f"{WORDS} _reading _replication", pure=True),
    "_safety": Layer(f"{WORDS} _reading _replication _evidence", pure=True),
    "_operation": Layer(WORDS, pure=True),
    "_command_line": Layer(pure=True),
    "_log_lines": Layer(pure=True),
    "_toml": Layer(pure=True),
    "_meaning": Layer("_toml", pure=True),
    "_secrets": Layer(pure=True),
    "_probed": Layer(pure=True),
    "_node_service": Layer("_errors _command_line _probed _times", pure=True),
    "_node_drift": Layer("_command_line _secrets _probed _meaning", pure=True),
    "_identity": Layer(f"{MODEL} _addresses _probed", pure=True),
    "_blockers": Layer(pure=True),
    "_declared": Layer("_model _names _typed", pure=True),
    "_targets": Layer(f"{MODEL} _addresses _declared _identity", pure=True),
    "_seeds": Layer(f"{MODEL} _addresses _blockers _declared", pure=True),
    "_removal": Layer(f"{MODEL} _addresses _blockers _declared _seeds _targets", pure=True),
    "_heal": Layer(f"{MODEL} _declared _lock", pure=True),
    "_preflight_cluster": Layer(WORDS, pure=True),
    "_substitute": Layer(f"{MODEL} _addresses _blockers _declared", pure=True),
    "_replacement": Layer(
        f"{MODEL} _addresses _blockers _declared _preflight_cluster _seeds _substitute _targets",
        pure=True,
    ),
    # What asks.
    "_contract": Layer(MODEL, pure=True),
    "_http_errors": Layer("_errors"),
    "_http": Layer("_errors _contract _http_errors"),
    "_gateway": Layer(f"{MODEL} _contract _http _http_errors"),
    "_hosts": Layer(MODEL),
    "_observers": Layer(f"{MODEL} _gateway _hosts"),
    "_readers": Layer(f"{MODEL} _gateway"),
    "_caller": Layer(f"{MODEL} _gateway _readers"),
    "_preflight_facts": Layer(f"{MODEL} _addresses _typed", pure=True),
    "_preflight_host": Layer(f"{JUDGING} _identity _probed", pure=True),
    "_preflight_space": Layer(JUDGING, pure=True),
    "_preflight_clock": Layer(JUDGING, pure=True),
    "_preflight_version": Layer(f"{JUDGING} _probed", pure=True),
    "_preflight": Layer(
        f"{JUDGING} _contract _probed"
        " _preflight_host _preflight_space _preflight_clock _preflight_version",
        pure=True,
    ),
    # What describes a cluster that others have set up.
    "_yaml_text": Layer(pure=True),
    "_adopt_find": Layer("_command_line _preflight_cluster _probed", pure=True),
    "_adopt_facts": Layer("_adopt_find _preflight_cluster", pure=True),
    "_adopt_ports": Layer("_addresses", pure=True),
    "_adopt_service": Layer("_adopt_facts _adopt_find _preflight_cluster _secrets", pure=True),
    "_adopt_host": Layer(
        "_errors _addresses _command_line _identity _preflight_cluster _secrets _adopt_facts"
        " _adopt_find _adopt_ports _adopt_service",
        pure=True,
    ),
    "_adopt_cluster": Layer("_preflight_cluster", pure=True),
    "_adopt_inventory": Layer("_secrets _yaml_text _adopt_facts _adopt_cluster", pure=True),
    "_adopt_report": Layer("_secrets _adopt_cluster", pure=True),
    # What compares a gateway with the contract.
    "_dialect": Layer("_errors _model _contract", pure=True),
    "_abilities": Layer(WORDS, pure=True),
    "_contract_ask": Layer("_errors _model _contract", pure=True),
    "_contract_check": Layer("_contract _dialect _abilities _contract_ask", pure=True),
    "_contract_report": Layer(pure=True),
    "_sanitise": Layer("_model _contract", pure=True),
    "_capture": Layer("_contract_ask _contract_check _sanitise", pure=True),
    "_contract_probe": Layer(
        "_errors _contract _http_errors _http _gateway _contract_ask _contract_check _sanitise"
    ),
    "_json_file": Layer("_errors"),
    "_redact": Layer("_sanitise", pure=True),
    "_bounds": Layer(pure=True),
    # What waits and what shows.
    "_wait": Layer(WAITING),
    "_stages": Layer(f"{WAITING} _wait"),
    "_present": Layer(WORDS, pure=True),
    "_export": Layer(f"{WORDS} _reading _replication _conditions _present", pure=True),
    "_table": Layer(MODEL, pure=True),
    "_overview": Layer("_model _words _table _present", pure=True),
    "_reach": Layer(pure=True),
    "_impact_verdict": Layer(pure=True),
    "_diagnose": Layer("_addresses _declared _names _redact _table _reach", pure=True),
    "_report": Layer(f"{WORDS} _table _operation _reach _diagnose", pure=True),
    "_removal_report": Layer("_model _table", pure=True),
    "_restart": Layer("_lock _model _addresses _blockers _declared _table _times", pure=True),
    "_restart_report": Layer("_times", pure=True),
    "_replacement_report": Layer("_declared _table _removal_report", pure=True),
    "_health_report": Layer(f"{WORDS} _table _report", pure=True),
    "_progress": Layer(f"{WAITING} _table _wait"),
    "_progress_file": Layer("_errors"),
    # Runs on nodes, where there is nothing but Python.
    "_process": Layer(),
    "_probe_files": Layer("_secrets _toml _meaning"),
    "_probe_host": Layer(),
    "_probe_net": Layer("_addresses"),
    "_probe_service": Layer("_command_line _log_lines _process"),
    "_probe_processes": Layer("_command_line _secrets _process _probe_files _probe_service"),
    "_probe_units": Layer("_command_line _secrets _probe_processes _probe_service"),
    # The lock: its file on a lock host, and what the files come to together.
    "_lock_file": Layer("_errors _json_file _process _lock"),
    "_lock_majority": Layer("_times _typed _lock", pure=True),
    "_lock_report": Layer("_times _lock _lock_majority", pure=True),
    "_controller": Layer("_process"),
    # What knows Ansible.
    "_options": Layer("_errors _model _contract _gateway", ansible=True),
    "_action": Layer("_typed", ansible=True),
    "_plugin": Layer(f"{ASKING} _options", ansible=True),
    "_reader_frame": Layer(f"{MODEL} _gateway _readers _options", ansible=True),
    "_frame": Layer(f"{WAITING} {ASKING} _wait _present _options _reader_frame", ansible=True),
    # Kinds of plugins, by their folder: they see the frame and what shows results.
    "modules": Layer(
        f"{SHOWING} _reader_frame _frame _options _contract _reading _conditions _wait _stages",
        ansible=True,
    ),
    "modules/stemedb_cluster_info": Layer("_frame _hosts _model _overview _present", ansible=True),
    "modules/stemedb_impact_info": Layer(
        "_errors _frame _present _reading _evidence _safety", ansible=True
    ),
    "modules/stemedb_contract_check": Layer(
        "_capture _contract_probe _contract_report _reader_frame _json_file _options", ansible=True
    ),
    "action": Layer(
        "_action _errors _options _plugin _progress_file _controller _bounds _json_file _redact"
        " _typed",
        ansible=True,
    ),
    "lookup": Layer("_errors _model _plugin _options _present", ansible=True),
    "inventory": Layer("_errors _model _plugin _options _present", ansible=True),
    "callback": Layer(ansible=True),
    "filter": Layer(
        "_errors _table _present _addresses _identity _operation"
        " _preflight _preflight_cluster _preflight_facts _node_service _reach _report"
        " _health_report _lock_majority _lock_report _heal _diagnose _impact_verdict"
        " _node_drift _adopt_facts _adopt_find _adopt_host _adopt_cluster _adopt_inventory"
        " _adopt_report _declared _targets _removal _removal_report _replacement"
        " _replacement_report _seeds _substitute _restart _restart_report _times _typed",
        ansible=True,
    ),
    "doc_fragments": Layer(),
    "modules/stemedb_data_mark": Layer("_probe_files", ansible=True),
    "modules/stemedb_set_aside": Layer("_probe_files", ansible=True),
    "modules/stemedb_debug_export": Layer(
        "_errors _contract _conditions _times _redact _bounds _export _frame _overview",
        ansible=True,
    ),
    "modules/stemedb_planned_call": Layer("_caller _reader_frame _options", ansible=True),
    "modules/stemedb_sync": Layer("_caller _reader_frame _options", ansible=True),
    "modules/stemedb_operation_lock": Layer("_errors _lock _lock_file", ansible=True),
    "modules/stemedb_host_probe": Layer(
        "_probe_files _probe_host _probe_net _probe_service _probe_processes _probe_units",
        ansible=True,
    ),
}


def layer_name(path: Path) -> str:
    if path.parent.name in ("module_utils", "plugin_utils"):
        return path.stem
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
            other = name[len(utils) + 1 :].partition(".")[0]
            return "" if other in allowed.imports.split() else f"may not import {other}"
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
    text = node.value if isinstance(node, ast.Constant) and layer != "_contract" else None
    if isinstance(text, str) and any(word in text for word in DIALECT):
        return f"speaks the gateway's dialect, which only _contract knows: {text!r}"
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
    stems = {path.stem for path in plugin_files()}
    gone = [name for name in LAYERS if name.startswith("_") and name not in stems]
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


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("module_utils/_words.py", f"from {UTILS}._wait import wait", "may not import _wait"),
        ("module_utils/_words.py", f"from {UTILS} import _gateway", "may not import _gateway"),
        ("module_utils/_words.py", "from ._model import Node", "imports relatively"),
        ("module_utils/_words.py", "import time", "is pure and may not import time"),
        ("module_utils/_words.py", "datetime.now()", "is pure and may not ask for now"),
        ("module_utils/_words.py", "def f():\n    import os", "is pure and may not import os"),
        ("module_utils/_words.py", "open('x')", "is pure and may not call open"),
        ("module_utils/_words.py", "import urllib.request", "may not import urllib.request"),
        ("module_utils/_wait.py", "import requests", "may not import requests"),
        ("module_utils/_wait.py", "from ansible.errors import X", "may not import ansible"),
        ("module_utils/_wait.py", "x = 'http://g/v1/health'", "speaks the gateway's dialect"),
        ("module_utils/_new.py", "", "add it to the table"),
        ("modules/stemedb_host_probe.py", f"import {UTILS}._frame", "may not import _frame"),
        ("modules/stemedb_x.py", f"from {UTILS}._gateway import G", "may not import _gateway"),
    ],
)
def test_the_check_finds(tmp_path: Path, name: str, text: str, complaint: str) -> None:
    path = tmp_path / name
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    assert [problem for problem in problems(path) if complaint in problem]


def test_the_check_lets_pass_what_is_right(tmp_path: Path) -> None:
    path = tmp_path / "module_utils" / "_words.py"
    path.parent.mkdir()
    path.write_text(
        f'"""Asks /v1/health."""\nimport json\nfrom {UTILS}._model import Node\n', encoding="utf-8"
    )
    assert problems(path) == []
