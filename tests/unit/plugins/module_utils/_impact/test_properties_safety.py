"""What holds of the guard whatever the observers say, and that it says what a naive one does."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Node,
    Observer,
    Replica,
    Shard,
    Snapshot,
    Status,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.assess import (
    AT_RISK,
    KINDS,
    Impact,
    Limits,
    assess,
    groups,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.evidence import wanted_sizes
from ansible_collections.stemedb.cluster.tests.unit.support.naive_guard import naive
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.support.examples import examples

IDS = tuple(f"{letter * 4}-0001" for letter in "abcdef")
# Mostly what a healthy cluster says, so that a stop is safe often enough to be tried.
STATES = st.sampled_from(["Alive"] * 30 + ["Suspect", "Dead", "Leaving"])
SIZES = st.sampled_from([100] * 26 + [96, 95, 94, 0])
FACTORS = st.sampled_from([3] * 6 + [1, 2, 2, 4, 5])
ZONES = st.sampled_from(["east", "west", "north"])
Draw = Callable[[Any], Any]


class World(NamedTuple):
    """A question and all that it is asked of."""

    targets: list[str]
    snapshot: Snapshot
    limits: Limits


def asked(world: World) -> Impact:
    return assess(world.targets, world.snapshot, world.limits)


def at_risk(world: World) -> set[tuple[str, str]]:
    """What is known to be at risk: of a shard's replicas that it is, not how much."""
    return {
        ("replicas" if "replica" in blocker.kind else blocker.kind, blocker.subject)
        for blocker in asked(world).blockers
        if blocker.kind in AT_RISK
    }


@st.composite
def some_shard(draw: Draw, shard_id: int, ids: list[str], factor: int) -> Shard:
    count = draw(st.sampled_from([factor] * 6 + [factor - 1, factor + 1]))
    placed = draw(st.permutations(ids))[: max(0, count)]
    leader = draw(st.sampled_from([*placed * 20, *ids, None]))
    replicas = tuple(Replica(node_id, None, draw(SIZES)) for node_id in placed)
    return Shard(shard_id, leader, tuple(placed), None, replicas)


@st.composite
def some_view(draw: Draw, ids: list[str], factor: int, place: int = 0) -> View:
    members = tuple(Node(node_id, None, draw(STATES)) for node_id in ids)
    details = tuple(draw(some_shard(n, ids, factor)) for n in range(draw(st.integers(1, 3))))
    shards = tuple(shard._replace(replicas=None) for shard in details)
    status = Status("prod", "healthy", len(members), len(shards), factor, 1, members)
    return View(f"http://gateway-{place}:1", status, shards, None, details)


@st.composite
def limits(draw: Draw, ids: list[str]) -> Limits:
    zones = {node_id: draw(ZONES) for node_id in ids} if draw(st.booleans()) else {}
    return Limits(
        draw(st.booleans()),
        draw(st.sampled_from([None] * 4 + [1, 2, 3])),
        draw(st.sampled_from([None] * 4 + [1, 2, 3, 4])),
        draw(st.sampled_from([1, 1, 1, 2])),
        draw(st.sampled_from([0.95, 0.95, 0.5, 1.0])),
        zones,
    )


@st.composite
def worlds(draw: Draw) -> World:
    """Nothing in it is unknown as such, but the observers may differ, and shards lack leaders."""
    ids = list(IDS[: draw(st.integers(3, 6))])
    factor = draw(FACTORS)
    first = draw(some_view(ids, factor))
    count = draw(st.integers(1, 3))
    views = [first]
    for place in range(1, count):
        view = draw(st.sampled_from([first] * 9 + [None])) or draw(some_view(ids, factor))
        details = view.details
        if draw(st.integers(0, 3)) == 0:
            # The same cluster, with sizes of another moment.
            details = tuple(
                shard._replace(
                    replicas=tuple(r._replace(size_bytes=draw(SIZES)) for r in shard.replicas or ())
                )
                for shard in details
            )
        views.append(View(f"http://gateway-{place}:1", view.status, view.shards, None, details))
    # Each is on a member, mostly on one that nobody asks about.
    on = st.sampled_from([*ids, *[f"gggg-000{n}" for n in range(3)] * 6])
    observers = tuple(Observer(view.url, draw(on), reachable=True) for view in views)
    targets = draw(st.lists(st.sampled_from(ids), min_size=1, max_size=3, unique=True))
    return World(targets, Snapshot(tuple(views), observers), draw(limits(ids)))


