"""Which step of a procedure a task belongs to."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._terminal.place import (
    Include,
    plain_name,
    step_of,
)

PLAYBOOK = "playbooks/add_node.yml"
ADD = "roles/stemedb_add_node/tasks/main.yml"


def chain(*includes: tuple[str, str]) -> list[Include]:
    return [Include(*include) for include in includes]


@pytest.mark.parametrize(
    ("includes", "step"),
    [
        (chain(), ("", False)),
        (chain(("Add the node", PLAYBOOK)), ("Add the node", False)),
        (chain(("Add the node", PLAYBOOK), ("Start it", ADD)), ("Start it", True)),
        # A part of a step is none, wherever it is.
        (
            chain(
                ("Add the node", PLAYBOOK),
                ("Start it", ADD),
                ("Install it", "roles/stemedb_add_node/tasks/start.yml"),
                ("Write it", "roles/stemedb_node/tasks/main.yml"),
                ("Renew it", "roles/stemedb_lock/tasks/main.yml"),
            ),
            ("Start it", True),
        ),
        # A procedure that another one borrows has its own steps.
        (
            chain(
                ("Provision", "playbooks/replace_node.yml"),
                ("Add", "roles/stemedb_replace_node/tasks/provision.yml"),
                ("Start it", ADD),
            ),
            ("Start it", True),
        ),
        # Of a rolling restart each node is a step.
        (
            chain(
                ("Restart the node", "playbooks/rolling_restart.yml"),
                ("Stop it", "roles/stemedb_rolling_restart/tasks/main.yml"),
            ),
            ("Restart the node", False),
        ),
        # What somebody else has included is not ours.
        (chain(("Deploy", ""), ("More", "")), ("", False)),
        (chain(("Site", ""), ("stemedb.cluster.x : Start it", ADD)), ("Start it", True)),
    ],
)
def test_the_innermost_index_names_the_step(
    includes: list[Include], step: tuple[str, bool]
) -> None:
    assert step_of(includes) == step


def test_a_name_has_no_role() -> None:
    assert plain_name("stemedb.cluster.stemedb_node : Write it ") == "Write it"
    assert plain_name("Write it") == "Write it"
