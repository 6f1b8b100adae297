"""The filter `lock_verdict`: the plugin around its function, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.lock_verdict import FilterModule
from ansible_collections.stemedb.cluster.tests.unit.support.lock_answers import (
    lock_hosts,
    unreachable,
)

lock_verdict = FilterModule().filters()["lock_verdict"]


def test_the_results_of_a_loop_are_the_input() -> None:
    answers = [host.answer("acquire") for host in lock_hosts(2)]
    assert lock_verdict([*answers, unreachable("node-03")], 3)["held"] is True
    assert lock_verdict(answers, 4)["held"] is False


@pytest.mark.parametrize("other", [None, 7, ["text"], [{}], [{"item": "a", "held": False}]])
def test_what_is_no_result_is_refused(other: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.lock_verdict: the input"):
        lock_verdict(other, 1)
