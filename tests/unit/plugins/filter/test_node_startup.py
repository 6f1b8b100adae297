"""The filter node_startup gives what the node's service says."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.filter.node_startup import FilterModule


def test_the_filter_is_there_by_its_name() -> None:
    service = {"running": False, "state": "failed/failed", "result": None, "restarts": 0}
    result = FilterModule().filters()["node_startup"]({"service": service, "ports": []})
    assert result == {"state": "died", "detail": "it has ended (failed/failed)"}
