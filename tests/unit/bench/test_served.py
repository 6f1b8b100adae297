"""A generated cluster is one that the collection understands, and counts what it is asked."""

from __future__ import annotations

import json

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.client import GatewayOptions
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.observers import (
    Observers,
    Policy,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.results import cluster

from tests.bench import served
from tests.bench.running import Gateways

SIZE = served.Size(9, 40)


@pytest.mark.parametrize("nodes_apart", [False, True])
def test_it_is_healthy_and_its_gateways_are_found(nodes_apart: bool) -> None:
    with Gateways(SIZE, 7, nodes_apart) as gateways:
        asked = Observers((gateways.url,), GatewayOptions(), Policy(discover=True))
        shown = cluster(asked.sample())
        assert gateways.counts() == {served.address(n): 3 + nodes_apart for n in range(7)}
    assert shown["healthy"] is True, shown["unhealthy_reasons"]
    assert (shown["node_count"], shown["shard_count"]) == SIZE


def test_it_becomes_well_right_after_an_answer() -> None:
    with Gateways(SIZE) as gateways:
        asked = Observers((gateways.url,), GatewayOptions(), Policy())
        assert cluster(asked.sample())["healthy"] is True
        gateways.begin((served.HEALTH, 2))
        seen = [cluster(asked.sample())["healthy"] for _ in range(3)]
        assert seen == [False, False, True]
        assert 0 < gateways.well() < 10
        assert sum(gateways.counts().values()) == 9


def test_each_gateway_has_an_order_of_its_own() -> None:
    first, second = (
        json.loads(served.answers(SIZE, gateway)[0][served.RANGES])["ranges"] for gateway in (0, 1)
    )
    assert first != second
    assert sorted(first, key=str) == sorted(second, key=str)


def test_it_is_the_same_each_time() -> None:
    assert served.answers(SIZE, 3) == served.answers(SIZE, 3)
    assert len(set(served.node_ids(1000))) == 1000
    assert len({served.address(place) for place in range(1000)}) == 1000
