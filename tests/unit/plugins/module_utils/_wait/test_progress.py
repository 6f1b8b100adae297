"""The lines of a wait: one at each change, one every few seconds, none in between."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.predicates import (
    FIRST_SAMPLE,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.progress import EVERY, Narrator
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Numbers,
    Progress,
    Unmet,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import MIB, A, B

GIB = 1024 * MIB
NAMES = {A: "node-04", B: "node-05"}

LACKING = Unmet("node_replicated", A, "its replica of shard 3 is not complete: 1 of 2 bytes")
SUSPECT = Unmet("node_alive", B, "is Suspect at http://g")


def copied(
    have: int = 5, bytes_have: int = 0, shards: tuple[int, ...] = (3, 11, 19), goal: int = 4 * GIB
) -> Numbers:
    return Numbers("node_replicated", A, "replicas complete", have, 8, bytes_have, goal, shards)


def unmet(elapsed: float, *things: Unmet | Numbers, good_for: float | None = None) -> Progress:
    reasons = tuple(thing for thing in things if isinstance(thing, Unmet))
    return Progress(
        elapsed,
        good_for,
        10.0,
        reasons,
        tuple(thing for thing in things if isinstance(thing, Numbers)),
    )


def good(elapsed: float, good_for: float) -> Progress:
    return Progress(elapsed, good_for, 10.0, (), ())


def test_a_line_tells_how_far_it_is_and_what_is_missing() -> None:
    narrator = Narrator(NAMES)
    narrator.line(unmet(0, LACKING, copied(3)))
    line = narrator.line(unmet(20, LACKING, copied(5, int(1.3 * GIB))))
    assert line == (
        "[  20 s] node-04: 5 of 8 replicas complete, 1.3 of 4.0 GiB, about 42 s left; "
        "waiting for shards 3, 11, 19"
    )


def test_that_a_sample_is_the_first_is_said_if_it_is_all_and_is_nothing_to_wait_for() -> None:
    first = Unmet("shards_settled", "cluster", FIRST_SAMPLE)
    assert Narrator(NAMES).line(unmet(0, first)) == (
        "[   0 s] first sample taken; comparing from the next one"
    )
    assert Narrator(NAMES).line(unmet(0, first, SUSPECT)) == (
        "[   0 s] node-05 is Suspect at http://g"
    )


def test_time_left_is_told_once_it_is_known() -> None:
    narrator = Narrator(NAMES)
    first = narrator.line(unmet(0, LACKING, copied(bytes_have=GIB)))
    assert first is not None
    assert "1.0 of 4.0 GiB; waiting" in first
    still = narrator.line(unmet(10, LACKING, copied(bytes_have=GIB)))
    assert still is not None
    assert "left" not in still
    # What was there before does not count: 1 GiB in 20 s, 2 GiB to go.
    moved = narrator.line(unmet(20, LACKING, copied(bytes_have=2 * GIB)))
    assert moved is not None
    assert "about 40 s left" in moved


def test_time_left_is_reckoned_anew_when_replicas_moved_away() -> None:
    narrator = Narrator(NAMES)
    narrator.line(unmet(0, LACKING, copied(bytes_have=3 * GIB)))
    fewer = narrator.line(unmet(10, LACKING, copied(bytes_have=GIB)))
    assert fewer is not None
    assert "left" not in fewer
    again = narrator.line(unmet(20, LACKING, copied(bytes_have=2 * GIB)))
    assert again is not None
    assert "about 20 s left" in again


def test_counts_without_bytes_tell_no_bytes() -> None:
    numbers = Numbers("node_has_shards", A, "replicas assigned", 0, 4)
    thing = Unmet("node_has_shards", A, "holds 0 replicas, at least 4 required")
    assert Narrator(NAMES).line(unmet(3, thing, numbers)) == (
        "[   3 s] node-04: 0 of 4 replicas assigned"
    )


def test_a_node_without_a_name_is_called_by_its_id() -> None:
    assert Narrator({}).line(unmet(0, SUSPECT)) == f"[   0 s] {B} is Suspect at http://g"


def test_a_reason_calls_nodes_by_their_names_too() -> None:
    thing = Unmet("leaders_elected", "shard 3", f"is led by node {B}, which is not Alive")
    assert Narrator(NAMES).line(unmet(0, thing)) == (
        "[   0 s] shard 3 is led by node-05, which is not Alive"
    )


def test_what_cannot_be_counted_is_told_in_words() -> None:
    assert Narrator(NAMES).line(unmet(0, SUSPECT, LACKING, copied())) == (
        "[   0 s] node-04: 5 of 8 replicas complete, 0.0 of 4.0 GiB; "
        "waiting for shards 3, 11, 19; node-05 is Suspect at http://g"
    )


def test_another_node_of_the_same_condition_is_not_left_out() -> None:
    missing = Unmet("node_replicated", B, "is not listed as a member")
    line = Narrator(NAMES).line(unmet(0, LACKING, missing, copied()))
    assert line is not None
    assert line.endswith("; node-05 is not listed as a member")
    assert "shard 3 is not complete" not in line


def test_numbers_of_the_cluster_stand_for_its_shards() -> None:
    numbers = Numbers("leaders_elected", "cluster", "shards led", 6, 8, shards=(3, 5))
    things = [Unmet("leaders_elected", f"shard {n}", "has no leader") for n in (3, 5)]
    assert Narrator(NAMES).line(unmet(0, *things, numbers)) == (
        "[   0 s] cluster: 6 of 8 shards led; waiting for shards 3, 5"
    )


def test_numbers_that_are_complete_say_nothing_is_missing() -> None:
    """The condition may still lack something that is not counted."""
    unplaced = Unmet("node_replicated", "shard 7", "does not say where its replicas are")
    assert Narrator(NAMES).line(unmet(0, unplaced, copied(8, shards=()))) == (
        "[   0 s] shard 7 does not say where its replicas are"
    )


def test_three_things_are_named_and_the_rest_counted() -> None:
    things = [Unmet("healthy", f"node {n}", "is Suspect") for n in range(5)]
    assert Narrator(NAMES).line(unmet(0, *things)) == (
        "[   0 s] node 0 is Suspect; node 1 is Suspect; node 2 is Suspect; and 2 more"
    )


def test_what_shards_have_in_common_is_one_thing() -> None:
    things = [Unmet("healthy", f"shard {n}", "has no leader") for n in range(5)]
    assert Narrator(NAMES).line(unmet(0, *things)) == "[   0 s] shards 0-4: each has no leader"
    exactly = Narrator(NAMES).line(unmet(0, *things[:3]))
    assert exactly is not None
    assert "more" not in exactly


def test_stability_is_told() -> None:
    assert (
        Narrator(NAMES).line(good(42, 4.4)) == "[  42 s] all conditions met, stable for 4 of 10 s"
    )


def test_between_changes_it_is_silent_for_a_while() -> None:
    narrator = Narrator(NAMES)
    lines = [narrator.line(unmet(second, SUSPECT)) for second in range(13)]
    assert [second for second, line in enumerate(lines) if line] == [0, 5, 10]
    assert EVERY == 5.0


def test_each_change_has_a_line_at_once() -> None:
    narrator = Narrator(NAMES)
    changes = [
        unmet(0.0, SUSPECT, LACKING, copied(5)),
        unmet(0.1, LACKING, copied(5)),
        unmet(0.2, LACKING, copied(6)),
        good(0.3, 0.0),
        unmet(0.4, LACKING, copied(6)),
    ]
    assert all(narrator.line(change) for change in changes)


def test_bytes_alone_are_no_change() -> None:
    narrator = Narrator(NAMES)
    assert narrator.line(unmet(0, LACKING, copied(bytes_have=1)))
    assert narrator.line(unmet(2, LACKING, copied(bytes_have=2))) is None
    assert narrator.line(good(3, 0))
    assert narrator.line(good(5, 2)) is None


def test_a_change_begins_the_silence_again() -> None:
    narrator = Narrator(NAMES)
    assert narrator.line(unmet(0, SUSPECT))
    assert narrator.line(unmet(4, LACKING))
    assert narrator.line(unmet(6, LACKING)) is None
    assert narrator.line(unmet(9, LACKING))


def test_a_wait_without_a_window_counts_its_samples() -> None:
    found = Progress(1.0, 0.0, 0.0, (), (), 1)
    assert Narrator({}).line(found) == "[   1 s] OK (sample 1 of 3)"
