"""The filter `restart_goals`: when a node that was restarted is what it was."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.restart_goals import FilterModule

restart_goals = FilterModule().filters()["restart_goals"]


@pytest.mark.parametrize(("shards", "asked"), [([1], True), (None, True), ([], False)])
def test_it_has_its_replicas_again_unless_it_had_none(shards: object, asked: bool) -> None:
    goals = restart_goals([{"node_id": "a", "shards": shards}, {"node_id": "b", "shards": []}], "a")
    assert goals[0] == {"node_alive": "a"}
    assert ({"node_replicated": "a"} in goals) is asked
    for word in ("leaders_elected", "fully_replicated", "views_agree", "shards_settled", "healthy"):
        assert {word: True} in goals


def test_of_one_that_was_not_listed_replicas_are_demanded() -> None:
    assert {"node_replicated": "a"} in restart_goals([], "a")


def test_what_is_no_list_of_nodes_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.restart_goals: the input"):
        restart_goals([{}], "a")
