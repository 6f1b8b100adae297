"""The filter `heal_plan`, around `_heal.plan.heal_plan`, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.heal import heal_plan

NODE = "a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90"

FOUND = {
    "cluster": {"views_agree": True},
    "observers": [
        {"url": "a", "node_id": NODE, "reachable": True, "excluded": False, "error": None}
    ],
}


def result(state: str = "Alive", **more: Any) -> dict[str, Any]:
    nodes = [{"node_id": NODE, "address": "10.0.0.1:18182", "state": state}]
    return {"item": "a", "nodes": nodes, **more}


def test_the_results_of_a_loop_are_the_views() -> None:
    assert heal_plan(FOUND, [result()])["needed"] is False
    assert heal_plan(FOUND, [result("Dead")])["reasons"] == ["a3f2b1c4 is Dead at a"]
    named = {**result("Dead"), "ansible_loop_var": "url", "url": "b"}
    assert heal_plan(FOUND, [named])["reasons"] == ["a3f2b1c4 is Dead at b"]


@pytest.mark.parametrize(
    ("told", "needed"),
    [
        ({"stemedb_node_id": NODE, "ansible_host": "10.0.0.9"}, False),
        ({"stemedb_node_address": "10.0.0.1", "ansible_host": "10.0.0.9"}, False),
        ({"ansible_host": "10.0.0.1"}, False),
        ({"ansible_host": "10.0.0.9"}, True),
        ({}, True),
    ],
)
def test_a_declared_member_is_looked_for_by_its_variables(
    told: dict[str, Any], needed: bool
) -> None:
    assert heal_plan(FOUND, [result()], {"node-01": told})["needed"] is needed


@pytest.mark.parametrize("views", [None, 7, ["text"], [{}], [{"item": "a"}]])
def test_what_is_no_view_is_refused(views: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.heal_plan: the input"):
        heal_plan(FOUND, views)
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.heal_plan: the input"):
        heal_plan({}, [result()])
