"""A plan on the terminal: what it says, and that it is one screen."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Node
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.facts import Host
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.lines import plan_lines
from ansible_collections.stemedb.cluster.tests.unit.support.builders import D
from ansible_collections.stemedb.cluster.tests.unit.support.planning import (
    F,
    db,
    did,
    four,
    node,
    planned,
    snapshot,
)

HOSTILE = "\x1b[2J\x1b]0;owned\x07\r\n\u202e# heading {{ 7 * 7 }}"


def test_a_plan() -> None:
    nodes = (node(1), node(2), node(3, "Dead"), node(6))
    found = planned(
        snapshot(*nodes),
        [*four(), db(5)],
        [did("add_node", "db-5", "failed", step="Install")],
        {"db-6": D},
        spares=(db(6), db(7)),
    )
    assert plan_lines(found) == [
        "Plan of prod, 2026-09-21T14:13:20Z: 2 matched, 1 to replace, 1 to add, 1 substituted",
        "The cluster differs from the inventory.",
        "1. Replace db-3: db-3 is Dead: it is replaced into db-7",
        "   guard: safe",
        "2. Add db-5: db-5 is declared and no member: an earlier run began to add it "
        "(resumes run run-add_node-db-5)",
        "   guard: not needed",
        "to_replace (declared, and Dead):",
        f"  db-3 {node(3).node_id} at 10.0.0.3, Dead",
        "to_add (declared, and no member):",
        "  db-5 - at 10.0.0.5",
        "substituted (declared, and another node has taken its place: change the inventory):",
        f"  db-4 {D} at 10.0.0.4, by db-6 {F}",
        "unfinished (by an earlier run):",
        '  add_node of db-5: failed at the step "Install", since 2026-09-21T13:13:20Z, resumed',
        "Refused:",
        "  too_many_changes: stemedb_max_changes: the plan has 2 steps, and stemedb_max_changes "
        "allows 1: nothing is done at all. Declare less in one commit, or allow more with "
        "stemedb_max_changes=2",
        "Refused (1 reason): nothing is done.",
    ]


def test_a_run_that_was_told_to_end_did_not_stop_at_a_step() -> None:
    found = planned(operations=[did("rolling_restart", "db-2", "stopped", step="Turn of db-2")])
    assert (
        "  rolling_restart of db-2: ended early, as it was told to, since 2026-09-21T13:13:20Z"
        in plan_lines(found)
    )


def test_where_there_is_nothing_to_do_there_is_nothing_to_read() -> None:
    assert plan_lines(planned())[1:] == [
        "The cluster is as declared.",
        "There is nothing to do.",
    ]


def test_blockers_and_what_was_accepted() -> None:
    from ansible_collections.stemedb.cluster.plugins.module_utils._impact.assess import Limits
    from ansible_collections.stemedb.cluster.tests.unit.support.builders import A, B, shard

    held = [shard(number, A, (A, B)) for number in range(5)]
    found = planned(
        snapshot(node(1), node(2), node(3, "Suspect"), node(4), held=held),
        four()[:3],
        prune=(D,),
        limits=Limits(True, 3),
        accept=frozenset({"suspect_node"}),
    )
    lines = plan_lines(found)
    (blocked,) = (line for line in lines if line.startswith("   blocked by "))
    assert blocked.endswith(f" (and {found['steps'][0]['blocker_count'] - 1} more)")
    assert lines[lines.index("Accepted by name:") + 1].startswith("  suspect_node: ")
    assert ", named in stemedb_prune" in "\n".join(lines)


def thousand() -> dict[str, Any]:
    """Everything that there can be, often."""
    nodes = [
        Node(
            f"{n:08x}-0000", f"10.1.{n // 250}.{n % 250 + 1}:18182", "Dead" if n < 300 else "Alive"
        )
        for n in range(1000)
    ]
    declared = [Host(f"db-{n:04}", f"10.1.{n // 250}.{n % 250 + 1}") for n in range(700)]
    declared += [Host(f"new-{n}", f"10.2.0.{n % 250 + 1}:{1000 + n}") for n in range(100)]
    declared += [Host(f"old-{n}", f"10.3.0.{n % 250}:{1000 + n}", f"id-{n}") for n in range(100)]
    operations = [did("rolling_restart", f"db-{n}", "failed", run_id=str(n)) for n in range(50)]
    operations += [did("add_node", f"new-{n}", "failed", run_id=f"a{n}") for n in range(50)]
    return planned(
        snapshot(*nodes),
        declared,
        operations,
        prune=tuple(one.node_id for one in nodes[700:]),
        maintenance=True,
        lock_hosts=(),
    )


def test_a_thousand_nodes_are_one_screen() -> None:
    lines = plan_lines(thousand())
    assert len(lines) <= 50
    assert "  and 297 more" in lines
    assert "and 795 more steps" in lines


@pytest.mark.parametrize("text", [HOSTILE, HOSTILE * 1000])
def test_no_string_moves_the_cursor(text: str) -> None:
    found = planned(
        snapshot(node(1), node(2), node(3), node(4), node(5, node_id=text)),
        operations=[did(text, text, "failed", step=text, run_id=text)],
        prune=(text.strip(),),
    )
    lines = plan_lines({**found, "cluster": text, "refused": [dict.fromkeys(
        ("kind", "subject", "detail"), text)]})  # fmt: skip
    assert [line for line in lines if not line.isprintable()] == []
    assert max(map(len, lines)) < 4000
