"""What differs between a reviewed plan and the state now, in words."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.changes import sentence
from hypothesis import given
from hypothesis import strategies as st

ROW = {"host": "db-1", "node_id": "a1", "address": "10.0.0.1", "state": "Alive"}
STRANGE = {"host": None, "node_id": "B2", "address": "10.0.0.9", "state": "Alive", "prune": False}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def plan(**lists: Any) -> dict[str, Any]:
    return {"cluster": "prod", "matched": [ROW], "undeclared": [STRANGE], **lists}


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({"cluster": "dev"}, "the cluster was prod and is dev"),
        ({"matched": []}, "db-1 is no longer declared; node a1 of db-1 is no longer listed"),
        ({"matched": [ROW, {"host": "db-2"}]}, "db-2 is declared"),
        (
            {"matched": [{**ROW, "address": "10.0.0.7"}]},
            "the address of db-1 was 10.0.0.1 and is 10.0.0.7",
        ),
        (
            {"matched": [], "to_replace": [{**ROW, "state": "Dead"}]},
            "node a1 of db-1 was Alive and is Dead",
        ),
        ({"undeclared": []}, "node b2 is no longer listed"),
        ({"undeclared": [STRANGE, {**STRANGE, "node_id": "c3"}]}, "node c3 is listed"),
        ({"undeclared": [{**STRANGE, "prune": True}]}, "stemedb_prune names node b2"),
    ],
)
def test_a_change_is_named(now: dict[str, Any], words: str) -> None:
    assert sentence(plan(), plan(**now)) == f"since it was made, this has changed: {words}"


def test_a_node_that_is_suspect_is_none_that_changed() -> None:
    now = plan(matched=[{**ROW, "state": "Suspect"}])
    assert "these it does not list" in sentence(plan(), now)


@given(st.dictionaries(st.sampled_from(["cluster", "matched", "undeclared", "to_add"]), JSON))
def test_any_json_of_a_file_gives_a_sentence(was: dict[str, Any]) -> None:
    assert sentence(was, plan()).startswith("since it was made, ")
