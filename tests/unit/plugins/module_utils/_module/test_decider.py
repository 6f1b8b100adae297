"""The frame of modules that decide: all gateways are asked."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.observers import Policy
from ansible_collections.stemedb.cluster.plugins.module_utils._module.decider import (
    observer_policy,
    run_decider,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._module.reader import run_reader
from ansible_collections.stemedb.cluster.tests.support.fault_server import (
    FaultServer,
    routed,
)
from ansible_collections.stemedb.cluster.tests.unit.support.framing import ROUTES, run


def test_a_reader_asks_the_first_and_a_decider_all(capsys: pytest.CaptureFixture[str]) -> None:
    with FaultServer(routed(ROUTES)) as one, FaultServer(routed(ROUTES)) as two:
        urls = [one.url, two.url]
        read = run(
            run_reader,
            capsys,
            lambda s: {"urls": [v.url for v in s.reader().snapshot().views]},
            gateway_url=urls,
        )
        decided = run(
            run_decider,
            capsys,
            lambda s: {"urls": [v.url for v in s.observers().sample().views]},
            gateway_url=urls,
        )
    assert read["urls"] == [one.url]
    assert decided["urls"] == urls


def test_a_decider_may_leave_out_more_nodes_than_it_was_told_to(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with FaultServer(routed(ROUTES)) as one:
        found = run(
            run_decider,
            capsys,
            lambda s: {"views": s.observers(without=["127.0.0.1", "host-2"]).sample().views},
            gateway_url=one.url,
            exclude_nodes=["host-1", "host-2"],
        )
    assert found["failure"]["code"] == "config"
    assert "(host-1, host-2, 127.0.0.1)" in found["msg"]


def test_the_timeout_of_a_call_may_have_another_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEMEDB_TIMEOUT", "7.5")
    found = run(
        run_decider,
        capsys,
        lambda session: dict(session.params),
        {"timeout": {"type": "float", "default": 300.0}},
        call_timeout="call_timeout",
    )
    assert (found["timeout"], found["call_timeout"]) == (300.0, 7.5)


@pytest.mark.parametrize(
    ("given", "policy"),
    [
        ({}, Policy()),
        (
            {
                "observers": "quorum",
                "exclude_nodes": "a3f2,10.0.0.4",
                "discover_observers": "yes",
            },
            Policy("quorum", ("a3f2", "10.0.0.4"), True),
        ),
    ],
)
def test_who_is_asked(
    capsys: pytest.CaptureFixture[str], given: dict[str, Any], policy: Policy
) -> None:
    found: list[Policy] = []

    def body(session: Any) -> dict[str, Any]:
        found.append(observer_policy(session.params))
        return {}

    run(run_decider, capsys, body, **given)
    assert found == [policy]
