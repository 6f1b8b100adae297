"""The filter `restart_report`: the plugin around `_rolling_restart.report`."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.restart_report import FilterModule

restart_report = FilterModule().filters()["restart_report"]
PLAN = {
    "mode": "needed",
    "began": {"resumes": None},
    "targets": [],
    "done": [],
    "accepted": [],
    "blockers": [],
}


def test_each_part_is_made() -> None:
    assert "mode needed: 0 nodes to do" in restart_report(PLAN, "plan")[1]
    assert restart_report({}, "versions") == []
    assert restart_report({}, "after") == [
        "",
        "0 nodes done, no rebalancing was seen at any of them.",
    ]
    far = {"index": 1, "of": 3, "seconds": [60.0]}
    assert restart_report(far, "progress") == ["node 1 of 3, about 2 min left"]
    seen = {"node_id": "n", "state": "Dead", "waits": [], "before": [], "after": []}
    assert restart_report(seen, "rebalanced") == ["it was Dead before it was started again"]
    assert restart_report({**seen, "state": "Alive"}, "rebalanced") == []
    assert "a was not touched" in restart_report(PLAN, "next", step="look", host="a")[0]


def test_what_is_no_part_or_no_input_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="knows plan, versions, after, progress"):
        restart_report(PLAN, "all")
    with pytest.raises(AnsibleFilterError, match="the input is not of the documented form"):
        restart_report({}, "plan")
