"""The filter `add_goals`: around `_operation.goals.add_goals`, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.add_goals import FilterModule

add_goals = FilterModule().filters()["add_goals"]


def test_it_gives_conditions_for_the_node() -> None:
    cluster = {"healthy": True, "replication_factor": 3}
    goals = add_goals({"cluster": cluster, "nodes": []}, "new")
    assert goals[0] == {"node_alive": "new"}
    assert goals[-1] == {"healthy": True}


@pytest.mark.parametrize("before", [{}, {"cluster": {}, "nodes": []}, None, "text"])
def test_what_is_no_reading_is_refused(before: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.add_goals: the input"):
        add_goals(before, "new")
