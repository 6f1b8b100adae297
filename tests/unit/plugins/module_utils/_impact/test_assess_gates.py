"""Gates of other tools that could not close, each tried on the guard: it has to be shut."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Node, View
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.assess import Limits, assess
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    OTHER_URL,
    A,
    B,
    C,
    D,
    nodes,
    observed,
    shard,
    silent,
    without_nodes,
    without_shards,
)
from ansible_collections.stemedb.cluster.tests.unit.support.guarding import (
    RESTART,
    ask,
    both,
    kinds,
    on_members,
    sized,
    told,
)

NEW = "e0000000-0000-4000-8000-000000000000"


def test_counting_without_naming() -> None:
    """Four are listed and four are wanted: one joins, one leaves, and three are not enough."""
    members = nodes(A, B, C, D, NEW, d="Leaving", e="Joining")
    impact = ask(A, views=[told(members, [shard(0, A, (A, B, C))])], limits=Limits(min_nodes=4))
    assert "too_few_nodes" in kinds(impact)
    assert impact.alive_after == 2


def test_a_new_replica_counted_before_it_holds_anything() -> None:
    """Three replicas are listed, all on Alive nodes; one of them was created a moment ago."""
    shards = [shard(0, A, (A, B, NEW))]
    members = nodes(A, B, C, D, NEW)
    for size in (0, 94):
        copying = told(members, shards, details=sized(shards, e=size))
        assert kinds(ask(B, views=[copying])) == ["too_few_replicas"]
    assert ask(B, views=[told(members, shards)]).safe


@pytest.mark.parametrize("name", ["10.0.0.1", "10.0.0.1:18182", "node-1"])
def test_a_name_that_is_part_of_another(name: str) -> None:
    """10.0.0.1 is not 10.0.0.12: the guard must not judge another node than the one that stops."""
    others = [Node(n, f"10.0.0.{n[-2:]}:18182", "Alive") for n in ("node-11", "node-12", "node-13")]
    views = [told(others, [shard(0, "node-11", ("node-11", "node-12", "node-13"))])]
    assert "node_not_listed" in kinds(ask(name, views=views, limits=RESTART))


def test_a_quorum_of_half() -> None:
    """As many up as down is no majority."""
    four = [told(nodes(A, B, C, D, d="Dead"), [shard(0, A, (A, B, C))], factor=2)]
    assert kinds(ask(C, views=four, limits=RESTART)) == ["no_majority"]


def test_a_node_that_was_taken_out_is_no_member_while_it_is_listed() -> None:
    """The day after a removal from four: the three that are left may be restarted."""
    after = RESTART._replace(former=frozenset({D.lower()}))
    shards = [shard(0, A, (A, B, C))]
    dead = told(nodes(A, B, C, D, d="Dead"), shards)
    assert ask(C, views=[dead], limits=after).safe
    # But not one that may be back, or may hold data.
    for state in ("Suspect", "Alive", None):
        apart = told(nodes(A, B, C, D, d=state), shards)
        assert "no_majority" in kinds(ask(C, views=[apart, dead], limits=after))
    held = told(nodes(A, B, C, D, d="Dead"), [shard(0, A, (A, B, C, D))])
    assert "no_majority" in kinds(ask(C, views=[held], limits=after))


def test_a_refusal_reported_as_fine() -> None:
    """An observer that answers 401 has said nothing."""
    snapshot = observed(told(), missing=[silent(code="auth")])
    assert kinds(assess([A], snapshot, RESTART)) == ["observer_unreachable"]


@pytest.mark.parametrize(
    "view",
    [
        told(shards=()),
        without_shards(told()),
        without_nodes(told()),
        told((), node_count=0),
        told(shards=[shard(0, None, None)]),
        told(shards=[shard(0, A, ())]),
        told(details=()),
        told(factor=None),
        told(shard_count=5),
        told(node_count=5),
    ],
)
@pytest.mark.parametrize("limits", [Limits(min_nodes=1, min_live_replicas=1), RESTART])
def test_nothing_read_as_nothing_wrong(view: View, limits: Limits) -> None:
    for views in ([view], *both(told(), view)):
        assert not ask(A, views=views, limits=limits).safe


def test_an_empty_target() -> None:
    """Nobody named is not everybody, and not nobody who stops."""
    for names in ([], [""], [" "]):
        with pytest.raises(StemeDBError, match="name each node"):
            assess(names, observed(told()), RESTART)


def test_the_node_asked_about_itself() -> None:
    snapshot = on_members(observed(told()), A)
    assert kinds(assess([A], snapshot, RESTART)) == ["single_observer"]
    assert assess([B], snapshot, RESTART).safe


def test_a_stale_view_that_still_has_all_alive() -> None:
    """One gateway kept what it knew; it does not outvote the one that saw the node die."""
    stale, fresh = told(), told(nodes(A, B, C, D, d="Dead"), url=OTHER_URL)
    for views in ([stale, fresh], [fresh, stale]):
        impact = ask(B, views=views, limits=RESTART)
        assert {"too_few_replicas", "no_majority", "views_disagree"} <= set(kinds(impact))


def test_alive_taken_for_caught_up() -> None:
    """All nodes are back, and the data is not yet."""
    behind = told(details=sized(told().shards or (), d=50))
    assert "too_few_replicas" in kinds(ask(A, views=[behind], limits=RESTART))


def test_a_node_that_is_down_already_forgotten() -> None:
    """With one down, one more is two at once."""
    assert ask(B, limits=RESTART).safe
    down = told(nodes(A, B, C, D, c="Dead"))
    assert {"too_few_replicas", "no_majority"} <= set(kinds(ask(B, views=[down], limits=RESTART)))
