"""The filter member_names lists all that has to be resolved to know a member again."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.member_names import FilterModule

member_names = FilterModule().filters()["member_names"]


def test_hosts_addresses_and_seeds_are_listed_once() -> None:
    hosts = {
        "node-01": {"ansible_host": "10.0.0.1", "stemedb_seed_nodes": ["node-02:18183"]},
        "node-02": {},
    }
    assert member_names(hosts, "a:1, node-02:18183") == [
        "a:1",
        "node-02:18183",
        "node-01",
        "10.0.0.1",
        "node-02",
    ]


def test_what_is_no_host_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="documented form"):
        member_names(["node-01"])
