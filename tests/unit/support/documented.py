"""Options of a module that only documents the action of its name."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

MODULES = Path(__file__).resolve().parents[3] / "plugins" / "modules"


def demand_documented(name: str, arguments: Mapping[str, Mapping[str, Any]]) -> None:
    """Fail unless what is documented is what the action takes."""
    tree = ast.parse((MODULES / f"{name}.py").read_text(encoding="utf-8"))
    (text,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCUMENTATION"
    )
    documented = yaml.safe_load(text)["options"]
    assert set(documented) == set(arguments)
    for option, spec in arguments.items():
        for key in ("type", "default", "choices", "elements"):
            assert documented[option].get(key) == spec.get(key), (option, key)
