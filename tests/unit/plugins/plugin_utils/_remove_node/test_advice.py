"""What an operator reads of a removal."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._remove_node.advice import (
    impact_lines,
    inventory_lines,
    next_steps,
    seed_lines,
    survey_lines,
)

TARGET: dict[str, Any] = {
    "name": "node-04",
    "host": "node-04",
    "node_id": "dddd",
    "address": "10.0.0.4",
    "state": "Alive",
    "running": True,
    "reachable": True,
    "stop": True,
    "refused": None,
}


def survey(**more: Any) -> dict[str, Any]:
    return {
        "targets": [TARGET],
        "blockers": [],
        "accepted": [],
        "seeds": {},
        "old_seeds": [],
        "gateway_urls": [],
        **more,
    }


def test_who_goes_and_what_becomes_of_it() -> None:
    assert survey_lines(survey(), check=False) == [
        "",
        "To remove:",
        "  node-04 is node dddd, listed as Alive; its service runs: it will be stopped and "
        "disabled; then the cluster re-replicates its shards",
    ]
    assert "it would be stopped" in survey_lines(survey(), check=True)[2]


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"running": None}, "it is unknown whether its service runs"),
        (
            {"running": False, "stop": False, "state": "Dead"},
            "listed as Dead; its service does not",
        ),
        (
            {"reachable": False, "stop": False, "state": None},
            "no longer listed by any gateway; its host",
        ),
        ({"reachable": False, "host": None, "stop": False}, "the inventory has no host for it"),
        ({"refused": "why", "stop": False}, "its identity is not certain"),
    ],
)
def test_every_target_is_told_as_it_is(more: dict[str, Any], text: str) -> None:
    lines = survey_lines(survey(targets=[{**TARGET, **more}]), check=False)
    assert text in lines[2]
    if not more.get("stop", True) and not more.get("refused"):
        assert "nothing is left to stop" in lines[2]


def test_what_is_refused_and_what_is_accepted_is_told() -> None:
    one = {"kind": "single_copy", "subject": "cluster", "detail": "one copy"}
    lines = survey_lines(survey(accepted=[one], blockers=[one]), check=False)
    assert lines[3:] == [
        "Accepted by name:",
        "  single_copy: cluster: one copy",
        "Blocked by:",
        "  single_copy: cluster: one copy",
    ]


def test_affected_shards_and_the_critical_ones() -> None:
    def shard(number: int, led: bool, after: Any, required: Any = 2) -> dict[str, Any]:
        return {
            "shard_id": number,
            "led_by_target": led,
            "good_after": after,
            "required": required,
        }

    shards = [shard(0, True, 2), shard(1, False, 3), shard(2, False, None), shard(3, True, 1)]
    lines = impact_lines("node-04", {"shards": shards, "alive_after": 3})
    text = "\n".join(lines)
    assert "leads    0,3 " in text
    assert "follows  1-2 " in text
    assert "led by it               0,3" in text
    assert "left with their minimum 0,3" in text
    assert lines[-1] == "Nodes that remain Alive: 3"
    assert impact_lines("x", {"shards": [], "alive_after": None})[-1].endswith("unknown")


def test_what_to_change_in_the_inventory() -> None:
    urls = ["http://10.0.0.4:18181", "http://10.0.0.1:18181"]
    found = survey(old_seeds=["10.0.0.4:18183"], gateway_urls=urls[1:])
    groups = {"stemedb_nodes": ["node-01"], "stemedb_new_nodes": ["node-04"]}
    assert inventory_lines(found, urls, groups) == [
        "",
        "Change in your inventory:",
        "  take node-04 out of the group stemedb_new_nodes",
        "  take 10.0.0.4:18183 out of stemedb_seed_nodes",
        "  take http://10.0.0.4:18181 out of stemedb_gateway_url",
    ]
    nothing = survey(targets=[{**TARGET, "host": None}], gateway_urls=urls)
    assert (
        inventory_lines(nothing, urls, groups)[-1] == "Nothing is left to change in your inventory."
    )


def test_what_became_of_seed_lists() -> None:
    lines = seed_lines(
        {
            "b": {"changed": [], "left": ["/etc/stemedb/node.toml"]},
            "a": {"changed": ["/etc/stemedb/node.toml"], "left": []},
            "c": {"problem": "no route"},
            "d": {"changed": [], "left": []},
        }
    )
    assert lines[2] == "  a: written, for its next start: /etc/stemedb/node.toml"
    assert lines[3].startswith("  b: left as it is, because it differs from the inventory")
    assert lines[4] == "  c: not written: no route"
    assert len(lines) == 5
    assert seed_lines({"d": {"changed": [], "left": []}}) == []


def unmet(reason: str) -> list[dict[str, Any]]:
    return [{"condition": "node_dead", "subject": "dddd", "reason": reason}]


@pytest.mark.parametrize(
    ("step", "reason", "texts"),
    [
        ("checks", "", ["Nothing was changed", "was not stopped"]),
        ("drain", "", ["may be drained"]),
        ("stop", "", ["The lines above say whether node-04 was stopped"]),
        (
            "Dead or gone in every view",
            "is Suspect at u",
            ["Node Stuck in Suspect State", "nc -zv 10.0.0.4 18183"],
        ),
        (
            "Dead or gone in every view",
            "is Alive at u",
            ["still reported as Alive", "another process", "dddd"],
        ),
        (
            "Dead or gone in every view",
            "is not listed at u, but neither is x",
            ["views differ or are not complete"],
        ),
        (
            "New leaders elected",
            "",
            ["Shard Leader Election Issues", "failed elections in the gateway's log", "heal_force"],
        ),
        (
            "Replicas reassigned",
            "",
            ["Shard Rebalancing Not Occurring", "the gateway's log for assignments"],
        ),
        ("Healthy and stable", "", ["stop no other node", "To undo the removal, enable and start"]),
        ("data", "", ["Only its data on node-04 is left"]),
    ],
)
def test_what_to_do_next_depends_on_what_failed(step: str, reason: str, texts: list[str]) -> None:
    text = "\n".join(next_steps(step, TARGET, unmet(reason) if reason else []))
    assert [one for one in texts if one not in text] == []
