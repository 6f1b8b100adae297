"""SWIM's rules for what to believe, without a network."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from tests.devcluster.stemedb_devnode.faults import Faults
from tests.devcluster.stemedb_devnode.swim import (
    ALIVE,
    DEAD,
    SUSPECT,
    Member,
    Swim,
    Times,
    member_from_wire,
)

ME = Member("me", "127.0.0.1", 1, 2, 5)
OTHER = Member("other", "127.0.0.2", 1, 2, 3)


@pytest.fixture
def swim() -> Swim:
    members = Swim(ME, "test", Times(1.0), age_out=100, faults=Faults(()))
    members.merge([OTHER])
    return members


@pytest.mark.parametrize(
    ("known", "heard", "believed"),
    [
        ((ALIVE, 3), (SUSPECT, 3), SUSPECT),
        ((ALIVE, 3), (SUSPECT, 2), ALIVE),
        ((SUSPECT, 3), (ALIVE, 3), SUSPECT),
        ((SUSPECT, 3), (ALIVE, 4), ALIVE),
        ((SUSPECT, 3), (DEAD, 3), DEAD),
        ((ALIVE, 4), (DEAD, 3), ALIVE),
        ((DEAD, 3), (ALIVE, 3), DEAD),
        ((DEAD, 3), (SUSPECT, 3), DEAD),
        ((DEAD, 3), (ALIVE, 4), ALIVE),
    ],
)
def test_the_newer_incarnation_wins_and_then_the_worse_state(
    known: tuple[str, int], heard: tuple[str, int], believed: str
) -> None:
    swim = Swim(ME, "test", Times(1.0), 100, Faults(()))
    now = time.monotonic()
    swim.merge([replace(OTHER, state=known[0], incarnation=known[1], since=now)])
    swim.merge([replace(OTHER, state=heard[0], incarnation=heard[1], since=now)])
    assert swim.members["other"].state == believed


@pytest.mark.parametrize("state", [SUSPECT, DEAD])
def test_a_node_refutes_what_is_said_of_it(swim: Swim, state: str) -> None:
    swim.merge([replace(ME, state=state)])
    assert (swim.me.state, swim.me.incarnation) == (ALIVE, 6)
    swim.merge([replace(ME, state=state)])
    assert swim.me.incarnation == 6, "an older rumour needs no answer"


@pytest.mark.parametrize("incarnation", [5, 9])
def test_a_node_overtakes_its_former_life(swim: Swim, incarnation: int) -> None:
    swim.merge([replace(ME, incarnation=incarnation, born=ME.born - 60)])
    assert swim.me.incarnation == incarnation + 1


def test_a_node_that_hears_of_itself_does_nothing(swim: Swim) -> None:
    swim.merge([ME])
    assert swim.me == ME


def test_a_forgotten_node_is_not_brought_back_by_an_old_rumour(swim: Swim) -> None:
    gone = replace(OTHER, node_id="gone", state=DEAD, since=time.monotonic() - 101)
    swim.merge([gone])
    assert "gone" not in swim.members
    swim.merge([replace(gone, since=time.monotonic() - 50)])
    assert swim.members["gone"].state == DEAD, "the rest of its time it is listed"


def test_a_forgotten_node_that_speaks_is_listed_as_dead_until_it_refutes_that(swim: Swim) -> None:
    swim._forgotten["gone"] = 3
    gone = replace(OTHER, node_id="gone")
    swim.merge([gone])
    assert "gone" not in swim.members, "a rumour"
    swim.hear(gone)
    assert swim.members["gone"].state == DEAD
    swim.hear(gone)
    assert swim.members["gone"].state == DEAD
    swim.hear(replace(gone, incarnation=4))
    assert swim.members["gone"].state == ALIVE


def test_the_time_since_death_travels_with_the_news() -> None:
    dead = replace(OTHER, state=DEAD, since=time.monotonic() - 42)
    heard = member_from_wire(dead.to_wire())
    assert heard == replace(dead, since=heard.since)
    assert abs(heard.since - dead.since) < 1


def test_only_coming_and_going_counts_as_a_change(swim: Swim) -> None:
    changed_at = swim.changed_at
    swim.merge([replace(OTHER, state=SUSPECT)])
    assert swim.changed_at == changed_at
    swim.merge([replace(OTHER, state=DEAD)])
    assert swim.changed_at > changed_at


@pytest.mark.parametrize(
    "packet", [b"", b"nonsense", b"[]", b"{}", b'{"cluster":"test"}', b"\xff\xfe", b"null"]
)
def test_what_is_not_swim_is_ignored(swim: Swim, packet: bytes) -> None:
    before = dict(swim.members)
    swim.datagram_received(packet, ("127.0.0.9", 9))
    assert swim.members == before


def test_dropped_peers_are_named_by_id_or_address(swim: Swim) -> None:
    assert not swim.blocked(OTHER.host)
    swim._faults.update({"drop_peers": ["other"]})
    assert swim.blocked(OTHER.host)
    assert not swim.blocked("127.0.0.3")
    swim._faults.update({"drop_peers": ["127.0.0.3"]})
    assert swim.blocked("127.0.0.3")
    assert not swim.blocked(OTHER.host)


@pytest.mark.parametrize("scale", [1.0, 0.2])
def test_detection_takes_as_long_as_the_guide_says(scale: float) -> None:
    times = Times(scale)
    # A round until it is asked (two if the order is unlucky), two tries of two pings, suspicion.
    tries = 2 * (times.ping_timeout + times.indirect_timeout)
    soonest = tries + times.suspicion
    latest = 2 * times.probe_interval + soonest + times.tick
    assert 30 * scale <= soonest
    assert latest <= 60 * scale
