"""The witness of the procedures' tests, which has to fail when something is really lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Optional

import pytest

from tests.devcluster.cluster import DevCluster
from tests.integration.witness import Judge, Sample, Shard, Witness

MakeCluster = Callable[..., DevCluster]
NODES = ("a", "b", "c")
WHOLE = dict.fromkeys(NODES, 100)


def sample(there: str, sizes: Optional[Mapping[str, Optional[int]]] = None) -> Sample:
    """One shard, led by `a`, of which two good replicas are required."""
    return Sample(2, frozenset(there), {7: Shard("a", WHOLE if sizes is None else sizes)})


def judged(*samples: Sample, lost: str = "") -> list[str]:
    judge = Judge(lost)
    for each in samples:
        judge.look(each)
    return judge.losses


def test_what_is_a_loss() -> None:
    assert judged(sample("abc"), sample("ab")) == []
    (loss,) = judged(sample("abc"), sample("a"))
    assert loss == "shard 7 has 1 good replicas and needs 2, because of b, c"
    # An empty replica is none, wherever it is.
    emptied = {"a": 100, "b": 0, "c": None}
    assert len(judged(sample("abc"), sample("abc", emptied))) == 1


def test_what_the_test_kills_itself_is_no_loss_but_the_next_one_is() -> None:
    assert judged(sample("abc"), sample("a"), lost="bc") == []
    assert judged(sample("abc"), sample("ab"), lost="c") == []
    (loss,) = judged(sample("abc"), sample("ab"), sample("a"), lost="c")
    assert loss.endswith("because of b")


def test_what_never_was_and_what_the_cluster_moves_is_no_loss() -> None:
    assert judged(sample("a"), sample("a")) == []
    assert judged(sample("abc"), sample("abc", {"a": 100, "d": 3})) == []
    # Once others have it, a node that was taken out is missed no more.
    moved = {"a": 100, "b": 100}
    assert judged(sample("abc"), sample("ab", moved), sample("a", moved), lost="b") == []


def test_a_witness_that_saw_nothing_is_none(make_cluster: MakeCluster) -> None:
    with Witness(make_cluster()) as witness:
        pass
    with pytest.raises(AssertionError, match="has not seen a single shard"):
        witness.verify()


def test_a_real_loss_is_seen(make_cluster: MakeCluster) -> None:
    """Two nodes of three are killed on purpose; that one of them was named is no excuse."""
    cluster = make_cluster()
    cluster.start(3).wait_settled()
    first, second, third = cluster.nodes
    with Witness(cluster, lost={first.node_id}) as witness, Witness(cluster) as strict:
        both = {first.node_id, second.node_id}
        with Witness(cluster, lost=both) as forewarned:
            for each in (witness, strict, forewarned):
                each.until(1)
            first.kill()
            strict.until(3)
            strict.verify()
            second.kill()
            for each in (witness, strict, forewarned):
                each.until(3)
    for each in (witness, strict):
        with pytest.raises(AssertionError, match=rf"because of .*{second.node_id}"):
            each.verify()
    forewarned.verify()
    assert third.running
