"""The filter `hosts_around`: the plugin around its function, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.hosts_around import FilterModule

hosts_around = FilterModule().filters()["hosts_around"]


def test_gateways_may_be_one_text() -> None:
    found = hosts_around(["c"], {"a": {}, "b": {}}, "http://x:18181, http://b:18181")
    assert found == ["c", "b", "a"]


@pytest.mark.parametrize("members", [7, ["a"], {"a": None}])
def test_what_are_no_hosts_is_refused(members: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.hosts_around: the input"):
        hosts_around([], members, ["http://b:18181"])
