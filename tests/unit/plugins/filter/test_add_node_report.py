"""The filter `add_node_report`: the plugin around `_report`, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.add_node_report import FilterModule

add_node_report = FilterModule().filters()["add_node_report"]


def test_it_gives_lines() -> None:
    facts = {"host": "node-04", "step": "Start", "reason": "It ended."}
    lines = add_node_report({**facts, "service": "node", "gateway_service": "gateway"})
    assert "  It ended." in lines


@pytest.mark.parametrize("facts", [{}, {"host": "node-04"}, None, "text"])
def test_what_is_no_failure_is_refused(facts: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.add_node_report: the input"):
        add_node_report(facts)
