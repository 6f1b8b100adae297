"""When a node's data is really there: sizes as first read, asked again all at once at the end."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import predicates as words
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Replica,
    Shard,
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.replication import (
    REPLICATED_FRACTION,
    Size,
    replica_size,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Condition,
    Memory,
    Plan,
    Reading,
    Settings,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.replicated import (
    check_node_replicated,
    check_replicas_complete,
    wanted_details,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.sample import (
    read as read_sample,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    OTHER_URL,
    URL,
    A,
    B,
    C,
    D,
    cluster,
    detail,
    nodes,
    observed,
    shard,
    silent,
    view,
)

REPLICATED = Condition("node_replicated", D)
ALL_COMPLETE = Condition("replicas_complete", True)
MEMBERS = nodes(A, B, C, D)

# D is new, and holds replicas of shards 0, 1 and 2, not of 3.
SHARDS = (shard(0, A, (A, B, D)), shard(1, B, (B, C, D)), shard(2, C, (C, D)), shard(3, A))


def told(*details: Shard, url: str = URL) -> View:
    return view(MEMBERS, SHARDS, url, details=details)


def sizes(zero: int | None, one: int | None, two: int | None) -> tuple[Shard, ...]:
    """Details of the three shards, whose leaders have 100 bytes, and D so many."""
    return (
        detail(0, A, a=100, b=100, d=zero),
        detail(1, B, b=100, c=100, d=one),
        detail(2, C, c=100, d=two),
    )


def known_after(
    memory: Memory,
    snapshot: Snapshot,
    settings: Settings = Settings(),  # noqa: B008
) -> Memory:
    """What a wait knows after this sample too."""
    return read_sample(Plan((), settings), snapshot, memory).memory


def size_of(snapshot: Snapshot, node: str, memory: Memory = Memory()) -> Size:  # noqa: B008
    """That of the node's replica of shard 0, as a wait reads it."""
    return replica_size(snapshot, 0, node, memory.leader_sizes, REPLICATED_FRACTION)


def read(
    snapshot: Snapshot, memory: Memory | None = None, condition: Condition = REPLICATED
) -> Reading:
    """As a wait reads it: remembered first."""
    known = known_after(memory or Memory(), snapshot)
    return check_node_replicated(condition, snapshot, known, Settings())


def after(*snapshots: Snapshot) -> Memory:
    """What a wait knows after these samples."""
    memory = Memory()
    for snapshot in snapshots:
        memory = known_after(memory, snapshot)
    return memory


def wanted(snapshot: Snapshot, memory: Memory | None = None) -> set[int]:
    return set(wanted_details([REPLICATED], snapshot, memory or Memory(), Settings()))


# --- the leader's size ---------------------------------------------------------------------------


def test_a_view_that_lags_does_not_lower_the_goal() -> None:
    """Else a leader's 0, read first, would make an empty replica complete for ever."""
    late, fresh = told(detail(0, A, a=0, d=0)), told(detail(0, A, a=100, d=0), url=OTHER_URL)
    for order in ((late, fresh), (fresh, late)):
        snapshot = observed(*order)
        memory = after(snapshot)
        assert memory.leader_sizes == {0: 100}
        assert size_of(snapshot, D).goal == 100
        assert size_of(snapshot, D, memory).complete is False


def test_the_goal_stays_as_first_read_while_the_shard_grows() -> None:
    memory = after(observed(told(detail(0, A, a=100, d=0))))
    later = observed(told(detail(0, A, a=4000, d=96)))
    assert size_of(later, D, memory) == (96, 100, True)
    assert after(observed(told(detail(0, A, a=100, d=0))), later).leader_sizes == {0: 100}


# --- the condition -------------------------------------------------------------------------------


def test_it_is_met_when_each_replica_is_complete() -> None:
    reading = read(observed(told(*sizes(100, 95, 105))))
    assert reading.unmet == ()
    assert reading.numbers == (
        "node_replicated",
        D,
        "replicas complete",
        3,
        3,
        295,
        300,
        (),
    )


def test_a_zero_byte_shard_is_complete_with_a_known_zero_only() -> None:
    empty = [shard(0, A, (A, D))]
    zero = cluster(members=MEMBERS, shards=empty, details=[detail(0, A, a=0, d=0)])
    assert read(zero).unmet == ()
    unknown = cluster(members=MEMBERS, shards=empty, details=[detail(0, A, a=0, d=None)])
    assert "unknown size" in read(unknown).unmet[0].reason


