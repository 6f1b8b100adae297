"""The filter `regressions`: around `_operation.goals.regressions`, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.regressions import FilterModule

regressions = FilterModule().filters()["regressions"]


def reading(state: str) -> dict[str, Any]:
    return {
        "cluster": {
            "healthy": True,
            "views_agree": True,
            "replication_factor": 3,
            "leaderless_shards": [],
        },
        "nodes": [{"node_id": "a", "state": state}],
        "shards": [],
    }


def test_the_later_reading_is_the_input() -> None:
    assert regressions(reading("Dead"), reading("Alive")) == [
        "node a was Alive before and is Dead now"
    ]
    assert regressions(reading("Alive"), reading("Dead")) == []


@pytest.mark.parametrize("other", [{}, None, "text", {"cluster": {}, "nodes": [], "shards": []}])
def test_what_is_no_reading_is_refused(other: Any) -> None:
    for pair in ((other, reading("Alive")), (reading("Alive"), other)):
        with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.regressions: the input"):
            regressions(*pair)
