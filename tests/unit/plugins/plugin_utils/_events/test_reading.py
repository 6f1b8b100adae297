"""What one sample of all gateways says."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    DEAD,
    SUSPECT,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._events.reading import (
    AMISS,
    GATEWAY,
    INCOMPLETE,
    LEADERLESS,
    NODE,
    UNDER_REPLICATED,
    VIEWS,
    Reading,
    Subject,
    read,
    silence,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    OTHER_URL,
    THIRD_URL,
    URL,
    A,
    B,
    C,
    nodes,
    observed,
    shard,
    silent,
    view,
    without_nodes,
)

ALIVE_ALL: dict[Subject, str] = {(NODE, A): "Alive", (NODE, B): "Alive", (NODE, C): "Alive"}
ALL = frozenset({NODE, LEADERLESS, UNDER_REPLICATED, VIEWS, GATEWAY})


def test_a_healthy_cluster_has_its_nodes_and_nothing_amiss() -> None:
    found = read(observed(view(), view(url=OTHER_URL)))
    assert (found.values, found.known) == (ALIVE_ALL, ALL)


def test_a_dead_leader_leaves_shards_behind() -> None:
    found = read(observed(view(nodes(b=DEAD), node_count=2)))
    assert found.values == {
        **ALIVE_ALL,
        (NODE, B): "Dead",
        (LEADERLESS, 1): AMISS,
        (UNDER_REPLICATED, 0): AMISS,
        (UNDER_REPLICATED, 1): AMISS,
    }


def test_a_torn_list_says_of_nobody_that_it_left() -> None:
    torn = view(nodes(A, B), node_count=3)
    found = read(observed(torn))
    assert (found.values, found.known) == ({(GATEWAY, URL): AMISS}, {GATEWAY})
    assert found.errors == {URL: INCOMPLETE}
    found = read(observed(torn, view(url=OTHER_URL)))
    assert found.values == {**ALIVE_ALL, (GATEWAY, URL): AMISS}
    assert [one.url for one in found.views] == [OTHER_URL]


def test_a_view_without_a_list_of_nodes_counts_for_nothing() -> None:
    assert read(observed(without_nodes(view()))).known == {GATEWAY}


def test_more_than_half_of_the_views_decide() -> None:
    suspect = view(nodes(b=SUSPECT), url=OTHER_URL)
    two, one = observed(view(), suspect), view(url=THIRD_URL)
    found = read(two)
    assert found.unsure == {(NODE, B), *((UNDER_REPLICATED, n) for n in (0, 1)), (LEADERLESS, 1)}
    assert (NODE, B) not in found.values
    found = read(observed(*two.views, one))
    assert found.unsure == frozenset()
    assert found.values == {**ALIVE_ALL, (VIEWS, ""): AMISS}


def test_a_node_that_most_views_do_not_list_is_absent() -> None:
    without = [view(nodes(A, B), [shard(0, A, [A, B])], url=url) for url in (OTHER_URL, THIRD_URL)]
    found = read(observed(view(), *without))
    assert (NODE, C) not in found.values
    assert (NODE, C) not in found.unsure


def test_views_that_differ_in_order_and_size_agree() -> None:
    other = view(reversed(nodes()), [shard(1, B, size=7), shard(0, A, [C, B, A])], OTHER_URL)
    assert read(observed(view(), other)).values == ALIVE_ALL


def test_without_a_factor_nothing_is_known_of_replicas() -> None:
    assert read(observed(view(factor=None))).known == ALL - {UNDER_REPLICATED}


def test_an_empty_cluster_that_says_so_is_complete() -> None:
    found = read(observed(view(shards=())))
    assert (found.values, found.known) == (ALIVE_ALL, ALL)
    assert read(observed(view(shards=(), shard_count=4))).known == {GATEWAY}


def test_a_silent_gateway_is_amiss_and_the_others_are_heard() -> None:
    found = read(observed(view(), missing=[silent(OTHER_URL, "timeout")]))
    assert found.values == {**ALIVE_ALL, (GATEWAY, OTHER_URL): AMISS}
    assert found.errors == {OTHER_URL: "timeout"}


def test_where_nobody_answers_only_that_is_known() -> None:
    found = silence((URL, OTHER_URL), "transport")
    assert found == Reading(
        {(GATEWAY, URL): AMISS, (GATEWAY, OTHER_URL): AMISS},
        frozenset({GATEWAY}),
        errors={URL: "transport", OTHER_URL: "transport"},
    )
