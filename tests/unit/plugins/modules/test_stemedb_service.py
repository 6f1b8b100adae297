"""The module `stemedb_service`: it only documents the action of its name."""

from __future__ import annotations

import ast
from pathlib import Path

import yaml
from ansible_collections.stemedb.cluster.plugins.action.stemedb_service import ARGUMENTS

MODULE = Path(__file__).resolve().parents[4] / "plugins" / "modules" / "stemedb_service.py"


def test_what_is_documented_is_what_the_action_takes() -> None:
    tree = ast.parse(MODULE.read_text(encoding="utf-8"))
    (text,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCUMENTATION"
    )
    documented = yaml.safe_load(text)["options"]
    assert set(documented) == set(ARGUMENTS)
    for name, spec in ARGUMENTS.items():
        for key in ("type", "default", "choices"):
            assert documented[name].get(key) == spec.get(key), (name, key)
