"""In which list of the difference each declared host and each listed node is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Node
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.facts import Host
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.history import History
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.match import (
    Difference,
    Index,
    Member,
    difference,
    unresolved,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import A, B, C, D
from ansible_collections.stemedb.cluster.tests.unit.support.planning import (
    E,
    F,
    db,
    did,
    facts,
    four,
    node,
    snapshot,
)
from hypothesis import given
from hypothesis import strategies as st

ALL = (node(1), node(2), node(3), node(4))
DEAD_4 = (*ALL[:3], node(4, "Dead"))
GONE_4 = ALL[:3]


def found(
    nodes: Sequence[Node] = ALL,
    declared: Optional[Iterable[Host]] = None,
    operations: Optional[Iterable[Mapping[str, Any]]] = (),
    resolved: Optional[Mapping[str, Sequence[str]]] = None,
    **more: Any,
) -> Difference:
    given_facts = facts(snapshot(*nodes), declared, operations, **more)._replace(
        resolved=resolved or {}
    )
    index = Index(given_facts.snapshot.nodes.values(), given_facts.resolved)
    history = None if given_facts.operations is None else History(given_facts.operations)
    return difference(given_facts, index, history)


def where(differs: Difference, host: str) -> tuple[str, Optional[str], Optional[str]]:
    """The list that a declared host is in, who takes its place, and that one's id."""
    rows = [
        (name, row.by, row.by_node_id)
        for name in Difference._fields[:5]
        for row in getattr(differs, name)
        if row.host == host
    ]
    assert len(rows) == 1, rows
    return rows[0]


# --- which node is it ----------------------------------------------------------------------------


def test_all_as_declared() -> None:
    differs = found()
    assert [(row.host, row.node_id, row.state) for row in differs.matched] == [
        ("db-1", A, "Alive"),
        ("db-2", B, "Alive"),
        ("db-3", C, "Alive"),
        ("db-4", D, "Alive"),
    ]
    assert differs._replace(matched=()) == Difference()


@pytest.mark.parametrize(
    "host",
    [
        db(4, D.upper()),
        db(4),
        Host("10.0.0.4", "elsewhere"),
        Host("db-4", "10.0.0.4:18182"),
        Host("db-4", "somewhere.else", D),
        Host("db-4", "db4.example"),
    ],
)
def test_a_host_is_its_node_by_id_or_address(host: Host) -> None:
    differs = found(declared=[*four()[:3], host], resolved={"db4.example": ["10.0.0.4"]})
    assert {row.node_id for row in differs.matched} == {A, B, C, D}
    assert differs.undeclared == ()


def test_a_port_that_is_declared_has_to_match() -> None:
    differs = found(declared=[*four()[:3], Host("db-4", "10.0.0.4:18999")])
    assert where(differs, "db-4")[0] == "to_add"
    assert [row.node_id for row in differs.undeclared] == [D]


def test_a_host_that_was_set_up_anew_is_its_new_node() -> None:
    differs = found([*DEAD_4, node(4, node_id=E)], declared=[*four()[:3], db(4)])
    assert where(differs, "db-4")[0] == "matched"
    assert [(row.node_id, row.state) for row in differs.undeclared] == [(D, "Dead")]


def test_two_nodes_at_one_address_are_nobody() -> None:
    differs = found([*ALL, node(4, node_id=E)], declared=[*four()[:3], db(4)])
    assert where(differs, "db-4")[0] == "to_add"


def test_only_what_finds_nobody_is_resolved() -> None:
    named = Host("db-4", "db4.example")
    assert unresolved([*four()[:3], named], ALL) == ["10.0.0.4:18182", "db4.example"]
    assert unresolved(four(), ALL) == []
    assert unresolved([*four(), named], ALL) == [], "no node is left for it"
    assert unresolved(four()[:3], ALL) == [], "no host is left for it"
    assert unresolved([named._replace(node_id=D)], ALL[3:]) == []


IDS = st.sampled_from([None, A, B, C])
STATES = st.sampled_from(["Alive", "Dead", "Suspect"])


@given(
    st.lists(st.tuples(st.sampled_from([A, B, C]), st.integers(1, 3), STATES), max_size=4),
    IDS,
    st.integers(1, 3),
)
def test_it_is_the_node_that_the_procedures_say(
    rows: list[tuple[str, int, str]], node_id: Optional[str], place: int
) -> None:
    declared = pytest.importorskip(
        "ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared"
    )
    nodes = {i: Node(i, f"10.0.0.{at}:18182", state) for i, at, state in rows}
    host = db(place, node_id)
    listed = [
        {"node_id": n.node_id, "address": n.address, "state": n.state} for n in nodes.values()
    ]
    theirs = declared.node_of(declared.Declared(host.host, host.address, host.node_id), listed)
    ours = Index(nodes.values(), {}).of(host)
    assert (ours and ours.node_id) == (theirs and theirs["node_id"])


