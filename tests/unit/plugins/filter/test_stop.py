"""The filter `impact_verdict`, around `_stop.verdict.verdict`, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.stop import impact_verdict

BLOCKER = {"kind": "no_shards", "subject": "cluster", "detail": "lists no shards"}

UNSAFE = {"safe": False, "blockers": [BLOCKER], "shards": [], "alive_after": 3}


def test_one_kind_may_be_given_without_a_list() -> None:
    assert impact_verdict(UNSAFE)["passed"] is False
    assert impact_verdict(UNSAFE, "no_shards")["passed"] is True
    assert impact_verdict(UNSAFE, ["no_shards"])["passed"] is True


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {},
        {"skipped": True},
        {**UNSAFE, "blockers": None},
        {**UNSAFE, "blockers": []},
        {**UNSAFE, "safe": True},
        {**UNSAFE, "safe": None},
        {**UNSAFE, "blockers": [{}]},
    ],
)
def test_what_is_no_answer_of_the_guard_passes_nothing(told: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.impact_verdict: the input"):
        impact_verdict(told, ["no_shards"])
