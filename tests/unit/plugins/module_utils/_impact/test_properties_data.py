"""Against a model that knows where the data truly is: nothing that is allowed loses it.

The model is told in views that may be late, incomplete and led by anybody; sizes that they give are
those of some moment. What they cannot know, data that no live node holds any more, is not asked of
them.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    DEAD,
    Health,
    Node,
    Observer,
    Replica,
    Shard,
    Snapshot,
    Status,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.assess import Limits, assess
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Condition,
    Memory,
    Plan,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.sample import read
from ansible_collections.stemedb.cluster.plugins.plugin_utils._operation.goals import (
    add_goals,
    bootstrap_goals,
    restart_goals,
)
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unit.support.examples import examples

IDS = tuple(f"{letter * 4}-0001" for letter in "abcde")
FULL = 100
Draw = Callable[[Any], Any]


class Truth(NamedTuple):
    """One shard: who leads it, who is up, and how many bytes of its data each replica holds."""

    leader: str
    alive: frozenset[str]
    held: dict[str, int]

    def whole(self, nodes: frozenset[str]) -> frozenset[str]:
        """Which of these hold all that anybody holds, within the tolerance.

        Twice: a leader may lack 5 % of another's, and a replica 5 % of its leader's.
        """
        most = max(self.held.values())
        return frozenset(n for n in nodes if self.held.get(n, -1) >= 0.95 * 0.95 * most)


@st.composite
def truths(draw: Draw) -> Truth:
    """Wiped disks, copies under way, nodes down: whoever is up may lead."""
    count = draw(st.integers(3, 5))
    holders = draw(st.permutations(IDS))[:count]
    sizes = st.sampled_from([FULL] * 5 + [0, 0, 1, 40, 94, 96])
    held = {node: draw(sizes) for node in holders}
    down = draw(st.sets(st.sampled_from(IDS), max_size=1)) if draw(st.booleans()) else set()
    alive = frozenset(IDS) - down
    leader = draw(st.sampled_from(sorted(set(holders) & alive)))
    return Truth(leader, alive, held)


def told(draw: Draw, truth: Truth, place: int, forgets: bool) -> View:
    """What one observer says: some sizes may be unknown to it, or of a moment before."""
    members = tuple(Node(n, None, ALIVE if n in truth.alive else DEAD) for n in IDS)
    replicas = []
    for node, size in truth.held.items():
        # The first knows how it is now or does not say; all others may be late.
        late = [None, size // 2] if place else [None]
        known = draw(st.sampled_from([size] * 12 + late)) if forgets else size
        replicas.append(Replica(node, None, known))
    shown = tuple(truth.held)
    # Some gateways give a size for the whole shard too.
    detail = Shard(0, truth.leader, shown, draw(st.sampled_from([None, FULL])), tuple(replicas))
    status = Status("prod", "healthy", len(IDS), 1, 3, 1, members)
    listed = (Shard(0, truth.leader, shown),)
    return View(f"http://gateway-{place}:1", status, listed, Health(200, "healthy"), (detail,))


@st.composite
def seen(draw: Draw, truth: Truth, forgets: bool = True) -> Snapshot:
    views = tuple(told(draw, truth, n, forgets) for n in range(draw(st.integers(1, 3))))
    observers = tuple(Observer(v.url, f"w-{n}", reachable=True) for n, v in enumerate(views))
    return Snapshot(views, observers)


@given(
    st.data(),
    truths(),
    st.sets(st.sampled_from(IDS), min_size=1, max_size=2),
    st.booleans(),
    st.sampled_from([None, 1]),
)
@examples(500)
def test_nothing_that_the_guard_allows_leaves_a_shard_without_its_data(
    data: Any, truth: Truth, targets: set[str], permanent: bool, least: int | None
) -> None:
    """Removal, restart, and the deletion of what a removed node held."""
    snapshot = data.draw(seen(truth))
    limits = Limits(permanent, min_live_replicas=least, min_nodes=1)
    impact = assess(sorted(targets), snapshot, limits)
    gone = frozenset(targets)
    # What only a node holds that is down, and stays, is neither kept nor lost by this.
    down = frozenset(truth.held) - truth.alive
    assume(not truth.whole(down - gone))
    if impact.safe and (gone & truth.held.keys()):
        assert truth.whole(truth.alive - gone), (truth, impact)


def holds(snapshot: Snapshot, goals: list[dict[str, Any]]) -> bool:
    """Whether a wait would be over with this sample, were it to stay so."""
    plan = Plan(tuple(Condition(*next(iter(goal.items()))) for goal in goals))
    return not read(plan, snapshot, read(plan, snapshot, Memory()).memory).unmet


@given(st.data(), truths())
@examples(300)
def test_no_procedure_ends_before_every_live_replica_holds_the_data(
    data: Any, truth: Truth
) -> None:
    """What a removal, a replacement, an addition, a start and a restart wait for at their end."""
    snapshot = data.draw(seen(truth))
    node = sorted(truth.held)[0]
    before = {
        "cluster": {"healthy": True, "replication_factor": 3},
        "nodes": [{"node_id": n, "state": ALIVE, "shards": [0]} for n in IDS],
    }
    live = frozenset(truth.held) & truth.alive
    down = frozenset(truth.held) - truth.alive
    assume(not truth.whole(down))
    for goals in (
        [{"replicas_complete": True}],
        add_goals(before, node),
        bootstrap_goals(IDS),
        restart_goals(before["nodes"], node),  # type: ignore[arg-type]
    ):
        if holds(snapshot, goals):
            assert truth.whole(live) == live, goals


@given(st.data(), truths())
@examples(150)
def test_a_shard_whose_live_replicas_are_all_whole_is_waited_for_no_longer(
    data: Any, truth: Truth
) -> None:
    """The condition comes true where all of it is told, and a node that is down is in no way."""
    live = frozenset(truth.held) & truth.alive
    # What is down does not count, unless all that is live is empty.
    assume(all(truth.held[n] <= max(truth.held[m] for m in live) for n in truth.held))
    snapshot = data.draw(seen(truth, forgets=False))
    if all(truth.held[n] >= 0.95 * max(truth.held[m] for m in live) for n in live):
        assert holds(snapshot, [{"replicas_complete": True}])
