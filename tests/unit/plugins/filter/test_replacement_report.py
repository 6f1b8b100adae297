"""The filter `replacement_report`: the plugin around `_replace_node.advice`."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.replacement_report import FilterModule

from tests.unit.support.replacing import IDS, OLD, judge, nodes

replacement_report = FilterModule().filters()["replacement_report"]
SHARDS = [{"shard_id": 7, "leader_node": IDS[1], "replica_nodes": [OLD], "live_replicas": 2}]
HOSTS = {"node-02": {"ansible_host": "10.0.0.2"}}
TOLD = {
    "gateway_urls": "http://10.0.0.4:18181,http://10.0.0.1:18181",
    "spares": "spare",
    "groups": {},
    "node_ids": {},
}


def test_each_part_has_its_lines() -> None:
    found = judge()
    assert "To replace:" in replacement_report(found, "survey", check=True)
    (first, *_rest) = replacement_report(found, "affected", shards=SHARDS)[1:]
    assert first == "node-04 is still named by 1 shards:"
    leaders = replacement_report(found, "leaders", shards=SHARDS, hosts=HOSTS, nodes=nodes())
    assert leaders == ["node-02"]
    lacking = replacement_report(found, "lacking", shards=SHARDS, nodes=nodes(), factor=3)
    assert lacking == ["shard 7 has 2 live replicas of 3"]
    assert any(
        "stemedb_gateway_url" in line for line in replacement_report(found, "inventory", told=TOLD)
    )
    assert replacement_report(found, "kept", moved=[{"from": "/a", "to": "/b"}])[-1] == "  /b"
    assert replacement_report(found, "next", step="confirm")[0].startswith("Nothing was changed.")


def test_another_part_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="knows survey, affected"):
        replacement_report(judge(), "poem")


def test_what_is_of_another_form_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="not of the documented form"):
        replacement_report({}, "survey")
