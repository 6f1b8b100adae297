"""The filter `diagnose_report`: the plugin around its function, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.diagnose_report import FilterModule

diagnose_report = FilterModule().filters()["diagnose_report"]


def test_an_export_is_the_input() -> None:
    assert diagnose_report({"failed": True, "msg": "no"}, {})[1].endswith("does not answer: no")


@pytest.mark.parametrize("other", [None, 7, {"cluster": {}}])
def test_what_is_none_is_refused(other: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.diagnose_report: the input"):
        diagnose_report(other, {})
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.diagnose_report: the input"):
        diagnose_report({"msg": "no"}, {"a": {}})