# --- it is not there -----------------------------------------------------------------------------


def test_a_host_that_nobody_knows_is_to_be_added() -> None:
    assert where(found(declared=[*four(), db(5)]), "db-5") == ("to_add", None, None)


@pytest.mark.parametrize("operations", [(), None])
def test_a_dead_one_is_to_be_replaced(operations: Optional[tuple[()]]) -> None:
    assert where(found(DEAD_4, operations=operations), "db-4") == ("to_replace", None, None)
    by_address = found(DEAD_4, [*four()[:3], db(4)], operations)
    assert where(by_address, "db-4") == ("to_replace", None, None)


@pytest.mark.parametrize("state", ["Suspect", "Leaving", None])
def test_what_is_not_dead_is_a_member(state: Optional[str]) -> None:
    differs = found([*ALL[:3], node(4, state)])
    assert where(differs, "db-4")[0] == "matched"


def test_a_member_of_the_first_start_that_aged_out_is_missing() -> None:
    """Red: without its id in Git it was a new host, which nobody is called for."""
    declared = [*four()[:3], db(4)]
    names = "db-1, db-2, db-3, db-4"
    known = found(GONE_4, declared, operations=[did("bootstrap", names)])
    assert where(known, "db-4")[0] == "missing"
    begun = found(GONE_4, declared, operations=[did("bootstrap", names, "failed")])
    assert where(begun, "db-4")[0] == "to_add"


def test_one_that_aged_out_is_missing() -> None:
    assert where(found(GONE_4), "db-4") == ("missing", None, None)
    known_by_the_list = found(GONE_4, [*four()[:3], db(4)], [did("add_node", "db-4")])
    assert where(known_by_the_list, "db-4")[0] == "missing"


def test_one_whose_addition_did_not_end_never_was_a_member() -> None:
    differs = found(GONE_4, operations=[did("add_node", "db-4", "failed")])
    assert where(differs, "db-4")[0] == "to_add"


@pytest.mark.parametrize("nodes", [DEAD_4, GONE_4])
@pytest.mark.parametrize("target", ["db-4", D])
def test_one_that_was_removed_and_is_declared_again_is_to_be_added(
    nodes: Sequence[Node], target: str
) -> None:
    differs = found(nodes, operations=[did("remove_node", target)])
    assert where(differs, "db-4")[0] == "to_add"
    unsure = found(nodes, operations=[did("remove_node", target, "failed")])
    assert where(unsure, "db-4")[0] != "to_add"


# --- another has taken its place -----------------------------------------------------------------


@pytest.mark.parametrize("nodes", [DEAD_4, GONE_4])
@pytest.mark.parametrize(
    ("replaces", "operations"),
    [
        ({"db-6": D.upper()}, ()),
        ({"db-6": D}, None),
        ({}, [did("replace_node", "db-4, db-6")]),
        ({}, [did("replace_node", f"{D}, db-6")]),
        ({"db-6": D}, [did("replace_node", "db-4, db-6")]),
    ],
)
def test_a_spare_has_taken_its_place(
    nodes: Sequence[Node], replaces: dict[str, Optional[str]], operations: Any
) -> None:
    differs = found([*nodes, node(6)], None, operations, spares=(db(6),), replaces=replaces)
    assert where(differs, "db-4") == ("substituted", "db-6", F)
    assert differs.undeclared == ()
    assert differs.doubtful == ()


def test_it_is_so_also_where_git_declares_the_spare_by_now() -> None:
    differs = found([*GONE_4, node(6)], [*four(), db(6)], replaces={"db-6": D})
    assert where(differs, "db-4") == ("substituted", "db-6", F)
    assert where(differs, "db-6")[0] == "matched"
    by_id = found([*GONE_4, node(6)], [*four(), db(6, F)], replaces={"db-6": D})
    assert where(by_id, "db-4") == ("substituted", "db-6", F)


