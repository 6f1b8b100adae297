"""The filter `diagnose_hosts`: the plugin around its function, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.diagnose_hosts import FilterModule

diagnose_hosts = FilterModule().filters()["diagnose_hosts"]


def test_the_results_of_loops_are_the_input() -> None:
    assert diagnose_hosts([]) == {}
    down = {"item": "a", "unreachable": True, "msg": "no route"}
    assert diagnose_hosts([down], [down], [down])["a"]["problem"] == "no route"


@pytest.mark.parametrize("other", [None, 7, ["text"], [{}]])
def test_what_is_no_result_is_refused(other: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.diagnose_hosts: the input"):
        diagnose_hosts(other)
