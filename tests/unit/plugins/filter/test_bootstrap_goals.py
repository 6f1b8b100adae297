"""The filter `bootstrap_goals`."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.bootstrap_goals import FilterModule

bootstrap_goals = FilterModule().filters()["bootstrap_goals"]


def test_it_names_every_member() -> None:
    assert bootstrap_goals(["a", "b"])[:2] == [{"node_alive": "a"}, {"node_alive": "b"}]


@pytest.mark.parametrize("ids", [[], "", "a", None, 5, {}])
def test_without_a_list_of_ids_nothing_would_be_demanded(ids: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="a list of node ids that is not empty"):
        bootstrap_goals(ids)