@pytest.mark.parametrize("nodes", [DEAD_4, GONE_4])
def test_it_is_so_also_where_nobody_knows_the_spare_any_more(nodes: Sequence[Node]) -> None:
    done = found([*nodes, node(6)], operations=[did("replace_node", "db-4, db-6")])
    assert where(done, "db-4") == ("substituted", "db-6", None)
    begun = found([*nodes, node(6)], operations=[did("replace_node", "db-4, db-6", "failed")])
    assert where(begun, "db-4")[0] != "substituted"


@pytest.mark.parametrize("nodes", [DEAD_4, GONE_4])
def test_a_new_node_on_its_own_host_has_taken_its_place(nodes: Sequence[Node]) -> None:
    differs = found([*nodes, node(4, node_id=E)])
    assert where(differs, "db-4") == ("substituted", "db-4", E)
    assert differs.undeclared == ()


def test_the_node_of_another_host_has_not() -> None:
    differs = found(GONE_4, [*four()[:3], Host("db-4", "10.0.0.3", D)])
    assert where(differs, "db-4") == ("missing", None, None)


@pytest.mark.parametrize("nodes", [DEAD_4, GONE_4])
def test_a_replacement_that_did_not_end_is_no_substitute(nodes: Sequence[Node]) -> None:
    unfinished = [did("replace_node", "db-4, db-6", "abandoned")]
    differs = found([*nodes, node(6)], operations=unfinished, spares=(db(6),))
    kind = "to_replace" if nodes is DEAD_4 else "missing"
    assert where(differs, "db-4") == (kind, "db-6", F)
    assert differs.undeclared == ()
    begun = found(nodes, spares=(db(6),), replaces={"db-6": D})
    assert where(begun, "db-4") == (kind, "db-6", None)


@pytest.mark.parametrize("done", [True, False])
def test_a_replacement_that_died_is_none(done: bool) -> None:
    operations = [did("replace_node", "db-4, db-6")] if done else []
    differs = found([*DEAD_4, node(6, "Dead")], None, operations, replaces={"db-6": D},
                    spares=(db(6),))  # fmt: skip
    assert where(differs, "db-4") == ("to_replace", None, None)
    assert [(row.host, row.node_id) for row in differs.undeclared] == [("db-6", F)]


def test_one_that_was_made_comes_before_one_that_was_only_begun() -> None:
    differs = found([*DEAD_4, node(6)], spares=(db(5), db(6)), replaces={"db-5": D, "db-6": D})
    assert where(differs, "db-4") == ("substituted", "db-6", F)


# --- nobody declares it --------------------------------------------------------------------------


def test_what_nobody_declares_with_the_host_that_it_is_on() -> None:
    differs = found([*ALL, node(5), node(6, "Dead")], four()[:3], others=(db(4),))
    assert [(row.host, row.node_id, row.state, row.prune) for row in differs.undeclared] == [
        ("db-4", D, "Alive", False),
        (None, E, "Alive", False),
        (None, F, "Dead", False),
    ]


@pytest.mark.parametrize("name", ["db-4", D, D.upper(), "10.0.0.4", "10.0.0.4:18182"])
def test_prune_names_a_host_or_a_full_id(name: str) -> None:
    differs = found(ALL, four()[:3], others=(db(4),), prune=("db-9", name))
    assert [row.prune for row in differs.undeclared] == [True]


@pytest.mark.parametrize("name", [D[:8], "db", "10.0.0.40", A])
def test_prune_takes_no_part_of_a_name(name: str) -> None:
    differs = found(ALL, four()[:3], others=(db(4),), prune=(name,))
    assert [row.prune for row in differs.undeclared] == [False]


# --- a spare of which nobody knows ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("operations", "replaces", "doubtful"),
    [
        ((), {}, ("db-6",)),
        (None, {}, ("db-6",)),
        ([did("remove_node", "db-6")], {}, ("db-6",)),
        ((), {"db-6": None}, ()),
        ((), {"db-6": A}, ()),
        ([did("add_node", "db-6")], {}, ()),
    ],
)
def test_a_spare_that_runs_a_node(
    operations: Any, replaces: dict[str, Optional[str]], doubtful: tuple[str, ...]
) -> None:
    nodes = [*DEAD_4, node(6)]
    differs = found(nodes, None, operations, spares=(db(6),), replaces=replaces)
    assert differs.doubtful == doubtful


def test_each_is_in_one_list_only() -> None:
    differs = found([*DEAD_4, node(6), node(5)], spares=(db(6),), replaces={"db-6": D})
    ids = [row.node_id for rows in differs[:6] for row in rows if isinstance(row, Member)]
    assert sorted(filter(None, ids)) == sorted([A, B, C, D, E])
