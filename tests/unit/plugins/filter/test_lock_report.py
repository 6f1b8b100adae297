"""The filter `lock_report`: the plugin around its function, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.lock_report import FilterModule
from ansible_collections.stemedb.cluster.tests.unit.support.lock_answers import (
    lock_hosts,
    unreachable,
)

lock_report = FilterModule().filters()["lock_report"]


def test_the_results_of_a_loop_are_the_input() -> None:
    told = lock_report([lock_hosts(1)[0].look(), unreachable("node-02")], 2)
    assert "  node-01  free" in told


@pytest.mark.parametrize("other", [None, 7, ["text"], [{}], [{"item": "a", "held": True}]])
def test_what_is_no_result_is_refused(other: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.lock_report: the input"):
        lock_report(other, 1)
