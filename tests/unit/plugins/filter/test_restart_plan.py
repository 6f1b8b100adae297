"""The filter `restart_plan`: the plugin around `_rolling_restart.plan`."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.restart_plan import FilterModule

restart_plan = FilterModule().filters()["restart_plan"]
FOUND: dict[str, Any] = {
    "cluster": {"healthy": True},
    "overview": {"nodes": []},
    "observers": [],
}
TOLD = {"mode": "restart", "gateway_urls": "http://a:1", "min_observers": "2", "now": 5000}
RECORD = [
    {
        "operation": "rolling_restart",
        "outcome": "failed",
        "since": "1970-01-01T01:00:00Z",
        "target": "",
    }
]


def test_a_plan_is_made_and_made_again_from_what_it_began_with() -> None:
    first = restart_plan({}, FOUND, {"a": {}}, {**TOLD, "operations": RECORD, "within": 1401})
    assert first["began"]["since"] == 3600
    again = restart_plan({"a": {"problem": "gone"}}, FOUND, {}, {**TOLD, "began": first["began"]})
    assert again["began"] == first["began"]
    assert [each["kind"] for each in again["blockers"]] == ["unusable_host"]
    anew = restart_plan({}, FOUND, {}, {**TOLD, "operations": RECORD, "within": 1399})
    assert anew["began"]["since"] == 5000


def test_what_is_no_mode_or_no_time_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="one of restart, needed, reboot, not 'all'"):
        restart_plan({}, FOUND, {}, {**TOLD, "mode": "all"})
    told = {**TOLD, "operations": [], "within": 1, "since": "noon"}
    with pytest.raises(AnsibleFilterError, match="noon"):
        restart_plan({}, FOUND, {}, told)
    with pytest.raises(AnsibleFilterError, match="the input is not of the documented form"):
        restart_plan({"a": {}}, FOUND, {}, {**TOLD, "operations": [], "within": 1})
