"""The filter `removal_report`: the plugin around `_remove_node.advice`."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.removal_report import FilterModule

removal_report = FilterModule().filters()["removal_report"]
SURVEY = {
    "targets": [],
    "blockers": [],
    "accepted": [],
    "old_seeds": ["10.0.0.4:18183"],
    "gateway_urls": ["http://b:1"],
}
TARGET = {"name": "node-04", "host": None, "address": None, "node_id": "dddd"}


def test_each_part_is_made() -> None:
    assert removal_report(SURVEY, "survey", check=True) == ["", "To remove:"]
    assert (
        "http://a:1"
        in removal_report(SURVEY, "inventory", gateway_urls="http://a:1,http://b:1")[-1]
    )
    assert removal_report({}, "seeds") == []
    impact = {"shards": [], "alive_after": 3}
    assert removal_report(impact, "impact", name="node-04")[1].startswith("node-04 holds")
    lines = removal_report(TARGET, "next", step="New leaders elected", gateway_service="gate")
    assert [line for line in lines if "journalctl -u gate" in line]


def test_what_is_no_part_or_no_input_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="knows survey, impact, seeds, inventory, next"):
        removal_report(SURVEY, "all")
    with pytest.raises(AnsibleFilterError, match="the input is not of the documented form"):
        removal_report({}, "survey")
