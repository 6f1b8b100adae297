"""The options of a wait in stages."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import Condition, Stage
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.stages import parse_stages

OPTIONS: dict[str, Any] = {
    "conditions": None,
    "stages": None,
    "stable_for": 10.0,
    "interval": 2.0,
    "timeout": 300.0,
    "stall_timeout": None,
    "fail_fast": [],
    "replicated_fraction": 0.95,
    "expect_shards": True,
    "expect_nodes": [],
}
HEALTHY = [{"healthy": True}]
UNSET = {"stable_for": None, "timeout": None, "stall_timeout": None, "fail_fast": None}


def stages(*told: dict[str, Any], **options: Any) -> tuple[Stage, ...]:
    given = [{**UNSET, "conditions": HEALTHY, **stage} for stage in told]
    return parse_stages({**OPTIONS, "stages": given, **options}, int)


def test_conditions_alone_are_one_stage_without_a_name() -> None:
    (stage,) = parse_stages({**OPTIONS, "conditions": HEALTHY}, int)
    assert stage.name == ""
    assert stage.plan.conditions == (Condition("healthy", True),)
    assert (stage.plan.stable_for, stage.plan.timeout) == (10.0, 300.0)


def test_a_stage_has_of_the_module_what_it_does_not_set() -> None:
    first, second, last = stages(
        {"name": "a"},
        {"name": "b", "timeout": 60.0, "stall_timeout": 5.0, "fail_fast": HEALTHY},
        {"name": "c"},
        stall_timeout=50.0,
        expect_nodes=["x"],
    )
    assert [one.plan.stable_for for one in (first, second, last)] == [0, 0, 10.0]
    assert [one.plan.timeout for one in (first, second, last)] == [300.0, 60.0, 300.0]
    assert [one.plan.stall_timeout for one in (first, second, last)] == [50.0, 5.0, 50.0]
    assert [len(one.plan.fail_fast) for one in (first, second, last)] == [0, 1, 0]
    assert second.plan.settings.expect_nodes == {"x"}


def test_a_stage_may_have_a_window_of_its_own() -> None:
    first, last = stages({"name": "a", "stable_for": 5.0}, {"name": "b", "stable_for": 0.0})
    assert (first.plan.stable_for, last.plan.stable_for) == (5.0, 0.0)


@pytest.mark.parametrize(
    ("told", "options", "words"),
    [
        ([], {}, "stages must be a list that is not empty"),
        ([{"name": "a"}], {"conditions": HEALTHY}, "either conditions or stages"),
        ([{"name": " "}], {}, "needs a name"),
        ([{"name": "a"}, {"name": "a "}], {}, "Two stages are called 'a'"),
        ([{"name": "a", "conditions": None}], {}, "stage a: conditions must be a list"),
        ([{"name": "a", "conditions": [{"helthy": True}]}], {}, "stage a: conditions has no"),
        ([{"name": "a", "timeout": 5.0}], {}, "stage a: stable_for (10 s) must not be"),
        ([{"name": "a", "timeout": 3.0}, {"name": "b"}], {}, "stage a: interval (2 s)"),
    ],
)
def test_what_is_not_clear_is_refused(
    told: list[dict[str, Any]], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(StemeDBError) as caught:
        stages(*told, **options)
    assert caught.value.code == "config"
    assert words in caught.value.message


def test_nothing_to_wait_for_is_refused() -> None:
    with pytest.raises(StemeDBError, match="conditions must be a list that is not empty"):
        parse_stages(OPTIONS, int)
