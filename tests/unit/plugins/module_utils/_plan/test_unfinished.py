"""What earlier runs left undone: finished by the plan, or a refusal."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.tests.unit.support.builders import C, D
from ansible_collections.stemedb.cluster.tests.unit.support.planning import (
    E,
    db,
    did,
    four,
    hosts,
    kinds,
    node,
    planned,
    snapshot,
    steps,
)

LIVING = (node(1), node(2), node(3), node(4))
DEAD_4 = (*LIVING[:3], node(4, "Dead"))
GONE_4 = LIVING[:3]
THREE = four()[:3]


def resumed(found: dict[str, Any]) -> list[tuple[str, Optional[str], Optional[str]]]:
    return [(step["operation"], step["host"], step["resumes"]) for step in found["steps"]]


def left(found: dict[str, Any]) -> list[tuple[str, str, bool]]:
    return [(row["operation"], row["target"], row["resumed"]) for row in found["unfinished"]]


def refused(found: dict[str, Any]) -> str:
    """The details of what is refused, which is all of this kind."""
    assert kinds(found) == ["unfinished_operation"], found["refused"]
    return " ".join(f"{row['subject']}: {row['detail']}" for row in found["refused"])


# --- the list ------------------------------------------------------------------------------------


def test_without_the_list_nothing_is_known_of_it() -> None:
    found = planned(operations=None)
    assert "the lock hosts were not asked" in refused(found)
    assert found["unfinished"] is None
    assert found["drift"] is None


def test_what_ended_leaves_nothing() -> None:
    found = planned(operations=[did("add_node", "db-4"), did("heal", "")])
    assert (found["unfinished"], found["refused"], found["drift"]) == ([], [], False)


def test_what_may_be_under_way_is_waited_for() -> None:
    found = planned(operations=[did("heal", "", "running")])
    assert "cluster: heal of run run-heal- did not end (running): may be under way" in refused(
        found
    )


def test_whose_operation_is_in_the_way_is_told() -> None:
    """The job that started it, for who has only the output of another job."""
    found = planned(operations=[did("heal", "", "running", reason="controller job 17 of alice")])
    assert "heal of run run-heal- (controller job 17 of alice) did not end" in refused(found)
    assert "or its lock has expired" in refused(found)


@pytest.mark.parametrize("outcome", ["failed", "stopped", "abandoned"])
def test_a_restart_that_did_not_end_is_shown_and_blocks_only_what_is_unattended(
    outcome: str,
) -> None:
    operations = [did("rolling_restart", "db-1", outcome)]
    found = planned(operations=operations)
    assert (left(found), found["refused"]) == ([("rolling_restart", "db-1", False)], [])
    assert found["drift"] is False
    alone = planned(operations=operations, unattended=True)
    assert "run rolling_restart again, which resumes it" in refused(alone)
    assert alone["drift"] is True


# --- additions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("nodes", [LIVING, DEAD_4, GONE_4])
def test_an_addition_is_resumed_also_where_its_node_is_a_member_by_now(nodes: Any) -> None:
    found = planned(snapshot(*nodes), operations=[did("add_node", "db-4", "failed")])
    if nodes is not DEAD_4:
        assert resumed(found) == [("add_node", "db-4", "run-add_node-db-4")]
        assert left(found) == [("add_node", "db-4", True)]
    else:
        # It died since: what was added is replaced.
        assert steps(found) == [("replace_node", "db-4")]
    assert found["refused"] == []
    assert found["drift"] is True


def test_an_addition_that_was_taken_back_is_over() -> None:
    found = planned(snapshot(*GONE_4), THREE, [did("add_node", "db-4", "failed")])
    assert (found["steps"], found["refused"], found["drift"]) == ([], [], False)
    there = planned(snapshot(*LIVING), THREE, [did("add_node", "db-4", "failed")],
                    others=(db(4),), prune=("db-4",))  # fmt: skip
    assert steps(there) == [("remove_node", "db-4")]
    assert there["refused"] == []


def test_one_of_several_is_named() -> None:
    operations = [did("add_node", "db-3, db-4", "failed")]
    found = planned(operations=operations, max_changes=2)
    assert steps(found) == [("add_node", "db-3"), ("add_node", "db-4")]


def test_an_addition_is_for_a_person_where_nobody_watches() -> None:
    found = planned(operations=[did("add_node", "db-4", "failed")], unattended=True)
    assert "it is not a replacement" in refused(found)
    assert found["steps"] == []


# --- replacements --------------------------------------------------------------------------------

BEGUN = did("replace_node", "db-4, db-6", "abandoned")


@pytest.mark.parametrize("nodes", [DEAD_4, GONE_4])
@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("unattended", [True, False])
def test_the_same_replacement_is_finished(nodes: Any, there: bool, unattended: bool) -> None:
    nodes = (*nodes, node(6)) if there else nodes
    found = planned(
        snapshot(*nodes), operations=[BEGUN], spares=(db(5), db(6)), unattended=unattended
    )
    assert resumed(found) == [("replace_node", "db-4", "run-replace_node-db-4, db-6")]
    assert found["steps"][0]["replacement"] == "db-6"
    assert (found["refused"], found["drift"]) == ([], True)


def test_what_was_begun_is_finished_before_anything_else() -> None:
    nodes = (node(1), node(2, "Dead"), node(3), node(4, "Dead"), node(5))
    found = planned(snapshot(*nodes), [*four(), db(5)], [BEGUN], spares=(db(6), db(8)))
    assert steps(found) == [("replace_node", "db-4"), ("replace_node", "db-2")]
    assert [step["replacement"] for step in found["steps"]] == ["db-6", "db-8"]


def test_one_that_came_back_is_not_replaced() -> None:
    found = planned(operations=[BEGUN], spares=(db(6),))
    assert (found["steps"], found["refused"]) == ([], [])
    assert left(found) == [("replace_node", "db-4", False)]


def test_git_may_have_the_replacement_by_now() -> None:
    found = planned(snapshot(*GONE_4, node(6)), [*THREE, db(6)], [BEGUN])
    assert (found["steps"], found["refused"], found["drift"]) == ([], [], False)


@pytest.mark.parametrize("listed", [DEAD_4, GONE_4])
def test_git_may_have_it_before_it_was_verified(listed: Any) -> None:
    """The host says whose place its node has taken, and the run that did it did not end."""
    given = (snapshot(*listed, node(6)), [*THREE, db(6)])
    found = planned(*given, [BEGUN], {"db-6": D})
    (step,) = found["steps"]
    assert resumed(found) == [("replace_node", None, "run-replace_node-db-4, db-6")]
    assert (step["node_id"], step["replacement"]) == (D, "db-6")
    assert (
        "a node on db-6 has taken its place, and the run that did it did not end" in step["reason"]
    )
    assert (left(found), found["refused"]) == ([("replace_node", "db-4", True)], [])
    assert found["drift"] is True
    # A try that failed again is named by the id: it is one step all the same.
    tried = [BEGUN, did("replace_node", f"{D}, db-6", "failed", ago=90.0)]
    found = planned(*given, tried, {"db-6": D})
    assert resumed(found) == [("replace_node", None, f"run-replace_node-{D}, db-6")]
    assert found["refused"] == []
    # Where its host is not in the inventory any more, the dead one is named by its id.
    after = [BEGUN, did("replace_node", f"{D}, db-6", ago=60.0)]
    done = planned(*given, after, {"db-6": D})
    assert (done["steps"], left(done), done["drift"]) == ([], [], False)
    # One that was only begun there, and is another's by now, is none.
    assert planned(*given, [BEGUN], {"db-6": None})["steps"] == []


def test_on_the_same_host_too() -> None:
    """By its address it is a member, as one that came back is."""
    operations = [did("replace_node", "db-4", "failed")]
    given = (snapshot(*GONE_4, node(4, node_id=E)), [*THREE, db(4)], operations)
    found = planned(*given, {"db-4": D})
    (step,) = found["steps"]
    assert resumed(found) == [("replace_node", "db-4", "run-replace_node-db-4")]
    assert (step["node_id"], step["replacement"]) == (D, "db-4")
    assert (found["refused"], found["drift"]) == ([], True)
    # It came back: what the run had begun with is there, or was begun nowhere.
    for other in ({"db-4": E}, {"db-4": None}, {}):
        assert planned(*given, other)["steps"] == []
    alone = planned(*given, {"db-4": D}, unattended=True)
    assert resumed(alone) == resumed(found)


def test_another_replacement_into_the_same_spare_ends_none() -> None:
    after = [BEGUN, did("replace_node", "db-9, db-6", ago=60.0)]
    found = planned(snapshot(*GONE_4, node(6)), [*THREE, db(6)], after)
    assert left(found) == [("replace_node", "db-4", False)]


def test_where_git_has_neither_a_person_is_asked() -> None:
    found = planned(snapshot(*GONE_4, node(6)), THREE, [BEGUN])
    assert "db-4: replace_node of run" in refused(found)
    assert "db-6 was to take its place, and Git declares neither" in refused(found)


# --- removals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("nodes", [LIVING, DEAD_4, GONE_4])
def test_a_removal_is_finished_while_prune_names_it(nodes: Any) -> None:
    operations = [did("remove_node", "db-4", "abandoned")]
    found = planned(snapshot(*nodes), THREE, operations, others=(db(4),), prune=("db-4",))
    assert resumed(found) == [("remove_node", "db-4", "run-remove_node-db-4")]
    assert (found["refused"], found["drift"]) == ([], True)
    unnamed = planned(snapshot(*nodes), THREE, operations, others=(db(4),))
    assert "finish it with remove_node, or name it in stemedb_prune" in refused(unnamed)
    assert unnamed["steps"] == []


def test_a_removal_that_stopped_nothing_and_was_taken_back_is_over() -> None:
    found = planned(operations=[did("remove_node", "db-4", "failed")])
    assert (found["steps"], found["refused"], found["drift"]) == ([], [], False)


@pytest.mark.parametrize("nodes", [DEAD_4, GONE_4])
def test_one_that_was_stopped_and_is_declared_again_is_for_a_person(nodes: Any) -> None:
    found = planned(snapshot(*nodes), operations=[did("remove_node", D, "failed")])
    assert "Git declares it again: start its service" in refused(found)


# --- bootstrap, and spares of which nobody knows -------------------------------------------------


def test_a_bootstrap_that_did_not_end() -> None:
    operations = [did("bootstrap", "db-1, db-2, db-3, db-4", "failed")]
    assert planned(operations=operations)["refused"] == []
    found = planned(snapshot(*GONE_4), operations=operations)
    assert refused(found).startswith("cluster: bootstrap of run ")
    assert refused(found).endswith("did not end (failed): run bootstrap again, which resumes it")


def test_a_spare_that_may_be_the_replacement_holds_back_another_one() -> None:
    found = planned(snapshot(*DEAD_4, node(6)), spares=(db(5), db(6)))
    assert "db-6: it is a spare and runs a node" in refused(found)
    assert "the place of db-4" in refused(found)
    assert found["steps"] == []
    read = planned(snapshot(*DEAD_4, node(6)), spares=(db(5), db(6)), replaces={"db-6": None})
    assert steps(read) == [("replace_node", "db-4")]
    assert (read["refused"], hosts(read, "undeclared")) == ([], ["db-6"])


def test_it_holds_back_nobody_who_lives() -> None:
    found = planned(snapshot(*LIVING, node(6)), [*four(), db(5)], spares=(db(6),))
    assert (steps(found), found["refused"]) == ([("add_node", "db-5")], [])


def test_an_operation_on_an_id_is_one_on_its_host() -> None:
    found = planned(operations=[did("add_node", C.upper(), "failed")])
    assert steps(found) == [("add_node", "db-3")]