def test_each_replica_that_is_not_complete_is_named() -> None:
    reading = read(observed(told(*sizes(100, 94, None))))
    assert [thing.reason for thing in reading.unmet] == [
        "its replica of shard 1 is not complete: 94 of 100 bytes",
        "its replica of shard 2 is not complete: of unknown size",
    ]
    assert {(u.condition, u.subject, u.section) for u in reading.unmet} == {
        ("node_replicated", D, words.REBALANCING)
    }
    assert reading.numbers is not None
    assert (reading.numbers.have, reading.numbers.goal, reading.numbers.shards) == (1, 3, (1, 2))
    assert (reading.numbers.bytes_have, reading.numbers.bytes_goal) == (194, 300)


def test_more_bytes_than_its_leader_had_make_up_for_nothing() -> None:
    reading = read(observed(told(*sizes(105, 0, 0))))
    assert reading.numbers is not None
    assert (reading.numbers.bytes_have, reading.numbers.bytes_goal) == (100, 300)


def test_no_replicas_are_not_complete_ones() -> None:
    reading = read(cluster(members=MEMBERS, shards=[shard(3)]))
    assert reading.unmet == (("node_replicated", D, "holds no replicas", words.REBALANCING),)


def test_a_node_that_is_not_listed_is_named_as_asked_for() -> None:
    reading = read(cluster())
    assert [(u.subject, u.reason) for u in reading.unmet] == [(D, "is not listed as a member")]


def test_a_replica_that_only_one_view_sees_must_be_complete_too() -> None:
    before = view(MEMBERS, [shard(0)], OTHER_URL)
    reading = read(observed(told(*sizes(100, 100, 100)), before))
    assert len(reading.unmet) == 3


def test_a_shard_of_unknown_replicas_may_have_an_empty_one_here() -> None:
    shards = [shard(0, A, (A, B, D)), shard(1, B, None)]
    done = detail(0, A, a=100, b=100, d=100)
    reading = read(cluster(members=MEMBERS, shards=shards, details=[done]))
    assert [u.subject for u in reading.unmet] == ["shard 1"]
    nothing_known = cluster(members=MEMBERS, shards=[shard(1, B, None)])
    assert [u.subject for u in read(nothing_known).unmet] == ["shard 1", D]


def test_a_goal_that_is_unknown_counts_no_bytes() -> None:
    lost = Shard(0, None, None, None, (Replica(D, None, 70),))
    snapshot = observed(told(lost, *sizes(0, 50, 50)[1:]))
    assert after(snapshot).leader_sizes == {1: 100, 2: 100}
    reading = read(snapshot)
    assert reading.unmet[0].reason == "its replica of shard 0 is not complete: of unknown size"
    assert reading.numbers is not None
    assert (reading.numbers.bytes_have, reading.numbers.bytes_goal) == (100, 200)


# --- what is asked -------------------------------------------------------------------------------


def test_only_shards_of_the_node_are_asked_about() -> None:
    assert wanted(observed(told())) == {0, 1, 2}
    assert wanted(cluster()) == set()
    assert wanted(cluster(members=MEMBERS)) == set()


def test_other_conditions_ask_for_nothing() -> None:
    others = [Condition("healthy", True), Condition("node_has_shards", (D, 1))]
    assert wanted_details(others, observed(told()), Memory(), Settings()) == frozenset()


def test_what_was_answered_is_not_asked_again_in_the_same_sample() -> None:
    partial = observed(told(detail(0, A, a=100, b=100, d=50)))
    assert wanted(partial) == {1, 2}
    assert wanted(observed(told(*sizes(0, 0, 0)))) == set()


def test_a_replica_found_complete_is_not_asked_again_until_all_are() -> None:
    memory = after(observed(told(*sizes(100, 50, 0))))
    assert wanted(observed(told()), memory) == {1, 2}
    # In the next sample only shard 2 still lacks: nothing more is asked.
    partial = observed(told(*sizes(0, 100, 60)[1:]))
    assert wanted(partial, memory) == set()
    reading = read(partial, memory)
    assert reading.numbers is not None
    assert (reading.numbers.have, reading.numbers.shards) == (2, (2,))
    assert reading.numbers.bytes_have == 260


