"""What the guard before a stop says of zones, and of which nodes may be down together."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import View
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.assess import (
    Limits,
    assess,
    groups,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    OTHER_URL,
    A,
    B,
    C,
    D,
    nodes,
    observed,
    shard,
)
from ansible_collections.stemedb.cluster.tests.unit.support.guarding import (
    RESTART,
    ask,
    kinds,
    on_members,
    sized,
    told,
)

# --- zones ---------------------------------------------------------------------------------------

TWO_ZONES = {A: "east", B: "east", C: "west", D: "west"}


def test_the_last_replica_outside_of_a_zone() -> None:
    shards = [shard(0, A, (A, B, C))]
    impact = ask(C, views=[told(shards=shards)], limits=Limits(zones=TWO_ZONES))
    assert impact.blockers == (
        ("single_zone", "shard 0", "all good replicas that would be left are in zone east"),
    )
    assert ask(C, views=[told(shards=shards)]).safe
    for node in (A, B):
        assert ask(node, views=[told(shards=shards)], limits=Limits(zones=TWO_ZONES)).safe


def test_zones_keep_no_node_of_two_data_centres_from_a_restart() -> None:
    """Four nodes, factor 3: whoever is restarted, some shard is in one zone for a while."""
    zones = Limits(permanent=False, zones=TWO_ZONES)
    for node in (A, B, C, D):
        impact = ask(node, limits=zones)
        assert impact.safe
        assert {note.kind for note in impact.notes} == {"single_zone"}
    assert kinds(ask(A, limits=Limits(zones=TWO_ZONES))) == ["single_zone"]


def test_a_zone_that_leaves_for_good_with_its_last_node_keeps_nobody() -> None:
    """The nodes that are left are all in one zone: no replica could be anywhere else."""
    zones = Limits(zones={A: "east", B: "east", C: "east", D: "west"})
    impact = ask(D, limits=zones)
    assert impact.safe
    assert {note.kind for note in impact.notes} == {"single_zone"}
    more = Limits(zones={A: "east", B: "east", C: "west", D: "west"})
    assert not ask(D, limits=more).safe


def test_what_is_in_one_zone_already_loses_none() -> None:
    shards = [shard(0, A, (A, B, C))]
    one = dict.fromkeys((A, B, C), "east")
    assert ask(C, views=[told(shards=shards)], limits=Limits(zones={**one, D: "west"})).safe
    assert ask(C, views=[told(shards=shards)], limits=Limits(zones={**one, D: "east"})).safe


def test_zones_count_good_replicas_only() -> None:
    shards = [shard(0, A, (A, B, C, D))]
    impact = ask(
        C,
        views=[told(shards=shards, details=sized(shards, d=50))],
        limits=Limits(zones=TWO_ZONES),
    )
    assert kinds(impact) == ["single_zone"]
    assert ask(C, views=[told(shards=shards)], limits=Limits(zones=TWO_ZONES)).safe


def test_a_replica_in_another_zone_is_none_before_it_is_complete() -> None:
    """Else the stop would be safe while it copies, and not any more once it has."""
    shards = [shard(0, A, (A, B, C, D))]
    zones = Limits(zones={**dict.fromkeys((A, B, C), "east"), D: "west"})
    copying = told(shards=shards, details=sized(shards, d=50))
    assert kinds(ask(A, views=[copying], limits=zones)) == ["single_zone"]
    # Without D no other zone is left that could hold one.
    assert ask(D, views=[copying], limits=zones).safe
    assert ask(A, views=[told(shards=shards)], limits=zones).safe


def test_zones_do_not_matter_where_one_replica_is_enough() -> None:
    views = [told(shards=[shard(0, A, (A, C))], factor=2)]
    assert ask(C, views=views, limits=Limits(zones=TWO_ZONES)).safe
    impact = ask(C, views=views, limits=Limits(zones=TWO_ZONES, min_live_replicas=2))
    assert kinds(impact) == ["too_few_replicas", "single_zone"]


def test_zones_of_what_may_be_elsewhere_are_not_told_as_known() -> None:
    """The other gateway does not say where it is: it may well be in one zone now."""
    views = [told(shards=[shard(0, A, (A, B, C))]), told(shards=[shard(0, A, None)], url=OTHER_URL)]
    impact = ask(C, views=views, limits=Limits(zones=TWO_ZONES))
    assert "unknown_replicas" in kinds(impact)
    assert "single_zone" not in kinds(impact)


@pytest.mark.parametrize("zone", [None, ""])
def test_a_zone_that_is_not_known(zone: str | None) -> None:
    zones: dict[str, Any] = {**TWO_ZONES, D: zone}
    if zone is None:
        del zones[D]
    assert ask(A, limits=Limits(zones=zones)).blockers == (
        (
            "unknown_zone",
            D,
            "is Alive, and zones does not say where: give its zone, by its full id",
        ),
    )
    dead = told(nodes(A, B, C, D, d="Dead"), [shard(0)])
    assert "unknown_zone" not in kinds(ask(A, views=[dead], limits=Limits(zones=zones)))


# --- which may be down together ------------------------------------------------------------------


def ring(members: int, shards: int) -> View:
    """So many nodes, and shards each on three of them in a row."""
    ids = [f"{n:08x}" for n in range(members)]
    placed = [
        shard(n, ids[n % members], [ids[(n + step) % members] for step in range(3)])
        for n in range(shards)
    ]
    return told(nodes(*ids), placed)


def test_groups_of_nodes_that_may_be_down_together() -> None:
    view = ring(9, 9)
    ids = [node.node_id for node in view.status.nodes or ()]
    found = groups(ids, observed(view), RESTART)
    assert found == [[ids[0], ids[3], ids[6]], [ids[1], ids[4], ids[7]], [ids[2], ids[5], ids[8]]]
    for group in found:
        assert assess(group, observed(view), RESTART).safe
    assert groups(ids[:2], observed(view), RESTART) == [[ids[0]], [ids[1]]]
    assert groups([ids[4], ids[0]], observed(view), RESTART) == [[ids[4], ids[0]]]


def test_a_node_that_may_not_be_down_is_in_no_group() -> None:
    shards = [shard(0, A, (A, B, C)), shard(1, D, (D,))]
    views = observed(told(nodes(A, B, C, D, "e0000000"), shards))
    limits = RESTART._replace(min_live_replicas=1)
    assert groups([D, "e0000000", "node-99", A], views, limits) == [["e0000000", A]]


def test_a_group_has_a_witness_that_is_not_of_it() -> None:
    view = ring(9, 9)
    ids = [node.node_id for node in view.status.nodes or ()]
    other = View(OTHER_URL, view.status, view.shards, view.health, view.details)
    snapshot = on_members(observed(view, other), ids[0], ids[3])
    assert groups(ids[:4:3], snapshot, RESTART) == [[ids[0]], [ids[3]]]


def test_groups_of_nobody_are_refused() -> None:
    for names in ([], [""], [A, " "]):
        for call in (assess, groups):
            with pytest.raises(StemeDBError, match="name each node that would be gone") as caught:
                call(names, observed(told()), Limits())
            assert caught.value.code == "config"