# --- as a naive guard would say ------------------------------------------------------------------


@given(worlds())
@examples(600)
def test_it_says_what_a_naive_one_says(world: World) -> None:
    found = asked(world)
    wanted = naive(set(world.targets), world.snapshot, world.limits)
    assert found.safe is wanted.safe, found
    if not wanted.unknown:
        assert {blocker.kind for blocker in found.blockers} == wanted.at_risk
        assert found.alive_after == wanted.alive_after
        assert {row.shard_id: row.good_after for row in found.shards} == wanted.good_after


@given(worlds())
@examples(150)
def test_each_blocker_is_of_a_kind_and_the_worst_come_first(world: World) -> None:
    blockers = asked(world).blockers
    assert [b.kind for b in blockers] == sorted((b.kind for b in blockers), key=KINDS.index)
    assert all(blocker.subject and blocker.detail for blocker in blockers)


@given(worlds())
@examples(300)
def test_sizes_of_what_the_nodes_do_not_touch_change_nothing(world: World) -> None:
    """As it is asked: the sizes of their shards alone are read."""
    bare = [View(v.url, v.status, v.shards) for v in world.snapshot.views]
    observers = world.snapshot.observers
    wanted = wanted_sizes(world.targets, Snapshot(tuple(bare), observers))
    views = [
        View(v.url, v.status, v.shards, None, tuple(d for d in v.details if d.shard_id in wanted))
        for v in world.snapshot.views
    ]
    assert asked(world._replace(snapshot=Snapshot(tuple(views), observers))) == asked(world)


# --- what can make nothing safer -----------------------------------------------------------------


def zones_left(world: World) -> int:
    """In how many zones nodes are left; none where zones do not matter."""
    left = world.snapshot.alive - set(world.targets)
    return len({world.limits.zones.get(node_id, node_id) for node_id in left if world.limits.zones})


@given(worlds(), st.sampled_from(IDS))
@examples(250)
def test_one_node_more_makes_nothing_safer(world: World, other: str) -> None:
    more = world._replace(targets=[*world.targets, other])
    # Where a single zone is left, that is noted, and blocks nothing: see the guide to impact.
    if zones_left(more) > 1 or zones_left(world) < 2:
        assert not asked(more).safe or asked(world).safe
    now, then = asked(world), asked(more)
    assert now.alive_after is not None
    assert then.alive_after is not None
    assert then.alive_after <= now.alive_after
    left = {row.shard_id: row.good_after for row in then.shards}
    for row in now.shards:
        good = left[row.shard_id]
        assert row.good_after is None or (good is not None and good <= row.good_after)


@given(worlds(), st.integers(0, 2))
@examples(150)
def test_an_observer_that_falls_silent_makes_nothing_safe(world: World, which: int) -> None:
    views, observers = list(world.snapshot.views), list(world.snapshot.observers)
    which %= len(views)
    quiet = Observer(observers[which].url, error="no answer", error_code="timeout")
    kept = views[:which] + views[which + 1 :] or views
    snapshot = Snapshot(tuple(kept), (*observers[:which], quiet, *observers[which + 1 :]))
    assert not asked(world._replace(snapshot=snapshot)).safe


