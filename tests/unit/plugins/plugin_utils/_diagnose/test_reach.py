"""Who does not reach whom."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.reach import (
    blocked,
    not_asked,
)


def port(state: str | None, host: str = "192.0.2.4", **changes: Any) -> dict[str, Any]:
    return {
        "host": host,
        "port": 18182,
        "protocol": "tcp",
        "state": state,
        "error": None,
        **changes,
    }


def ways(
    *, outbound: Any = None, inbound: Any = None, running: bool | None = True
) -> dict[str, Any]:
    probe = {"ports": outbound, "service": {"running": running}}
    return {"host": "node-04", "probe": probe, "inbound": inbound}


def test_a_new_node_that_does_not_reach_a_member() -> None:
    shut = port("silent", host="node-01", error="ETIMEDOUT")
    assert blocked(ways(outbound=[port("open"), shut])) == [
        "node-04 does not reach node-01:18182 (tcp: no answer, ETIMEDOUT)"
    ]


def test_a_member_that_does_not_reach_the_new_node() -> None:
    inbound = [
        {"item": "node-01", "ports": [port("open")]},
        {"item": "node-02", "ports": [port("silent", error="ETIMEDOUT")]},
    ]
    assert blocked(ways(inbound=inbound)) == [
        "node-02 does not reach node-04 at 192.0.2.4:18182 (tcp: no answer, ETIMEDOUT)"
    ]


@pytest.mark.parametrize(
    ("running", "state", "counts"),
    [
        (True, "closed", True),
        (False, "closed", False),
        (None, "closed", False),
        (False, "silent", True),
        (False, None, True),
    ],
)
def test_a_refusal_counts_only_where_something_should_listen(
    running: bool | None, state: str | None, counts: bool
) -> None:
    inbound = [{"item": "node-02", "ports": [port(state)]}]
    assert bool(blocked(ways(inbound=inbound, running=running))) is counts


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"state": "closed"}, "192.0.2.4:18182 (tcp: refused)"),
        ({"state": None, "error": "EAI_NONAME"}, "192.0.2.4:18182 (tcp: not known, EAI_NONAME)"),
        ({"host": "2001:db8::4"}, "[2001:db8::4]:18182 (tcp: no answer)"),
        ({"protocol": "any", "port": 18183}, "192.0.2.4:18183 (tcp or udp: no answer)"),
    ],
)
def test_how_a_port_is_written(changes: dict[str, Any], sentence: str) -> None:
    (found,) = blocked(ways(outbound=[{**port("silent"), **changes}]))
    assert found == f"node-04 does not reach {sentence}"


@pytest.mark.parametrize("facts", [{"host": "a"}, {"host": "a", "probe": None, "inbound": None}])
def test_with_nothing_known_it_claims_nothing(facts: dict[str, Any]) -> None:
    assert blocked(facts) == not_asked(facts) == []


def test_a_member_that_could_not_be_asked_is_named() -> None:
    inbound = [
        {"item": "node-01", "ports": [port("silent")]},
        {"item": "node-02", "lost": True, "msg": "ssh: no route"},
        {"item": "node-03"},
    ]
    assert not_asked(ways(inbound=inbound)) == [
        "whether node-02 reaches node-04 is not known: ssh: no route",
        "whether node-03 reaches node-04 is not known: it was not probed",
    ]
    assert len(blocked(ways(inbound=inbound))) == 1
