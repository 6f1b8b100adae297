"""The clock of a host, known as a span of seconds and judged as one."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.tests.unit.support.preflight_facts import (
    good,
    judged,
    kinds,
)


def ahead(seconds: float, trip: float = 0.0, late: float = 0.0, **more: Any) -> dict[str, Any]:
    """An answer from a gateway behind whose clock ours is ahead.

    :param trip: seconds between question and answer.
    :param late: how much of a second was cut from the gateway's clock.
    """
    asked_at = 5000.0 + seconds + late
    return {"date": 5000.0, "asked_at": asked_at, "answered_at": asked_at + trip, **more}


def clocks(*answers: dict[str, Any], **settings: Any) -> list[tuple[str, str]]:
    """The findings where the gateways, from the first on, answer so."""
    facts = good()
    for url, answer in zip(facts.probe["urls"], answers):
        url.update(answer)
    return kinds(facts, **settings)


SKEWED, UNKNOWN = ("error", "clock_skew"), ("error", "unknown_clock")


@pytest.mark.parametrize(
    ("seconds", "trip", "late", "finding"),
    [
        (0, 0, 0, None),
        (0, 0, 0.9, None),
        (3.9, 0.1, 0.9, None),
        (-4, 1, 0, None),
        # The span of a second that a Date leaves open, and the trip, meet the limit.
        (4.5, 0, 0.9, UNKNOWN),
        (4.5, 1, 0, UNKNOWN),
        (-4.5, 0, 0, UNKNOWN),
        (0, 5.1, 0, UNKNOWN),
        (5.9, 0, 0, UNKNOWN),
        # Whatever the open second holds, it is too much.
        (6.1, 0, 0, SKEWED),
        (3600, 2, 0.5, SKEWED),
        (-5.1, 0, 0, SKEWED),
        (-6.2, 1, 0, SKEWED),
        (-3600, 0, 0.5, SKEWED),
    ],
)
def test_only_what_is_sure_is_said_to_be_so(
    seconds: float, trip: float, late: float, finding: Optional[tuple[str, str]]
) -> None:
    found = clocks(ahead(seconds, trip, late))
    assert found == ([finding] if finding else [])


def test_the_limit_is_a_setting() -> None:
    assert clocks(ahead(30), max_clock_skew=30) == []
    assert clocks(ahead(30), max_clock_skew=28) == [SKEWED]


def test_it_is_said_which_clock_is_ahead_and_by_how_much() -> None:
    facts = good()
    facts.probe["urls"][0].update(ahead(90, trip=0.5))
    facts.probe["urls"][1].update(ahead(-90, trip=0.5))
    first, second = judged(facts)
    assert first.subject == "http://node-01:18181/v1/health"
    assert "89 to 90 s ahead of that gateway's" in first.detail
    assert "90 to 91 s behind that gateway's" in second.detail
    facts.probe["urls"][0].update(ahead(4.6, trip=0.7))
    found = [one.detail for one in judged(facts) if one.kind == "unknown_clock"]
    assert "between +3.6 and +5.3 s" in found[0]
    assert "took 0.7 s" in found[0]


def test_a_clock_that_is_set_back_between_question_and_answer() -> None:
    assert clocks({"date": 5000.0, "asked_at": 5003.0, "answered_at": 5000.5}) == []
    assert clocks({"date": 5000.0, "asked_at": 5020.0, "answered_at": 5000.5}) == [UNKNOWN]


UNTOLD = {"date": None, "asked_at": 1.0, "answered_at": 2.0}


def test_one_gateway_that_tells_its_time_is_enough_and_none_is_said() -> None:
    assert clocks(UNTOLD) == []
    assert clocks(UNTOLD, UNTOLD) == [("warning", "unknown_clock")]
    facts = good()
    facts.probe["urls"] = None
    assert ("warning", "unknown_clock") in kinds(facts)


def test_the_gateway_of_a_dead_member_does_not_count() -> None:
    facts = good()
    assert facts.members is not None
    facts.probe["urls"][1].update(ahead(3600))
    assert SKEWED in kinds(facts)
    facts.members[1]["state"] = "Dead"
    assert SKEWED not in kinds(facts)


def test_a_host_is_no_witness_of_its_own_clock() -> None:
    facts = good()
    for url in facts.probe["urls"]:
        url.update(UNTOLD)
    facts.probe["urls"][0].update(ahead(0), url="http://node-04:18181/v1/health")
    assert kinds(facts) == [("warning", "unknown_clock")]


def test_before_the_first_start_there_is_no_clock_to_compare_with() -> None:
    facts = good()
    facts.probe["urls"] = None
    assert kinds(facts, cluster_exists=False) == []
