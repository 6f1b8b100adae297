"""The filters of the plan: each calls what renders, and refuses what is no plan."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.plan import FilterModule
from ansible_collections.stemedb.cluster.tests.unit.support.planning import did, planned

FILTERS = FilterModule().filters()
# What some of them take beside a plan.
MORE: dict[str, tuple[Any, ...]] = {"plan_due": ({},), "plan_left": ({}, {}), "plan_patch": ([],)}


def test_each_renders_a_plan() -> None:
    plan = planned()
    assert FILTERS["plan_lines"](plan)[-1] == "There is nothing to do."
    assert FILTERS["plan_markdown"](plan).startswith("## Plan of `prod`\n")
    assert json.loads(FILTERS["plan_document"](plan))["format"] == 1
    assert FILTERS["plan_patch"](plan, []) == ""
    assert FILTERS["plan_due"](plan, {"check": True})["refusal"] == ""
    assert FILTERS["plan_left"](plan, {}, {})["refusal"] == ""


def test_where_a_replacement_was_begun_and_did_not_end() -> None:
    rows = [
        did("replace_node", "db-1, db-6", "failed"),
        did("replace_node", "db-2", "abandoned"),
        did("replace_node", "db-3, db-7"),
        did("add_node", "db-8", "failed"),
        did("replace_node", "db-9, db-6", "running"),
        did("replace_node", "", "failed"),
    ]
    assert sorted(FILTERS["plan_begun"](rows)) == ["db-2", "db-6"]
    assert FILTERS["plan_begun"]([]) == []


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_what_is_no_plan_is_a_sentence(name: str) -> None:
    with pytest.raises(AnsibleFilterError, match=f"{name}: the input is not of the documented"):
        FILTERS[name]({"steps": []}, *MORE.get(name, ()))
