"""The groups of states, and that no group is put below itself."""

from __future__ import annotations

import pytest
from ansible.inventory.data import InventoryData
from ansible_collections.stemedb.cluster.plugins.plugin_utils._inventory.groups import (
    BELOW,
    Notes,
    group_of,
    makes_circle,
)


@pytest.mark.parametrize(
    ("state", "group"),
    [
        ("Alive", "stemedb_alive"),
        ("Suspect", "stemedb_suspect"),
        ("Dead", "stemedb_dead"),
        ("Leaving", "stemedb_other"),
        ("alive", "stemedb_other"),
        ("", "stemedb_other"),
        (None, "stemedb_other"),
    ],
)
def test_the_group_of_a_state(state: str, group: str) -> None:
    assert group_of(state) == group
    assert group in BELOW


def test_what_a_condition_asks_for_is_noted() -> None:
    notes = Notes(children_are_hosts=True)
    assert notes.add_group("g") == "g"
    notes.add_child("g", "db-01")
    assert (list(notes.groups), list(notes.members)) == (["g"], [("g", "db-01")])
    assert list(notes.children) == []


def test_what_a_key_asks_for_is_noted() -> None:
    notes = Notes(children_are_hosts=False)
    notes.add_host("db-01", notes.add_group("g"))
    notes.add_child(notes.add_group("parent"), "g")
    assert list(notes.groups) == ["g", "parent"]
    assert list(notes.members) == [("g", "db-01")]
    assert list(notes.children) == [("parent", "g")]


def test_no_group_is_below_itself() -> None:
    inventory = InventoryData()
    for group in ("a", "b", "c"):
        inventory.add_group(group)
    assert not makes_circle(inventory, "a", "b")
    inventory.add_child("a", "b")
    inventory.add_child("b", "c")
    for parent, child in (("a", "a"), ("b", "a"), ("c", "a")):
        assert makes_circle(inventory, parent, child)
    assert not makes_circle(inventory, "a", "c")
