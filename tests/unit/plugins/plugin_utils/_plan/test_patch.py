"""The patch of an inventory: what is declared after it, and that all else stays as it was."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.patch import (
    Source,
    inventory_patch,
)

USUAL = """\
# The members of prod.
all:
  vars:
    stemedb_spares: [db-09, "db-08"]
    key: !vault |
      $ANSIBLE_VAULT;1.1;AES256
      3963
  children:
    stemedb_nodes:
      hosts:
        db-01:
        # In the other room.
        db-03:   # its disk is old
          stemedb_node_zone: east
          note: |
            of two

            lines

        db-04: {}
    fresh:
      hosts:
          db-07:
            # Its own name among members.
            stemedb_node_address: 10.0.0.7
            rack: 'r7'
          db-08:
"""
IN_A_GROUP = USUAL.replace('[db-09, "db-08"]', "\"{{ groups['fresh'] }}\"")
LISTED = "stemedb_spares:  # fresh hosts\n- db-07\nother: 1\n"


def row(host: str, by: str | None, **more: Any) -> dict[str, Any]:
    return {"host": host, "node_id": None, "by": by, "by_node_id": None, **more}


def applied(tmp_path: Path, *given: Source, rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the files hold once Git has applied the patch."""
    for one in given:
        path = tmp_path / one.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.text.encode())
    patch = inventory_patch(given, rows)
    assert patch, "there is a patch"
    subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=tmp_path, check=True)
    return {one.path: (tmp_path / one.path).read_bytes().decode() for one in given}


class Loader(yaml.SafeLoader):
    """Takes a tag for no reason to stop."""


Loader.add_multi_constructor("!", lambda loader, _tag, node: loader.construct_scalar(node))


def loaded(text: str) -> Any:
    return yaml.load(text, Loader=Loader)


def test_a_spare_of_a_group_is_declared_with_its_own_variables(tmp_path: Path) -> None:
    found = applied(
        tmp_path, Source("inventory/hosts.yml", IN_A_GROUP), rows=[row("db-03", "db-07")]
    )
    wanted = loaded(IN_A_GROUP)
    members = wanted["all"]["children"]["stemedb_nodes"]["hosts"]
    del members["db-03"]
    members["db-07"] = wanted["all"]["children"]["fresh"]["hosts"].pop("db-07")
    text = found["inventory/hosts.yml"]
    assert loaded(text) == wanted
    assert "        # In the other room.\n        db-07:\n          # Its own name" in text
    kept = [line for line in text.splitlines() if "db-07" not in line and line.strip()]
    before = [line for line in IN_A_GROUP.splitlines() if line.strip()]
    moved = [line for line in kept if line not in before]
    assert [line.strip() for line in moved] == [
        "# Its own name among members.",
        "stemedb_node_address: 10.0.0.7",
        "rack: 'r7'",
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_spare_of_a_list_is_listed_no_more(tmp_path: Path, end: str) -> None:
    given = [
        Source("hosts.yml", USUAL.replace('    stemedb_spares: [db-09, "db-08"]\n', "")),
        Source("group_vars/all.yml", LISTED.replace("\n", end), variables=True),
    ]
    found = applied(tmp_path, *given, rows=[row("db-03", "db-07")])
    assert found["group_vars/all.yml"] == f"stemedb_spares: []  # fresh hosts{end}other: 1{end}"
    assert "        db-07:\n" in found["hosts.yml"]
    assert "10.0.0.7" in found["hosts.yml"], "a group that is no list of spares stays"


def test_of_several_spares_the_others_stay(tmp_path: Path) -> None:
    text = "stemedb_spares:\n  - db-06\n  - 'db-07'  # fresh\n  - db-08"
    given = [Source("h.yml", USUAL), Source("group_vars/all.yml", text, variables=True)]
    found = applied(tmp_path, *given, rows=[row("db-03", "db-07")])
    assert found["group_vars/all.yml"] == "stemedb_spares:\n  - db-06\n  - db-08"


def test_members_in_groups_of_the_group(tmp_path: Path) -> None:
    text = """\
stemedb_nodes:
  children:
    east:
    west:
west:
  hosts:
    db-03: {a: 1}
rack_3:
  hosts: {db-03: {}}
"""
    found = applied(tmp_path, Source("h.yaml", text), rows=[row("db-03", "db-07")])
    assert found["h.yaml"] == text.replace("db-03: {a: 1}", "db-07:")


def test_a_spare_that_is_declared_already_is_not_declared_twice(tmp_path: Path) -> None:
    text = "stemedb_nodes:\n  hosts:\n    db-03:\n    db-07:\n"
    found = applied(tmp_path, Source("h.yml", text), rows=[row("db-03", "db-07")])
    assert found["h.yml"] == "stemedb_nodes:\n  hosts:\n    db-07:\n"


def test_two_at_once(tmp_path: Path) -> None:
    text = "stemedb_nodes:\n  hosts:\n    a:\n    b:\n      x: 1\n    c:\n"
    rows = [row("a", "d"), row("b", "e")]
    found = applied(tmp_path, Source("h.yml", text), rows=rows)
    assert found["h.yml"] == "stemedb_nodes:\n  hosts:\n    d:\n    e:\n    c:\n"


def test_a_host_that_was_set_up_anew_gets_the_id_of_its_node(tmp_path: Path) -> None:
    text = 'stemedb_node_id: "A1B2"  # kept\n'
    one = row("db-03", "db-03", node_id="a1b2", by_node_id="c3d4")
    found = applied(tmp_path, Source("host_vars/db-03.yml", text, variables=True), rows=[one])
    assert found["host_vars/db-03.yml"] == 'stemedb_node_id: "c3d4"  # kept\n'


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("stemedb_nodes: {hosts: {db-03: }}\n", row("db-03", "db-07")),
        ("stemedb_nodes:\n  hosts:\n    db-01:\n", row("db-03", "db-07")),
        ("others:\n  hosts:\n    db-03:\n", row("db-03", "db-07")),
        # What refers to the lines that go would be left without them.
        ("stemedb_nodes:\n  hosts:\n    db-03: &x\n      a: 1\n    b: *x\n", row("db-03", "db-07")),
        (
            "all:\n  vars:\n    stemedb_spares: [db-07]\nstemedb_nodes:\n  hosts:\n    db-03:\n",
            row("db-03", "db-07"),
        ),
        ("stemedb_node_id: other\n", row("a", "a", node_id="b", by_node_id="c")),
    ],
)
def test_what_lines_cannot_say_is_for_a_person(text: str, one: dict[str, Any]) -> None:
    assert inventory_patch([Source("h.yml", text)], [one]) == ""


def test_where_nobody_is_substituted_there_is_nothing_to_change() -> None:
    assert inventory_patch([Source("h.yml", USUAL)], []) == ""
    # Which node it is, nobody knows.
    assert inventory_patch([Source("h.yml", USUAL)], [row("db-03", None)]) == ""
