"""What is made of the guard's answer."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._stop.verdict import verdict


def blocker(kind: str, number: int = 3) -> dict[str, str]:
    return {"kind": kind, "subject": f"shard {number}", "detail": "would be lost"}


def impact(*blockers: dict[str, str], **more: Any) -> dict[str, Any]:
    shards = [
        {"shard_id": n, "good_now": 3, "good_after": n, "required": 2, "led_by_target": n == 2}
        for n in (2, 4)
    ]
    told = {"safe": not blockers, "blockers": list(blockers), "shards": shards, "alive_after": 4}
    return {**told, **more}


def test_nothing_against_it_passes_and_says_what_stays() -> None:
    found = verdict(impact(), [], "node-03")
    assert found["passed"]
    assert found["refusal"] == ""
    assert found["lines"] == [
        "If node-03 stops, 4 nodes remain Alive. Its 2 shards (1 led) each keep at least "
        "2 good replicas."
    ]


def test_each_kind_must_be_accepted_by_its_name() -> None:
    told = impact(blocker("single_zone"), blocker("too_few_nodes"))
    for accept in ([], ["single"], ["single_zone"], ["too_few_nodes"], ["true", "all"]):
        found = verdict(told, accept, "node-03")
        assert not found["passed"]
        for each in found["refused"]:
            assert f"{each['kind']}: shard 3 would be lost" in found["refusal"]
        for each in found["accepted"]:
            assert f'"{each["kind"]}"' not in found["refusal"]
    found = verdict(told, ["too_few_nodes", "single_zone"], "node-03")
    assert found["passed"]
    assert found["lines"][1:] == [
        "Accepted by name in stemedb_accept:",
        "  single_zone: shard 3 would be lost",
        "  too_few_nodes: shard 3 would be lost",
    ]


def test_the_refusal_can_be_pasted_and_fits_a_screen() -> None:
    many = [blocker("too_few_replicas", n) for n in range(100)]
    told = verdict(impact(*many), [], "node-03")["refusal"].splitlines()
    assert told[0] == "node-03 is not stopped: 100 blockers."
    assert told[-1].endswith("""-e '{"stemedb_accept": ["too_few_replicas"]}'""")
    assert "  ... and 88 more" in told
    assert len(told) < 20


@pytest.mark.parametrize("shards", [[], [{"good_after": None, "led_by_target": False}]])
def test_what_is_not_known_is_not_told_as_a_number(shards: list[dict[str, Any]]) -> None:
    (line,) = verdict(impact(shards=shards, alive_after=None), [], "x")["lines"]
    assert "an unknown number of nodes" in line
    assert "at least" not in line


def test_an_answer_that_contradicts_itself_is_none() -> None:
    for told in (impact(safe=False), impact(blocker("no_shards"), safe=True)):
        with pytest.raises(ValueError, match="contradict"):
            verdict(told, ["no_shards"], "x")
