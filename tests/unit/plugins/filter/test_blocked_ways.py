"""The filter `blocked_ways`: the plugin around `_reach`, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.blocked_ways import FilterModule

blocked_ways = FilterModule().filters()["blocked_ways"]


def test_it_gives_sentences() -> None:
    port = {"host": "192.0.2.1", "port": 18182, "protocol": "tcp", "state": "silent"}
    found = blocked_ways({"host": "node-04", "probe": {"ports": [port]}})
    assert found == ["node-04 does not reach 192.0.2.1:18182 (tcp: no answer)"]


@pytest.mark.parametrize("facts", [{}, {"host": "a", "inbound": [{}, {"ports": 1}]}, None, "text"])
def test_what_is_no_probe_is_refused(facts: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.blocked_ways: the input"):
        blocked_ways(facts)