@given(worlds(), st.integers(0, 2))
@examples(250)
def test_one_view_more_makes_nothing_safer(world: World, which: int) -> None:
    views, observers = world.snapshot.views, world.snapshot.observers
    which %= len(views)
    if len(views) > 1 and world.limits.min_observers == 1 and asked(world).safe:
        fewer = Snapshot(
            views[:which] + views[which + 1 :], observers[:which] + observers[which + 1 :]
        )
        kinds = {blocker.kind for blocker in asked(world._replace(snapshot=fewer)).blockers}
        # With fewer to ask, the only one that is left may be that of the node itself.
        assert kinds <= {"single_observer"}


@given(worlds())
@examples(150)
def test_stricter_limits_make_nothing_safer(world: World) -> None:
    was = world.limits
    for stricter in (
        # None, a default, stays one.
        was._replace(min_live_replicas=was.min_live_replicas and was.min_live_replicas + 1),
        was._replace(min_nodes=was.min_nodes and was.min_nodes + 1),
        was._replace(min_observers=was.min_observers + 1),
        was._replace(fraction=1.0),
        was._replace(zones=was.zones or dict.fromkeys(IDS, "east")),
    ):
        assert not asked(world._replace(limits=stricter)).safe or asked(world).safe


def leading(world: World, shard_id: int) -> list[int]:
    """How much of a shard its leaders are known to hold, in any view."""
    return [
        replica.size_bytes
        for view in world.snapshot.views
        for shard in view.details
        for replica in shard.replicas or ()
        if shard.shard_id == shard_id
        and replica.node_id == shard.leader_node
        and replica.size_bytes is not None
    ]


@given(worlds(), st.sampled_from([0, 50, 94, 95, 99]), st.integers(0, 20))
@examples(150)
def test_a_follower_that_has_less_makes_nothing_safer(world: World, size: int, which: int) -> None:
    for place, view in enumerate(world.snapshot.views):
        details = []
        for shard in view.details:
            rows = list(shard.replicas or ())
            at = which % len(rows) if rows else 0
            # One that holds more than a leader makes it no measure: with less there is less doubt.
            least = min(leading(world, shard.shard_id), default=0)
            if (
                rows
                and rows[at].node_id != shard.leader_node
                and (rows[at].size_bytes or 0) <= least
            ):
                rows[at] = rows[at]._replace(size_bytes=min(size, rows[at].size_bytes or 0))
            details.append(shard._replace(replicas=tuple(rows)))
        views = list(world.snapshot.views)
        views[place] = View(view.url, view.status, view.shards, None, tuple(details))
        less = world._replace(snapshot=Snapshot(tuple(views), world.snapshot.observers))
        assert not asked(less).safe or asked(world).safe


def forgetful(world: World) -> list[tuple[str, World]]:
    """The same world with one thing unknown to its first observer, or to whoever asks."""
    first = world.snapshot.views[0]
    status, shards, details = first.status, first.shards or (), first.details

    def again(view: View) -> World:
        views = (view, *world.snapshot.views[1:])
        return world._replace(snapshot=Snapshot(views, world.snapshot.observers))

    def told(**changed: Any) -> World:
        return again(View(first.url, status._replace(**changed), shards, None, details))

    def listed(changed: Shard) -> World:
        others = tuple(s for s in shards if s.shard_id != changed.shard_id)
        return again(View(first.url, status, (changed, *others), None, details))

    def detailed(*changed: Shard) -> World:
        others = tuple(s for s in details if s.shard_id not in {c.shard_id for c in changed})
        return again(View(first.url, status, shards, None, (*changed, *others)))

    nodes = status.nodes or ()
    forgotten = [
        ("nodes", told(nodes=None)),
        ("count", told(node_count=None)),
        ("count", told(shard_count=None)),
        ("factor", told(replication_factor=None)),
        ("shards", again(View(first.url, status, None, None, details))),
        ("state", told(nodes=(nodes[0]._replace(state=None), *nodes[1:]))),
        ("details", again(View(first.url, status, shards, None, ()))),
    ]
    for shard, detail in zip(shards, details):
        forgotten += [
            ("replicas", listed(shard._replace(replica_nodes=None))),
            ("leader", listed(shard._replace(leader_node=None))),
            ("details", detailed(detail._replace(replicas=None))),
        ]
        for place, replica in enumerate(detail.replicas or ()):
            rows = list(detail.replicas or ())
            rows[place] = replica._replace(size_bytes=None)
            forgotten.append(("size", detailed(detail._replace(replicas=tuple(rows)))))
    for node_id in world.limits.zones:
        zones = {n: zone for n, zone in world.limits.zones.items() if n != node_id}
        if zones:
            forgotten.append(("zone", world._replace(limits=world.limits._replace(zones=zones))))
    return forgotten


