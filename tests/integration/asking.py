"""What tests of questions to a cluster share: names, requests by kind, and a task that shows."""

from __future__ import annotations

from typing import Any

from tests.devcluster.cluster import DevCluster

GROUP = "group/stemedb.cluster.stemedb"
OURS = "stemedb.cluster."  # only by its full name a module is a member of the group
LOOKUP = "stemedb.cluster.stemedb"
READS = {"GET /v1/cluster/status": 1, "GET /v1/admin/ranges": 1}
DECIDES = {"GET /v1/health": 1, **READS}


def counts(cluster: DevCluster) -> list[dict[str, int]]:
    """What each gateway was asked, and that none was asked to change anything."""
    found = [node.requests() for node in cluster.nodes]
    assert [each["mutating"] for each in found] == [[]] * len(found)
    return [each["counts"] for each in found]


def show(expression: str, **play: Any) -> dict[str, Any]:
    return {"ansible.builtin.debug": {"msg": "{{ " + expression + " }}"}, "name": "Show it", **play}
