"""Commands that people paste: with the inventory of the run, and for the host's own services."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.commands import (
    gateway_log,
    gateway_service,
    gateway_status,
    inventory_options,
    log,
    playbook,
    start,
    status,
)

NOW = 1_790_000_000.0
COMMANDS = {
    "stemedb_node_service_manager": "command",
    "stemedb_node_start_command": "svc start node",
    "stemedb_node_status_command": "svc status node",
    "stemedb_node_log_command": "svc log node --since {since}",
}
BARE = {"stemedb_node_service_manager": "command"}


@pytest.mark.parametrize(
    ("sources", "usual", "options"),
    [
        (["/home/alice/site/prod/hosts.yml"], ["/etc/ansible/hosts"], "-i prod/hosts.yml"),
        (["/home/alice/site"], ["/etc/ansible/hosts"], "-i /home/alice/site"),
        (["/home/alice/site2/hosts.yml"], ["/etc/ansible/hosts"], "-i /home/alice/site2/hosts.yml"),
        (["/home/alice/site/a", "/else/b c"], ["/etc/ansible/hosts"], "-i a -i '/else/b c'"),
        (["node-01,node-02,"], ["/etc/ansible/hosts"], "-i node-01,node-02,"),
        (["/home/alice/site/hosts.yml"], ["/home/alice/site/hosts.yml"], ""),
        (["/home/alice/site/hosts.yml"], None, "-i hosts.yml"),
        (None, ["/etc/ansible/hosts"], "-i inventory.yml"),
    ],
)
def test_the_inventory_is_named_as_it_is_found_from_here(
    sources: Any, usual: Any, options: str
) -> None:
    assert inventory_options(sources, usual, "/home/alice/site") == options


def test_a_playbook_has_only_what_it_needs() -> None:
    assert playbook("heal", "") == "ansible-playbook stemedb.cluster.heal"
    assert playbook("heal", "-i a", "--check") == (
        "ansible-playbook stemedb.cluster.heal -i a --check"
    )


def test_a_unit_is_started_and_read_by_its_name() -> None:
    assert start({}, NOW) == "systemctl start stemedb-node; then journalctl -u stemedb-node -n 50"
    own = {"stemedb_node_service": "stemedb", "stemedb_gateway_service": "stemedb-gw"}
    assert start(own, NOW) == "systemctl start stemedb; then journalctl -u stemedb -n 50"
    assert status(own) == "systemctl status stemedb stemedb-gw"
    assert gateway_status(own, NOW) == (
        "systemctl status stemedb-gw; journalctl -u stemedb-gw -n 50"
    )


def test_without_systemd_the_commands_are_those_of_the_inventory() -> None:
    assert start(COMMANDS, NOW) == "svc start node; then svc log node --since 1789999400"
    assert log(COMMANDS, NOW) == "svc log node --since 1789999400"
    assert status(COMMANDS) == "svc status node"
    assert gateway_status(COMMANDS, NOW) == "svc status node; svc log node --since 1789999400"


def test_where_none_is_configured_none_is_made_up() -> None:
    texts = [start(BARE, NOW), log(BARE, NOW), status(BARE), gateway_status(BARE, NOW)]
    assert texts[:3] == [
        "start its service; then read its log",
        "read its log",
        "see whether its service runs",
    ]
    assert not any("ctl" in text for text in texts)


def test_the_log_of_the_gateway_is_that_of_a_unit_or_one_that_the_operator_knows() -> None:
    words = ("election", "leader")
    assert gateway_log("stemedb-gateway", words) == (
        r'journalctl -u stemedb-gateway | grep "election\|leader"'
    )
    assert gateway_log(None, words) == "search its log for election and leader"
    assert gateway_service({}) == "stemedb-gateway", "no host is known"
    assert gateway_service({"a": BARE, "b": {"stemedb_gateway_service": "gw"}}) == "gw"
    assert gateway_service({"a": BARE}) is None
