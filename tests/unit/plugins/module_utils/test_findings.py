"""What blocks, what may be accepted, and was."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import (
    NOTE,
    WARNING,
    Finding,
    accepted,
    blocker,
    judged,
    judgement_lines,
    labelled,
)

ONE = blocker("one", "node-01", "why.")
ROW = {"kind": "one", "subject": "node-01", "detail": "why."}


@pytest.mark.parametrize(
    ("acceptable", "accept", "passes"),
    [((), (), False), (("one",), (), False), ((), ("one",), False), (("one",), ("one",), True)],
)
def test_what_is_not_both_acceptable_and_accepted_stays(
    acceptable: tuple[str, ...], accept: tuple[str, ...], passes: bool
) -> None:
    found = judged([ONE], acceptable, accept)
    assert found["accepted"] == ([ROW] if passes else [])
    assert found["blockers"] == ([] if passes else [ROW])
    assert found["refusal"] == ("" if passes else "Blocked by one: see above. Nothing was changed.")


@pytest.mark.parametrize("severity", [WARNING, NOTE])
def test_what_is_no_error_neither_blocks_nor_is_accepted(severity: str) -> None:
    found = judged([Finding("one", severity, "node-01", "why.")], ("one",), ("one",))
    assert found == {"blockers": [], "accepted": [], "refusal": ""}


def test_a_part_of_a_kind_accepts_nothing() -> None:
    assert not accepted(ONE, ["on", "one two", "ONE"])
    assert accepted(ONE, ["one"])


def test_a_plan_shows_what_was_accepted_apart_from_what_blocks() -> None:
    found = judged([ONE, blocker("two", "cluster", "so.")], ("one",), ("one",))
    assert judgement_lines(found) == [
        "Accepted by name:",
        "  one: node-01: why.",
        "Blocked by:",
        "  two: cluster: so.",
    ]
    assert judgement_lines(judged([], (), ())) == []


def test_an_accepted_error_says_so_and_a_note_stays_one() -> None:
    shown = labelled([ONE, Finding("one", NOTE, "node-01", "why.")], ["one"])
    assert [(row["accepted"], row["text"]) for row in shown] == [
        (True, "ACCEPTED one: node-01: why."),
        (False, "NOTE     one: node-01: why."),
    ]


def test_what_is_never_acceptable_is_not_accepted_by_name() -> None:
    (shown,) = labelled([ONE], ["one"], never={"one"})
    assert (shown["accepted"], shown["acceptable"]) == (False, False)
    (shown,) = labelled([ONE], ["one"], never={"two"})
    assert (shown["accepted"], shown["acceptable"]) == (True, True)
