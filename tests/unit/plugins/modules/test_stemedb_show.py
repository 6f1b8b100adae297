"""`stemedb_show` is an action: beside it lies its documentation, and nothing that runs."""

from __future__ import annotations

import ast
from pathlib import Path

import yaml

MODULE = Path(__file__).parents[4] / "plugins/modules/stemedb_show.py"


def test_there_is_only_documentation_for_the_action_of_this_name() -> None:
    tree = ast.parse(MODULE.read_text(encoding="utf-8"))
    names = {
        target.id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert set(names) == {"DOCUMENTATION", "EXAMPLES", "RETURN"}
    documented = yaml.safe_load(names["DOCUMENTATION"])
    options = {"lines", "short", "fail_msg", "plan", "cause", "files"}
    assert set(documented["options"]) == options
    assert (MODULE.parents[1] / "action" / MODULE.name).exists()
