"""The filter `removal_targets`: the plugin around `_members.targets.find_targets`."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.removal_targets import FilterModule

removal_targets = FilterModule().filters()["removal_targets"]
HOSTS = {"node-04": {"ansible_host": "10.0.0.4"}}


def test_names_are_a_list_or_a_text() -> None:
    for named in ("node-04", ["node-04"], " node-04 ,"):
        found = removal_targets(named, HOSTS, [])
        assert [each["address"] for each in found["targets"]] == ["10.0.0.4"]
        assert found["refused"] is None


@pytest.mark.parametrize(("hosts", "nodes"), [(None, []), ({"a": 7}, []), (HOSTS, [7])])
def test_what_is_neither_is_refused(hosts: Any, nodes: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.removal_targets: the input"):
        removal_targets("x", hosts, nodes)
