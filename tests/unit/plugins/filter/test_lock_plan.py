"""The filter `lock_plan`: the plugin around its function, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.lock_plan import FilterModule
from ansible_collections.stemedb.cluster.tests.unit.plugins.module_utils.lock_answers import (
    lock_hosts,
    unreachable,
)

lock_plan = FilterModule().filters()["lock_plan"]


def test_the_results_of_a_loop_are_the_input() -> None:
    hosts = lock_hosts(3)
    for host in hosts:
        host.ask("acquire", "OTHER")
    answers = [host.look() for host in hosts]
    assert lock_plan(answers, 3)["free"] is False
    assert lock_plan(answers, 3, named="OTHER")["free"] is True
    assert lock_plan([unreachable("a")], 1)["free"] is False


@pytest.mark.parametrize("other", [None, 7, ["text"], [{}], [{"item": "a", "held": True}]])
def test_what_is_no_result_is_refused(other: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.lock_plan: the input"):
        lock_plan(other, 1)
