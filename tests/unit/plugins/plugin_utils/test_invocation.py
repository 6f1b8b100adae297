"""Why a playbook must not run as it was called, as one sentence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.action.stemedb_variables import variables
from ansible_collections.stemedb.cluster.plugins.plugin_utils._invocation import mistyped, refusal

ROOT = Path(__file__).resolve().parents[4]
GROUPS = {
    "all": ["localhost", "node-01", "node-02", "node-03"],
    "stemedb_nodes": ["node-01", "node-02"],
    "stemedb_new_nodes": ["node-03"],
}
ALL = ["localhost", "node-01", "node-02", "node-03"]


def asked(hosts: list[str], needs_members: bool = True, gateway: str = "", **more: Any) -> str:
    variables = {"groups": GROUPS, "ansible_play_hosts_all": hosts, **more}
    return refusal(variables, needs_members, gateway) or ""


def test_a_whole_run_passes() -> None:
    assert asked(ALL) == ""
    assert asked(["localhost"], needs_members=False) == ""


def test_whoever_a_limit_leaves_out_is_named_with_what_to_add() -> None:
    told = asked(["node-01", "localhost"], ansible_limit="node-01,localhost")
    assert "--limit node-01,localhost leaves out node-02, node-03, without which" in told
    assert "(stemedb_target names the hosts to act on)" in told
    assert told.endswith("--limit 'node-01,localhost,node-02,node-03'")
    told = asked(["node-01"], needs_members=False, ansible_limit="node-01")
    assert "leaves out localhost, without which" in told
    assert "stemedb_target" not in told


def test_of_many_that_are_left_out_some_are_named() -> None:
    many = {"all": ALL, "stemedb_nodes": [f"node-{number}" for number in range(9)]}
    told = asked(["localhost"], groups=many, ansible_limit="localhost")
    assert "node-4 and others, without which" in told
    assert "--limit 'localhost,localhost,stemedb_nodes'" in told


@pytest.mark.parametrize(
    ("gateway", "more"),
    [("http://node-01:18181", {}), ("", {"stemedb_gateway_url": "http://node-01:18181"})],
)
def test_without_hosts_a_gateway_has_to_be_named(gateway: str, more: dict[str, Any]) -> None:
    told = asked(["localhost"], groups={"all": []})
    assert "No host and no gateway is known" in told
    assert "Name it with -i INVENTORY" in told
    assert asked(["localhost"], gateway=gateway, groups={"all": []}, **more) == ""


@pytest.mark.parametrize("name", ["stemedb_stop_permanent", "stemedb_lock_for"])
def test_what_procedures_compute_cannot_be_set(name: str) -> None:
    given: dict[str, Any] = {name: "x"}
    assert f"{name} cannot be set by -e" in asked(ALL, **given)
    more: dict[str, Any] = {f"{name}_more": "x"}
    assert asked(ALL, **more) == ""


def test_what_an_earlier_play_has_recorded_is_not_set_by_hand() -> None:
    """Where localhost is in the inventory, these facts of it are variables of the task."""
    variables = {"groups": GROUPS, "ansible_play_hosts_all": ALL, "stemedb_reconcile_due": {}}
    assert refusal(variables, True, "") is None
    told = refusal(variables, True, "", given={"stemedb_reconcile_due"}) or ""
    assert "stemedb_reconcile_due cannot be set by -e" in told


DOCUMENTED = ("stemedb_target", "stemedb_accept", "stemedb_rolling_restart_mode")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("stemedb_targe", "stemedb_target"),
        ("stemedb_targets", "stemedb_target"),
        ("stemedb_acept", "stemedb_accept"),
        ("stemedb_rolling_restart_moed", "stemedb_rolling_restart_mode"),
        ("stemedb_node_zones", "stemedb_node_zone"),
    ],
)
def test_a_mistyped_name_is_told_with_the_one_that_was_meant(name: str, meant: str) -> None:
    variables = {"groups": GROUPS, "ansible_play_hosts_all": ALL}
    told = refusal(variables, True, "", given={name}, documented=DOCUMENTED) or ""
    assert f"-e sets {name}, which nothing reads. Did you mean {meant}?" in told


def test_no_name_that_playbooks_record_is_taken_for_a_mistyped_one() -> None:
    """They are variables of a later playbook of the same run."""
    files = [*ROOT.glob("roles/**/*.yml"), *ROOT.glob("playbooks/*.yml")]
    names = {
        name
        for path in files
        for name in re.findall(r"(?<![\w.])stemedb_\w+", path.read_text(encoding="utf-8"))
    }
    assert len(names) > 200
    assert mistyped(names, variables()) == {}
    assert mistyped({"stemedb_min_node", "min_nodes", "_stemedb_min_node"}, variables()) == {
        "stemedb_min_node": "stemedb_min_nodes"
    }


@pytest.mark.parametrize("name", ["stemedb_target", "target", "stemedb_site", "tower_job_id"])
def test_names_that_are_known_or_the_users_own_pass(name: str) -> None:
    variables = {"groups": GROUPS, "ansible_play_hosts_all": ALL}
    assert refusal(variables, True, "", given={name}, documented=DOCUMENTED) is None
