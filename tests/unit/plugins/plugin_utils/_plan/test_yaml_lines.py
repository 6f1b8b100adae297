"""Which lines an entry has: all that goes with it, and nothing that stays."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.yaml_lines import (
    Document,
    UnmovableError,
)

MEMBERS = "stemedb_nodes:\n  hosts:\n"


@pytest.mark.parametrize(
    "entry",
    [
        "    db-03:\n",
        "    db-03: {a: 1,\n      b: 2}\n",
        "    db-03:  # old\n      a: 1\n",
        "    db-03:\n      a: [1,\n        2]  # both\n",
        "    db-03:\n      a: 'one\n\n        two'\n",
        "    db-03:\n      a: |-\n        one\n\n        two\n",
        "    db-03:\n      a: !vault |\n        6162\n",
        "    db-03:\n      a:\n        b:\n          - c\n",
        "    db-03:\n      a:\n      - c\n      # of c\n      - d: 1\n        e: 2\n",
        "    'db-03': &anchor\n      a: 1\n",
    ],
)
@pytest.mark.parametrize("after", ["", "    db-04:\n", "\n\n    # About db-04.\n    db-04:\n"])
def test_the_lines_of_a_host(entry: str, after: str) -> None:
    text = f"{MEMBERS}    db-01:\n{entry}{after}"
    found = Document(text).hosts("stemedb_nodes", "db-03")
    assert found is not None
    lines = text.splitlines(keepends=True)
    assert "".join(lines[found.first : found.beyond]) == entry
    assert found.indent == 4


def test_what_an_alias_stands_for_is_elsewhere() -> None:
    text = f"x: &x\n  a: 1\n{MEMBERS}    db-03: *x\n    db-04:\n      <<: *x\n    db-05:\n"
    document = Document(text)
    assert [document.hosts("stemedb_nodes", f"db-0{n}") for n in (3, 4)] == [
        (4, 5, 4, None),
        (5, 7, 4, None),
    ]


def test_one_that_shares_its_line_cannot_be_moved() -> None:
    with pytest.raises(UnmovableError):
        Document("stemedb_nodes: {hosts: {db-03: }}").hosts("stemedb_nodes", "db-03")
    with pytest.raises(UnmovableError):
        list(Document("spares: [db-07]", variables=True).items("spares", "db-07"))


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("\"{{ groups['one'] + groups.two }}\"", ["one", "two"]),
        ("'{{ groups[\"three\"] + others }}'", ["three"]),
        ("[groups.one]", []),
    ],
)
def test_groups_that_an_expression_names(value: str, names: list[str]) -> None:
    text = f"spares: {value}\n"
    assert list(Document(text, variables=True).named("spares")) == names
    # The same text as a group's own variables.
    assert list(Document(f"all:\n  vars:\n    {text}").named("spares")) == names


def test_groups_within_groups() -> None:
    text = "all:\n  children:\n    a:\n      children:\n        b:\n    c:\n"
    assert list(Document(text).children()) == [("all", "a"), ("all", "c"), ("a", "b")]
    assert list(Document(text, variables=True).children()) == []