def test_once_all_are_complete_all_are_asked_at_once() -> None:
    memory = after(observed(told(*sizes(100, 50, 0))))
    # The open ones turn out complete: the one that was not asked is wanted in the same sample.
    assert wanted(observed(told(*sizes(0, 100, 100)[1:])), memory) == {0}
    memory = after(observed(told(*sizes(100, 100, 100))))
    assert wanted(observed(told()), memory) == {0, 1, 2}


def test_a_replica_that_shrank_meanwhile_is_found_out() -> None:
    memory = after(observed(told(*sizes(100, 50, 0))))
    reading = read(observed(told(*sizes(30, 100, 100))), memory)
    assert [u.reason for u in reading.unmet] == [
        "its replica of shard 0 is not complete: 30 of 100 bytes"
    ]


def test_the_last_word_needs_the_size_of_every_replica() -> None:
    """Shard 0 was complete; now it gives no size, as it is being merged away."""
    memory = after(observed(told(*sizes(100, 50, 0))))
    reading = read(observed(told(*sizes(0, 100, 100)[1:])), memory)
    assert [u.reason for u in reading.unmet] == [
        "its replica of shard 0 is not complete: of unknown size"
    ]
    assert reading.numbers is not None
    assert reading.numbers.shards == (0,)


def test_a_replica_that_one_view_no_longer_tells_of_is_unknown_again() -> None:
    memory = after(observed(told(*sizes(100, 0, 0)), told(*sizes(100, 0, 0), url=OTHER_URL)))
    half = observed(told(*sizes(100, 0, 0)), told(*sizes(100, 0, 0)[1:], url=OTHER_URL))
    reading = read(half, memory)
    assert reading.numbers is not None
    assert reading.numbers.shards == (0, 1, 2)


def test_a_shard_that_disappears_while_it_is_asked_about_is_unknown() -> None:
    reading = read(observed(told(*sizes(100, 100, 100)[:2])))
    assert [u.reason for u in reading.unmet] == [
        "its replica of shard 2 is not complete: of unknown size"
    ]


def test_a_replica_complete_in_one_view_only_is_asked_again() -> None:
    memory = after(observed(told(*sizes(100, 100, 100)), told(*sizes(100, 50, 0), url=OTHER_URL)))
    assert memory.done >= {(0, D)}
    assert not memory.done & {(1, D), (2, D)}


def test_nodes_are_asked_about_apart() -> None:
    other = Condition("node_replicated", C)
    asked = wanted_details([REPLICATED, other], observed(told()), Memory(), Settings())
    assert asked == {0, 1, 2, 3}
    memory = after(observed(told(*sizes(100, 100, 100))))
    # D is complete throughout, C not: shard 3 of C is still open, D's are all asked at once.
    asked = wanted_details([REPLICATED, other], observed(told()), memory, Settings())
    assert asked == {0, 1, 2, 3}
    assert wanted_details([other], observed(told()), memory, Settings()) == {3}


def test_the_fraction_is_that_of_the_settings() -> None:
    snapshot = observed(told(*sizes(60, 60, 60)))
    half = Settings(fraction=0.5)
    memory = known_after(Memory(), snapshot, half)
    assert check_node_replicated(REPLICATED, snapshot, memory, half).unmet == ()
    assert len(read(snapshot).unmet) == 3


# --- a leader that is no measure -----------------------------------------------------------------


def all_complete(*snapshots: Snapshot) -> Reading:
    memory = after(*snapshots)
    return check_replicas_complete(ALL_COMPLETE, snapshots[-1], memory, Settings())


def one_shard(leader: str = A, **sizes: int | None) -> Snapshot:
    listed = [shard(0, leader, (A, B, D))]
    return cluster(members=MEMBERS, shards=listed, details=[detail(0, leader, **sizes)])


@pytest.mark.parametrize("leader", [0, 1, 94])
def test_a_leader_that_has_less_than_another_measures_nobody(leader: int) -> None:
    snapshot = one_shard(a=leader, b=100, d=leader)
    for node in (A, B, D):
        assert size_of(snapshot, node).complete is None
    reasons = [u.reason for u in all_complete(snapshot).unmet]
    assert len(reasons) == 3
    text = f"its leader has {leader} bytes and its replica on {B} 100"
    assert all(text in reason for reason in reasons)
    # Nor does it once a goal is known.
    assert len(all_complete(one_shard(a=100, b=100, d=100), snapshot).unmet) == 3


