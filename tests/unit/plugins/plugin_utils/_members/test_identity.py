"""The id of a host: the order of the sources, and everything that is refused."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.identity import (
    Claims,
    resolve,
)

A, B, NEW = "a3f2b1c4", "7d8e9f0a", "00000000-new"


def service(node_id: Optional[str] = None, running: Optional[bool] = False) -> dict[str, Any]:
    return {
        "name": "stemedb-node",
        "state": "some/state",
        "running": running,
        "node_id": node_id,
        "data_dir": None,
        "argv": ["stemedb-node"] if running else None,
        "unit_argv": None,
    }


def data(empty: bool = False, **more: Any) -> dict[str, Any]:
    facts = {"path": "/data", "empty": empty, "entries": [] if empty else ["shard_0"]}
    return {**facts, "uid": 990, "user": "stemedb", "mark": None, **more}


def probe(file_id: Optional[str] = None, empty: bool = True, **more: Any) -> dict[str, Any]:
    facts = {
        "node_id_file": {"path": "/etc/node_id", "exists": file_id is not None, "node_id": file_id},
        "data_dir_file": {"path": "/etc/data_dir", "exists": False, "data_dir": None},
        "data_dir": data(empty),
        "user": {"name": "stemedb", "exists": True, "uid": 990},
        "addresses": [],
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
    ("section", "word"),
    [
        ("data_dir", "data directory"),
        ("node_id_file", "file node_id"),
        ("data_dir_file", "file data_dir"),
    ],
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


def kind_of(*args: Any, **kwargs: Any) -> Optional[str]:
    """The kind of the refusal."""
    with pytest.raises(StemeDBError) as caught:
        identity(*args, **kwargs)
    return caught.value.detail


ELSEWHERE = "10.0.0.9:18182"


def own(value: Optional[bool], address: str = ELSEWHERE) -> list[dict[str, Any]]:
    return [{"address": address, "own": value}]


@pytest.mark.parametrize("state", ["Alive", "Suspect", "Leaving", None])
@pytest.mark.parametrize("is_own", [False, None])
def test_an_id_that_lives_at_another_address_is_refused(
    state: Optional[str], is_own: Optional[bool]
) -> None:
    """A machine that was cloned has the file and the data of the first."""
    clone = probe(A, empty=False, addresses=own(is_own))
    members = [member(A, ELSEWHERE, state=state)]
    assert kind_of(clone, members=members) == "node_id_in_use"
    said = refusal(clone, members=members)
    assert f"lists that id {state} at {ELSEWHERE}" in said
    assert "cloned" in said


def test_a_clone_that_runs_is_refused_where_the_address_is_surely_not_its_own() -> None:
    running = service(A, running=True)
    clone = probe(A, empty=False, addresses=own(False), service=running)
    assert kind_of(clone, members=[member(A, ELSEWHERE)]) == "node_id_in_use"


def test_an_id_at_another_address_of_the_same_host_is_its_own() -> None:
    facts = probe(A, empty=False, addresses=own(True))
    assert identity(facts, members=[member(A, ELSEWHERE)])["node_id"] == A


@pytest.mark.parametrize("address", [None, "0.0.0.0:18182", "node.internal:18182"])
def test_where_the_address_tells_nothing_only_a_node_that_runs_is_the_member(
    address: Optional[str],
) -> None:
    members = [dict(member(A), address=address)]
    known = own(None, address) if address else []
    still = probe(A, empty=False, addresses=known)
    assert kind_of(still, members=members) == "node_id_in_use"
    runs = dict(still, service=service(A, running=True))
    assert identity(runs, members=members)["node_id"] == A
    hides = dict(still, service=service(None, running=True))
    assert kind_of(hides, members=members) == "node_id_in_use"


def test_an_id_whose_node_is_dead_elsewhere_has_moved() -> None:
    facts = probe(A, empty=False, addresses=own(False))
    assert identity(facts, members=[member(A, ELSEWHERE, state="Dead")])["node_id"] == A


def test_another_port_of_the_same_host_is_no_other_place() -> None:
    facts = probe(A, empty=False)
    assert identity(facts, members=[member(A, "10.0.0.4:28182")])["node_id"] == A


def record(path: Optional[str]) -> dict[str, Any]:
    return {"path": "/etc/data_dir", "exists": path is not None, "data_dir": path}


@pytest.mark.parametrize("empty", [True, False])
def test_a_data_directory_other_than_the_recorded_one_is_refused(empty: bool) -> None:
    facts = probe(A, empty=empty, data_dir_file=record("/old"))
    assert kind_of(facts) == "data_dir_moved"
    assert "lies in /old (/etc/data_dir), but stemedb_node_data_dir is /data" in refusal(facts)
    assert identity(dict(facts, data_dir_file=record("/data/")))["node_id"] == A


def test_without_a_record_the_service_tells_where_the_data_lies() -> None:
    def facts(path: Optional[str], **more: Any) -> dict[str, Any]:
        return probe(A, empty=False, service=dict(service(A), data_dir=path), **more)

    assert kind_of(facts("/old")) == "data_dir_moved"
    assert "--data-dir of the service stemedb-node" in refusal(facts("/old"))
    assert identity(facts("/data"))["node_id"] == A
    # Who has moved the data and said so goes before a unit that is yet to be written.
    assert identity(facts("/old", data_dir_file=record("/data")))["node_id"] == A
    # systemd shows a path with a blank cut.
    blank = facts("/my", data_dir=data(path="/my data"))
    assert identity(blank)["node_id"] == A
    assert kind_of(dict(blank, data_dir=data(path="/mydata"))) == "data_dir_moved"


MARK = {"node_id": B, "cluster_name": "prod"}


@pytest.mark.parametrize("variable", [None, A])
def test_data_that_is_marked_as_another_nodes_is_refused(variable: Optional[str]) -> None:
    """A disk of another host, also on a host whose id the inventory gives."""
    facts = probe(None if variable else A, data_dir=data(mark=MARK))
    assert kind_of(facts, variable) == "data_dir_foreign"
    assert f"marked as that of node {B} of cluster prod" in refusal(facts, variable)
    assert identity(dict(facts, data_dir=data(mark=dict(MARK, node_id=A))), A)["node_id"] == A


def test_a_mark_on_an_empty_directory_is_no_data() -> None:
    facts = probe(A, data_dir=data(empty=True, mark=MARK))
    assert identity(facts)["node_id"] == A


def test_data_of_nobody_says_whose_mark_it_bears() -> None:
    facts = probe(data_dir=data(mark=MARK))
    assert kind_of(facts) == "identity"
    assert f"only its mark says whose data it is (node {B} of cluster prod)" in refusal(facts)


def test_data_of_another_user_is_refused() -> None:
    facts = probe(A, data_dir=data(uid=0, user="root"))
    assert kind_of(facts) == "data_dir_owner"
    assert "data of the user root, not of stemedb. Set stemedb_node_user" in refusal(facts)
    assert "of the user 4242, not" in refusal(dict(facts, data_dir=data(uid=4242, user=None)))
    missing = {"name": "stemedb", "exists": False, "uid": None}
    assert kind_of(dict(facts, user=missing)) == "data_dir_owner"
    assert kind_of(dict(facts, user=None)) == "unknown_identity"
    assert identity(dict(facts, user=None, data_dir=data(empty=True, uid=0)))["node_id"] == A


@pytest.mark.parametrize(
    ("facts", "members", "kind"),
    [
        (probe(data_dir=None), [], "unknown_identity"),
        (probe(service=None), [], "unknown_identity"),
        (probe(A, service=service(B)), [], "identity"),
        (probe(empty=False), [], "identity"),
        (probe(A, empty=False), [member(B)], "address_in_use"),
        (probe(A), [member(A)], "data_lost"),
    ],
)
def test_each_refusal_is_a_kind_of_finding(
    facts: dict[str, Any], members: list[Any], kind: str
) -> None:
    assert kind_of(facts, members=members) == kind


# --- in another case -----------------------------------------------------------------------------


UUID = "a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90"


def test_ids_that_differ_only_in_case_are_one_identity() -> None:
    facts = probe(A, empty=False, service=service(A.upper()))
    assert identity(facts, A.upper())["node_id"] == A
    facts = probe(A, empty=False, data_dir=data(mark={"node_id": A.upper(), "cluster_name": "p"}))
    assert identity(facts, A)["node_id"] == A
    assert "use replace_node" in refusal(probe(), A.upper(), [member(A)])


def test_a_new_uuid_is_written_in_lower_case_and_other_ids_as_they_are() -> None:
    assert identity(probe(), UUID.upper())["node_id"] == UUID
    assert identity(probe(), "Node-04")["node_id"] == "Node-04"


def test_a_node_keeps_the_spelling_that_it_was_started_with_or_that_the_cluster_has() -> None:
    """Told its id in another case, it may take itself for another node and lose its data."""
    assert identity(probe(A.upper(), empty=False), A)["node_id"] == A.upper()
    for listed in (A, A.upper()):
        for written in (A, A.upper()):
            facts = probe(written, empty=False)
            assert identity(facts, A, [member(listed)])["node_id"] == listed
