"""The filter `diagnose_ports`: the plugin around its function, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.diagnose_ports import FilterModule

diagnose_ports = FilterModule().filters()["diagnose_ports"]


def test_variables_of_hosts_are_the_input() -> None:
    found = diagnose_ports({"node-01": {"stemedb_node_gateway_port": 1}})
    assert [port["port"] for port in found] == [1, 18182, 18183]


@pytest.mark.parametrize("other", [None, [], {"a": 7}, {"a": {"stemedb_node_rpc_port": "x"}}])
def test_what_is_none_is_refused(other: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.diagnose_ports: the input"):
        diagnose_ports(other)
