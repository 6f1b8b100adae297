"""An adoption on one screen."""

from __future__ import annotations

from typing import Any, Optional

from ansible_collections.stemedb.cluster.plugins.module_utils._host.secrets import HIDDEN
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.cluster import Site
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.report import lines, outcome

UNIT = {"what": "unit", "path": "/etc/x.service", "diff": ["-a", "+b"]}


def host(name: str, variables: Optional[dict[str, Any]] = None, **more: Any) -> dict[str, Any]:
    known = {"service": "stemedb", "service_manager": "systemd", **(variables or {})}
    return {"host": name, "node_id": f"id-{name}", "variables": known, "running": True, **more}


def report(*hosts: dict[str, Any], has_diff: bool = False, **changes: Any) -> list[str]:
    site = Site(
        hosts=hosts,
        expected=[one["host"] for one in hosts],
        cluster={"cluster": {"name": "prod"}},
        members=[{}, {}],
        cluster_error="",
        said={"cluster_name": ""},
    )
    findings = [{"text": "NOTE     one"}]
    return lines(site._replace(**changes), findings, "/x.yml", has_diff)


def test_a_host_as_the_role_would_leave_it() -> None:
    assert report(host("a", drift=[])) == [
        "",
        "Cluster prod: 2 members, 1 hosts",
        "",
        "a is node id-a, run by stemedb, runs",
        "  stemedb_node would change nothing",
        "",
        "NOTE     one",
        "",
        "Inventory to write: /x.yml. Nothing is changed on the hosts.",
    ]


def test_what_would_change_is_listed_and_shown_when_asked_for() -> None:
    command = {"what": "command line", "path": "", "diff": ["-x", "+y"]}
    brief = report(host("a", drift=[UNIT, command]))
    assert "  stemedb_node would change: unit /etc/x.service" in brief
    assert "  stemedb_node would change: command line" in brief
    assert "What is different there: run again with --diff." in brief
    assert "    +b" not in brief
    shown = report(host("a", drift=[UNIT, command]), has_diff=True)
    assert shown[4:6] == ["  stemedb_node would change: unit /etc/x.service", "    -a"]
    assert not [line for line in shown if "--diff" in line]


def ends(*hosts: dict[str, Any], has_api_key: bool = False, **changes: Any) -> list[str]:
    known = Site(
        hosts=hosts,
        expected=[one["host"] for one in hosts],
        cluster=None,
        members=None,
        cluster_error="",
        said={"cluster_name": ""},
    )
    return outcome(known._replace(**changes), "/x y.yml", has_api_key)


def test_the_end_says_what_is_written_and_what_is_left_to_do() -> None:
    assert ends(host("a"), host("b"), host("c")) == [
        "/x y.yml holds 3 hosts of stemedb_nodes and stemedb_lock_hosts (a, b, c).",
        "Still to do, before the first change:",
        "  check stemedb_lock_hosts: name other hosts there if one of these will go",
        "  check the health: ansible-playbook stemedb.cluster.health -i '/x y.yml'",
    ]
    assert ends(host("a"), said={"cluster_name": "", "lock_hosts": ["a"]}) == [
        "/x y.yml holds 1 host of stemedb_nodes and stemedb_lock_hosts (a).",
        "Still to do, before the first change:",
        "  check the health: ansible-playbook stemedb.cluster.health -i '/x y.yml'",
    ]


def test_what_is_left_to_do_is_what_the_file_lacks() -> None:
    secret = {"environment": HIDDEN, "flags": ["--api-key", HIDDEN]}
    by_hand = {"service_manager": "command"}
    lines = ends(
        host("a", secret), host("b", by_hand), expected=["a", "b", "lost"], has_api_key=True
    )
    assert lines[0] == "/x y.yml holds 2 hosts of stemedb_nodes."
    assert lines[2:] == [
        "  set stemedb_lock_hosts: three hosts or more that stay, and that run no other cluster",
        "  add the hosts whose node is not known: lost",
        "  create vault_stemedb_node_environment in a vault: a value for each name in the file's "
        "comments",
        "  create vault_stemedb_node_flags in a vault: a value for each flag that names it",
        "  set stemedb_node_start_command, _stop_command and _status_command, or make a unit and "
        "adopt again: b",
        "  put stemedb_api_key into a vault, or into the environment: STEMEDB_API_KEY",
        "  check the health: ansible-playbook stemedb.cluster.health -i '/x y.yml'",
    ]


def test_nothing_in_it_speaks_to_a_terminal() -> None:
    shown = report(host("a", drift=[{**UNIT, "path": "/etc/\x1b[2J\r\n"}]))
    assert "  stemedb_node would change: unit /etc/?[2J" in shown
    assert not [line for line in shown if "\x1b" in line or "\n" in line]


def test_who_runs_it() -> None:
    by_hand = {"service_manager": "command"}
    for of, words in (
        (host("a"), "run by stemedb, runs"),
        (host("a", {**by_hand, "status_command": "x"}), "run by commands of the inventory, runs"),
        (host("a", running=False), "does not run"),
        (host("a", running=None), "state not known"),
    ):
        assert words in report(of)[3]
    of = host("a", by_hand)
    del of["variables"]["service"]
    assert "run by nothing that is known, runs" in report(of)[3]


def test_what_is_not_known_is_not_nothing() -> None:
    assert "  what stemedb_node would change is not known" in report(host("a"))
    refused = report(host("a", refused="no binary"))
    assert "  stemedb_node would refuse it: no binary" in refused
    secret = {"environment": HIDDEN}
    unknown = "  whether stemedb_node would change the environment is not known: it has no values"
    shown = report(host("a", secret, drift=[], has_environment=False))
    assert unknown in shown
    assert "  stemedb_node would change nothing" not in shown
    assert unknown not in report(host("a", secret, drift=[], has_environment=True))


def test_a_host_without_a_node_is_left_to_the_findings() -> None:
    shown = report({"host": "a", "node_id": None}, members=None, cluster=None)
    assert shown[1] == "Cluster unknown: an unknown number of members, 1 hosts"
    assert shown[2:] == [
        "",
        "NOTE     one",
        "",
        "Inventory to write: /x.yml. Nothing is changed on the hosts.",
    ]
