"""A page: what it says, and which pages are about the same."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._page.message import page


def key(sentence: str, *cause: str, cluster: str = "prod") -> str:
    made = page(cluster, sentence, cause, [], "cron", "2026-11-30T03:00:00Z")
    return str(made["dedup_key"])


def test_what_it_says() -> None:
    made = page(
        "prod",
        "The plan is refused (storm).",
        ["storm: node-02, node-03"],
        ["Plan of prod"] * 99,
        "cron",
        "2026-11-30T03:00:00Z",
    )
    assert len(made.pop("lines")) == 60
    assert len(made.pop("dedup_key")) == 32
    assert made == {
        "format": 1,
        "cluster": "prod",
        "text": "StemeDB, prod: The plan is refused (storm).",
        "cause": ["storm: node-02, node-03"],
        "source": "cron",
        "time": "2026-11-30T03:00:00Z",
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It expires in 110 s.", "It expires in 9.5 s."),
        ("Process 5110 of vm", "Process 7 of vm"),
        ("since 2026-11-30T03:00:00Z", "since 2026-11-30T04:00:00Z"),
        ("run 1f2e3d4c5b6a did not end", "run aaaabbbbcccc did not end"),
    ],
)
def test_what_changes_from_run_to_run_is_no_other_cause(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("node-03 is Dead", "node-04 is Dead"),
        ("10.0.0.3 is gone", "10.0.0.4 is gone"),
        ("http://10.0.0.3:18181 is gone", "http://10.0.0.3:18182 is gone"),
        (
            "a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90 left",
            "b3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90 left",
        ),
    ],
)
def test_another_node_is_another_cause(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_the_order_is_no_cause_and_the_cluster_is_one() -> None:
    assert key("x", "a", "b") == key("y", "b", "a")
    assert key("x", "a") != key("x", "a", cluster="dev")
    assert key("x", "a\ud800") != key("x", "a")
