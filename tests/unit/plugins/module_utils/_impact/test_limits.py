"""Which numbers are limits of a guard."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.assess import Limits
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.limits import checked

USUAL: dict[str, Any] = {
    "min_live_replicas": None,
    "min_nodes": None,
    "min_observers": 1,
    "replicated_fraction": 0.95,
}


def test_what_is_not_said_is_the_default() -> None:
    assert checked(USUAL) == Limits()
    told = {"min_live_replicas": 2, "min_nodes": 5, "min_observers": 3, "replicated_fraction": 1.0}
    assert checked(told) == Limits(True, 2, 5, 3, 1.0)


@pytest.mark.parametrize("option", ["min_live_replicas", "min_nodes", "min_observers"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_limit_of_nothing_is_refused(option: str, value: int) -> None:
    with pytest.raises(StemeDBError, match=rf"{option} \({value}\) must be 1 or more"):
        checked({**USUAL, option: value})


@pytest.mark.parametrize("fraction", [0.0, -0.1, 1.1])
def test_a_fraction_is_between_0_and_1(fraction: float) -> None:
    with pytest.raises(StemeDBError, match="must be more than 0, at most 1"):
        checked({**USUAL, "replicated_fraction": fraction})
