"""The id of a host: the order of the sources, and everything that is refused."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._identity import Claims, resolve

A, B, NEW = "a3f2b1c4", "7d8e9f0a", "00000000-new"


def service(node_id: Optional[str] = None, running: Optional[bool] = False) -> dict[str, Any]:
    return {
        "name": "stemedb-node",
        "state": "some/state",
        "running": running,
        "node_id": node_id,
        "argv": ["stemedb-node"] if running else None,
        "unit_argv": None,
    }


def probe(file_id: Optional[str] = None, empty: bool = True, **more: Any) -> dict[str, Any]:
    facts = {
        "node_id_file": {"path": "/etc/node_id", "exists": file_id is not None, "node_id": file_id},
        "data_dir": {"path": "/data", "empty": empty, "entries": [] if empty else ["shard_0"]},
        "service": service(),
        "errors": [],
    }
    return {**facts, **more}


def member(node_id: str, address: str = "10.0.0.4:18182", **more: Any) -> dict[str, Any]:
    return {"node_id": node_id, "address": address, "state": "Alive", "shards": [1], **more}


def identity(
    facts: dict[str, Any], node_id: Optional[str] = None, members: Optional[list[Any]] = None
) -> dict[str, Any]:
    names = frozenset({"node-04", "10.0.0.4"})
    return resolve(Claims(node_id, facts, members or [], names, 18182), NEW)


def refusal(*args: Any, **kwargs: Any) -> str:
    with pytest.raises(StemeDBError) as caught:
        identity(*args, **kwargs)
    assert caught.value.code == "config"
    return caught.value.message


def test_a_host_that_holds_and_runs_nothing_gets_the_new_id() -> None:
    assert identity(probe()) == {"node_id": NEW, "source": "new", "write_file": True}


@pytest.mark.parametrize(
    ("variable", "file_id", "service_id", "source"),
    [
        (A, A, A, "variable"),
        (A, None, None, "variable"),
        (None, A, A, "file"),
        (None, A, None, "file"),
        (None, None, A, "service"),
    ],
)
def test_the_first_that_speaks_counts(
    variable: Optional[str], file_id: Optional[str], service_id: Optional[str], source: str
) -> None:
    facts = probe(file_id, empty=False, service=service(service_id))
    result = identity(facts, variable, [member(B)] if source == "new" else None)
    assert result == {"node_id": A, "source": source, "write_file": file_id is None}


def test_an_address_in_the_cluster_counts_last() -> None:
    facts = probe(empty=False)
    assert identity(facts, members=[member(A)])["source"] == "address"
    assert identity(facts, members=[member(A, "NODE-04")])["node_id"] == A
    assert identity(probe(A, empty=False), members=[member(A)])["source"] == "file"


@pytest.mark.parametrize(
    "address", ["10.0.0.40:18182", "10.0.0.4:28182", "0.0.0.0:18182", "node-04x", None]
)
def test_another_address_is_no_match(address: Any) -> None:
    assert identity(probe(), members=[member(A, address)])["source"] == "new"


def test_sources_that_contradict_are_refused_naming_both() -> None:
    said = refusal(probe(B), A)
    assert "stemedb_node_id says a3f2b1c4" in said
    assert "/etc/node_id says 7d8e9f0a" in said
    said = refusal(probe(A, service=service(B)))
    assert "/etc/node_id says a3f2b1c4" in said
    assert "--node-id of the service stemedb-node says 7d8e9f0a" in said
    assert "more than one identity" in refusal(probe(service=service(B)), A)


def test_two_members_at_one_address_are_refused_naming_both() -> None:
    said = refusal(probe(empty=False), members=[member(A), member(B)])
    assert A in said
    assert B in said
    assert "stemedb_node_id" in said


def test_data_of_nobody_is_refused_with_what_to_do() -> None:
    said = refusal(probe(empty=False))
    assert "/data is not empty (shard_0)" in said
    assert "set stemedb_node_id" in said


@pytest.mark.parametrize(
    ("section", "word"), [("data_dir", "data directory"), ("node_id_file", "node_id")]
)
@pytest.mark.parametrize("variable", [None, A])
def test_what_could_not_be_read_is_never_taken_for_empty(
    section: str, word: str, variable: Optional[str]
) -> None:
    errors = [{"section": section, "message": "Permission denied"}]
    unread: dict[str, Any] = {section: None, "errors": errors}
    said = refusal(probe(**unread), variable)
    assert word in said
    assert "Permission denied" in said


def test_an_unknown_service_is_refused_unless_something_stronger_speaks() -> None:
    errors = [{"section": "service", "message": "systemctl: not found"}]
    facts = probe(service=None, errors=errors)
    assert "systemctl: not found" in refusal(facts)
    assert "systemctl: not found" in refusal(facts, members=[member(A)])
    assert identity(facts, A)["node_id"] == A


@pytest.mark.parametrize("running", [True, None])
def test_a_service_that_hides_its_command_line_is_refused(running: Optional[bool]) -> None:
    hidden = dict(service(running=running), argv=None)
    assert "command line cannot be read" in refusal(probe(service=hidden))
    assert identity(probe(A, service=hidden))["node_id"] == A


def test_a_service_that_runs_without_an_id_gets_no_new_one() -> None:
    assert "runs (some/state) without a --node-id" in refusal(probe(service=service(running=True)))


def test_an_id_that_lost_its_data_is_refused() -> None:
    for facts, variable in ((probe(A), None), (probe(), A), (probe(), None)):
        said = refusal(facts, variable, [member(A, state="Dead")])
        assert "use replace_node" in said
        assert "1 shards" in said
    assert identity(probe(A), members=[member(A, shards=[])])["node_id"] == A
    assert identity(probe(A, empty=False), members=[member(A)])["node_id"] == A


def test_an_id_whose_shards_are_unknown_may_have_lost_data_too() -> None:
    said = refusal(probe(A), members=[member(A, shards=None)])
    assert "unknown number of shards" in said


def test_an_id_at_the_address_of_another_live_node_is_refused() -> None:
    said = refusal(probe(A, empty=False), members=[member(B)])
    assert "the cluster lists 7d8e9f0a Alive at its address" in said
    # A node that was replaced on its own host stays listed as Dead.
    dead = member(B, state="Dead")
    assert identity(probe(A, empty=False), members=[dead])["node_id"] == A


@pytest.mark.parametrize("node_id", ["two words", "--seed-nodes"])
def test_what_is_no_word_is_no_id(node_id: str) -> None:
    assert "is no node id" in refusal(probe(), node_id)
