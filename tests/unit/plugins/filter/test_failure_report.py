"""The filter `failure_report`: the plugin around `_diagnose.failure`, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.failure_report import FilterModule

failure_report = FilterModule().filters()["failure_report"]


def test_it_gives_lines_and_a_message() -> None:
    names = {"service": "node", "gateway_service": "gateway"}
    failed = {"msg": "It ended."}
    told = failure_report({"procedure": "heal", "step": "Start", "failed": failed, **names})
    assert "  It ended." in told["lines"]
    assert told["message"].startswith("Start: It ended.")


@pytest.mark.parametrize("facts", [{}, {"procedure": "heal"}, None, "text"])
def test_what_is_no_failure_is_refused(facts: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.failure_report: the input"):
        failure_report(facts)