@given(worlds())
@examples(100)
def test_what_is_unknown_makes_nothing_safer(world: World) -> None:
    safe = asked(world).safe
    sizes = [
        r.size_bytes for v in world.snapshot.views for s in v.details for r in s.replicas or ()
    ]
    for what, forgotten in forgetful(world):
        # Beside an empty leader a Dead node's replica counts only where it is known to be larger.
        if what not in ("size", "details") or 0 not in sizes:
            assert not asked(forgotten).safe or safe, what
        if what in ("nodes", "count", "factor", "shards", "state", "replicas", "leader"):
            assert not asked(forgotten).safe, what


@given(worlds())
@examples(100)
def test_what_is_said_to_be_at_risk_is(world: World) -> None:
    """Whatever is unknown: nothing is claimed that would not hold if it were known."""
    known = at_risk(world)
    # Where fewer are left than was known, they are in one zone, or in none.
    known |= {("single_zone", subject) for kind, subject in known if kind == "replicas"}
    empty = {
        f"shard {shard.shard_id}"
        for view in world.snapshot.views
        for shard in view.details
        if any(replica.size_bytes == 0 for replica in shard.replicas or ())
    }
    for what, forgotten in forgetful(world):
        # A node in no known state is not Alive; one in no known zone is in one of its own; and an
        # empty replica is none unless its leader is known to be empty.
        if what not in ("state", "zone"):
            claimed = at_risk(forgotten) - known
            assert {subject for _kind, subject in claimed} <= (empty if what == "size" else set())


@given(worlds(), st.randoms(use_true_random=False))
@examples(150)
def test_the_order_does_not_matter(world: World, chance: Any) -> None:
    targets, views = list(world.targets), list(world.snapshot.views)
    chance.shuffle(targets)
    chance.shuffle(views)
    other = World(targets, Snapshot(tuple(views), world.snapshot.observers), world.limits)
    one, two = asked(world), asked(other)
    assert (one.safe, one.shards, one.alive_after) == (two.safe, two.shards, two.alive_after)
    assert at_risk(world) == at_risk(other)


# --- groups --------------------------------------------------------------------------------------


@given(worlds(), st.lists(st.sampled_from(IDS), min_size=1, max_size=6, unique=True))
@examples(150)
def test_groups_are_safe_and_as_large_as_can_be_in_that_order(
    world: World, names: list[str]
) -> None:
    def safe(*nodes: str) -> bool:
        # Sizes are known of the shards of all candidates, as they are when groups are asked for.
        return assess(nodes, world.snapshot, world.limits).safe

    made = groups(names, world.snapshot, world.limits)
    grouped = [node_id for group in made for node_id in group]
    assert sorted(grouped) == sorted(set(grouped))
    assert set(names) - set(grouped) == {name for name in names if not safe(name)}
    for place, group in enumerate(made):
        assert safe(*group)
        assert group == sorted(group, key=names.index)
        for node_id in group:
            for earlier in made[:place]:
                before = [n for n in earlier if names.index(n) < names.index(node_id)]
                assert not safe(*before, node_id)
