"""The filter `removal_goals`: when what a node held is copied."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.removal_goals import FilterModule

removal_goals = FilterModule().filters()["removal_goals"]


def test_each_node_that_holds_shards_is_to_be_complete() -> None:
    nodes = [
        {"node_id": "a", "state": "Alive", "shards": [1]},
        {"node_id": "b", "state": "Alive", "shards": []},
        {"node_id": "c", "state": "Alive", "shards": None},
        {"node_id": "d", "state": "Dead", "shards": [1]},
        {"node_id": "e", "state": "Dead", "shards": [1]},
    ]
    assert removal_goals(nodes, "d") == [
        {"node_replicated": "a"},
        {"node_replicated": "c"},
        {"fully_replicated": True},
    ]
    # Without any node there is still something that cannot hold.
    assert removal_goals([], "d") == [{"fully_replicated": True}]


def test_what_is_no_list_of_nodes_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.removal_goals: the input"):
        removal_goals([{}], "d")