@pytest.mark.parametrize("leader", [0, 1, 94])
def test_nor_does_one_that_has_less_in_a_single_view(leader: int) -> None:
    """Another view that reads it as large as all others does not make it whole."""
    whole = told(detail(0, A, a=100, b=100, d=100))
    short = told(detail(0, A, a=leader, b=100, d=100), url=OTHER_URL)
    for order in ((whole, short), (short, whole), (short,)):
        assert size_of(observed(*order), D).complete is None


def test_an_empty_leader_is_right_only_if_nobody_has_more_the_dead_included() -> None:
    listed = [shard(0, A, (A, B, D))]
    members = nodes(A, B, C, D, d="Dead")
    for has, complete in ((0, True), (7, None)):
        snapshot = cluster(members=members, shards=listed, details=[detail(0, A, a=0, b=0, d=has)])
        assert size_of(snapshot, B).complete is complete
    # Of one that is not empty the Dead are no measure: theirs may be of before a compaction.
    snapshot = cluster(members=members, shards=listed, details=[detail(0, A, a=50, b=50, d=100)])
    assert size_of(snapshot, B).complete is True
    assert all_complete(snapshot).unmet == ()


def test_the_goal_follows_the_leader_down_and_never_up() -> None:
    split = [one_shard(a=100, b=100, d=40), one_shard(a=50, b=50, d=50)]
    assert after(*split).leader_sizes == {0: 50}
    assert all_complete(*split).unmet == ()
    assert after(*split, one_shard(a=90, b=90, d=60)).leader_sizes == {0: 50}


def test_the_goal_follows_down_only_what_is_known_for_sure() -> None:
    first = one_shard(a=100, b=100, d=40)
    for doubtful in (
        one_shard(a=50, b=None, d=50),
        one_shard(a=50, b=100, d=50),
        Snapshot(one_shard(a=50, b=50, d=50).views, (silent(),)),
    ):
        assert after(first, doubtful).leader_sizes == {0: 100}


def test_an_empty_leader_is_no_goal_to_keep() -> None:
    assert len(all_complete(one_shard(a=0, b=0, d=0), one_shard(a=100, b=100, d=1)).unmet) == 1
    emptied = (one_shard(a=100, b=100, d=100), one_shard(a=0, b=0, d=0))
    assert all_complete(*emptied).unmet == ()


# --- every replica of every shard ----------------------------------------------------------------


def test_all_replicas_are_asked_about_until_each_is_complete() -> None:
    def wanted_of_all(snapshot: Snapshot, memory: Memory) -> set[int]:
        return set(wanted_details([ALL_COMPLETE], snapshot, memory, Settings()))

    rest = detail(3, A, a=9, b=9, c=9)
    assert wanted_of_all(observed(told()), Memory()) == {0, 1, 2, 3}
    memory = after(observed(told(*sizes(100, 50, 100), rest)))
    assert wanted_of_all(observed(told()), memory) == {1}
    memory = after(observed(told(*sizes(100, 100, 100), rest)))
    assert wanted_of_all(observed(told()), memory) == {0, 1, 2, 3}


def test_each_replica_of_any_node_has_to_be_complete() -> None:
    rest = detail(3, A, a=9, b=9, c=8)
    reading = all_complete(observed(told(*sizes(100, 100, 0), rest)))
    assert [(u.subject, u.reason) for u in reading.unmet] == [
        ("shard 2", f"its replica on {D} is not complete: 0 of 100 bytes"),
        ("shard 3", f"its replica on {C} is not complete: 8 of 9 bytes"),
    ]
    assert reading.numbers is not None
    assert (reading.numbers.have, reading.numbers.goal, reading.numbers.shards) == (9, 11, (2, 3))
    assert reading.numbers.subject == words.CLUSTER


def test_a_shard_that_only_the_dead_hold_is_not_complete() -> None:
    dead = cluster(members=nodes(A, B, C, d="Dead"), shards=[shard(0, A, (D,))])
    assert [u.subject for u in all_complete(dead).unmet] == ["shard 0"]
    assert len(all_complete(cluster(shards=[shard(0, A, None)])).unmet) == 2
