"""The ports of a node, from all that tells."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.ports import Known, ports

DEFAULTS = {"gateway_port": 18181, "rpc_port": 18182, "gossip_port": 18183}


def sockets(*numbers: int, udp: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    return [{"protocol": "tcp", "address": "0.0.0.0", "port": number} for number in numbers] + [
        {"protocol": "udp", "address": "0.0.0.0", "port": number} for number in udp
    ]


def known(**changes: Any) -> Known:
    nothing = Known(
        said={},
        settings={},
        defaults=DEFAULTS,
        names=frozenset({"10.0.0.4", "db-01"}),
        member_address=None,
        seeds=(),
        gateway_urls=(),
        listens=None,
    )
    return nothing._replace(**changes)


def numbers(**changes: Any) -> tuple[int, int, int]:
    found, doubts = ports(known(**changes))
    assert doubts == []
    return found["gateway_port"], found["rpc_port"], found["gossip_port"]


USUAL = sockets(18181, 18182, 18183, udp=(18183,))
OTHERS = sockets(28181, 28182, 28183, udp=(28183, 40001))


@pytest.mark.parametrize("listens", [None, USUAL])
def test_the_usual_ones_where_nothing_says_otherwise(listens: Optional[list[Any]]) -> None:
    assert numbers(listens=listens) == (18181, 18182, 18183)


def test_the_cluster_knows_rpc_the_seeds_gossip_and_the_urls_the_gateway() -> None:
    assert numbers(
        member_address="10.0.0.4:28182",
        seeds=["10.0.0.5:48183", "db-01:28183"],
        gateway_urls=["http://vip:80", "http://10.0.0.4:28181"],
    ) == (28181, 28182, 28183)
    # Those of other hosts tell nothing.
    assert numbers(seeds=["10.0.0.5:48183"], gateway_urls=["http://vip:80"])[0] == 18181


def test_the_inventory_wins() -> None:
    said = {"gateway_port": "1", "rpc_port": 2, "gossip_port": 3}
    assert numbers(said=said, member_address="10.0.0.4:28182") == (1, 2, 3)


def test_a_configuration_is_believed_where_the_process_does_what_it_says() -> None:
    settings = {"gateway_port": 28181, "rpc_port": 28182, "gossip_port": 28183}
    assert numbers(settings=settings, listens=OTHERS) == (28181, 28182, 28183)
    assert numbers(settings=settings) == (28181, 28182, 28183)
    assert numbers(settings=settings, listens=USUAL) == (18181, 18182, 18183)
    assert numbers(settings={"gateway_port": None}) == (18181, 18182, 18183)


def test_the_ports_that_are_left() -> None:
    assert numbers(listens=OTHERS, member_address="10.0.0.4:28182") == (28181, 28182, 28183)


def test_what_nothing_listens_at_is_doubted() -> None:
    found, doubts = ports(known(listens=sockets(18181, 5, 6)))
    assert found == DEFAULTS
    assert len(doubts) == 2
    assert "nothing of the node listens at 18182 (rpc port); set stemedb_node_rpc_port" in doubts[0]
    assert "gossip port" in doubts[1]
    assert len(ports(known(listens=[]))[1]) == 3
    _found, doubts = ports(known(listens=USUAL, said={"rpc_port": 7}))
    assert doubts == ["nothing of the node listens at 7 (rpc port); set stemedb_node_rpc_port"]


def test_gossip_may_be_tcp_alone() -> None:
    assert numbers(listens=sockets(18181, 18182, 18183)) == (18181, 18182, 18183)
