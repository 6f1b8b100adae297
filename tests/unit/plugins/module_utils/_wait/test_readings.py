"""Which node a condition is about, and which fraction is one."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Condition,
    Memory,
    Settings,
    not_listed,
    subject_node,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    OTHER_URL,
    A,
    B,
    cluster,
    nodes,
    observed,
    view,
)

EAST = cluster(members=nodes("east-2", "west"))


def found(argument: Any, memory: Memory | None = None, *expect: str) -> str | None:
    settings = Settings(expect_nodes=frozenset(expect))
    node = subject_node(Condition("node_alive", argument), EAST, memory or Memory(), settings)
    return node.node_id if node else None


@pytest.mark.parametrize("argument", ["east-2", "east", ("east", 4), "10.0.0.1"])
def test_a_node_is_found_by_what_it_is_called(argument: Any) -> None:
    assert found(argument) == "east-2"


def test_a_full_id_is_no_prefix() -> None:
    """It was seen, or the caller vouches for it: that it is not listed now means something."""
    assert found("east", Memory(seen=frozenset({"east"}))) is None
    assert found("east", None, "east", "west") is None
    assert found(("east", 4), None, "east") is None
    assert found("west", Memory(seen=frozenset({"west"})), "west") == "west"


def test_a_node_of_any_view_is_found() -> None:
    both = observed(view(nodes(A)), view(nodes(B), url=OTHER_URL))
    for node_id in (A, B):
        node = subject_node(Condition("node_alive", node_id), both, Memory(), Settings())
        assert node is not None
        assert node.node_id == node_id
        assert node.state is None


def test_nobody_is_told_under_the_name_that_was_asked_for() -> None:
    reading = not_listed(Condition("node_has_shards", ("east", 4)), "east")
    (unmet,) = reading.unmet
    assert unmet[:3] == ("node_has_shards", "east", "is not listed as a member")
    assert reading.numbers is None
