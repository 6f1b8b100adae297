"""The filter `lock_plan`: the plugin around its function, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.lock_plan import FilterModule
from ansible_collections.stemedb.cluster.tests.unit.support.lock_answers import (
    lock_hosts,
    unreachable,
)

lock_plan = FilterModule().filters()["lock_plan"]


def test_the_results_of_a_loop_are_the_input() -> None:
    hosts = lock_hosts(3)
    for host in hosts:
        host.ask("acquire", "OTHER")
    answers = [host.look() for host in hosts]
    three = {"of": 3, "foreign": []}
    assert lock_plan(answers, three)["free"] is False
    assert lock_plan(answers, three, named="OTHER")["free"] is True
    assert lock_plan([unreachable("a")], {"of": 1, "foreign": []})["free"] is False
    told = lock_plan(answers, three, check=True)
    assert told["refusal"] == ""
    assert told["lines"] == [f"No lock is taken by --check. {told['sentence']}"]


@pytest.mark.parametrize("other", [None, 7, ["text"], [{}], [{"item": "a", "held": True}]])
def test_what_is_no_result_is_refused(other: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.lock_plan: the input"):
        lock_plan(other, {"of": 1, "foreign": []})
