"""Which unit or process is a host's node: one, or a sentence that says why none."""

from __future__ import annotations

import itertools
from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.find import (
    Candidate,
    Choice,
    Search,
    argv_of,
    choose,
    described,
)
from ansible_collections.stemedb.cluster.tests.unit.support.adopting import (
    ADDRESS,
    ARGV,
    process,
    search,
    stopped,
    unit,
)
from hypothesis import given
from hypothesis import strategies as st


def node(pid: int, node_id: str, **changes: Any) -> dict[str, Any]:
    """A process of another id, data and pid, that no unit runs."""
    argv = ["/opt/stemedb-node", "--node-id", node_id, "--data-dir", f"/srv/{node_id}"]
    return process(**{"pid": pid, "argv": argv, "unit": None, **changes})


def names(choice: Choice) -> tuple[Any, Any]:
    """Unit and pid of what was chosen."""
    assert choice.candidate, choice.findings
    of_unit, of_process = choice.candidate
    return of_unit and of_unit["name"], of_process and of_process["pid"]


def problem(choice: Choice) -> tuple[str, str]:
    """Kind and sentence of the last finding of a choice that chose nothing."""
    assert choice.candidate is None
    return choice.findings[-1].kind, choice.findings[-1].detail


def test_a_unit_with_its_process() -> None:
    assert names(choose(search([unit()], [process()]))) == ("stemedb.service", 77)


def test_a_unit_that_does_not_run() -> None:
    assert names(choose(search([stopped()], []))) == ("stemedb.service", None)


def test_a_unit_with_quotes_or_a_shell_is_found_too() -> None:
    assert names(choose(search([stopped(argv=["sh", "-c", "node"], literal=False)], [])))
    choice = choose(search([stopped(literal=False)], []))
    assert choice.candidate
    assert argv_of(choice.candidate) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"unit": None},
        # Left in the group of the login or the scheduler that it was started from.
        {"unit": "ssh.service", "parent": 1},
        {"unit": "cron.service", "parent": 500},
        {"unit": "supervisor.service", "parent": 500},
        {"unit": "app.service", "user_manager": True},
    ],
)
def test_a_process_started_by_hand(changes: dict[str, Any]) -> None:
    others = [
        unit(name=name, mentions=False, main_pid=500, process=None)
        for name in ("ssh.service", "cron.service", "supervisor.service")
    ]
    assert names(choose(search(others, [process(**changes)]))) == (None, 77)


def test_a_unit_of_systemd_run_is_gone_tomorrow() -> None:
    transient = unit(name="run-u1.service", path="/run/systemd/transient/run-u1.service")
    choice = choose(search([transient], [process(unit="run-u1.service")]))
    assert names(choice) == (None, 77)


def test_a_script_that_waits_for_the_node_is_its_unit() -> None:
    script = unit(main_pid=70, mentions=False, process=process(pid=70, certain=False))
    child = process(parent=70, parent_is_shell=True)
    assert names(choose(search([script], [child]))) == ("stemedb.service", 77)


def test_the_unit_that_the_inventory_names_wins() -> None:
    units = [unit(), stopped(name="other.service")]
    for name in ("other", "other.service"):
        assert names(choose(search(units, [process()], service=name))) == ("other.service", None)
    # Whatever it runs: it was named.
    odd = unit(name="odd.service", mentions=False, main_pid=5, process=process(pid=5))
    assert names(choose(search([odd], [node(9, "x")], service="odd"))) == ("odd.service", 5)


def test_what_is_named_and_stands_still_is_no_excuse_for_a_second_start() -> None:
    by_hand = process(unit=None)
    for more in ({"ids": ("a3f2b1c4",)}, {"node_id": "a3f2b1c4"}, {"data_dir": "/srv/stemedb"}):
        choice = choose(search([stopped()], [by_hand], service="stemedb", **more))
        assert names(choice) == (None, 77)
        first = choice.findings[0]
        assert (first.kind, first.severity) == ("runs_otherwise", "error")
        assert "what stemedb_node_service names does not run" in first.detail
        assert "pid 77 (/opt/stemedb/stemedb-node --node-id a3f2b1c4" in first.detail
    # What nothing makes this host's may be another host's, on a machine of several.
    choice = choose(search([stopped()], [by_hand], service="stemedb"))
    assert names(choice) == ("stemedb.service", None)
    assert choice.findings == ()
    # In a container it is not the host's.
    inside = process(unit=None, contained=True)
    choice = choose(search([stopped()], [inside], service="stemedb", ids=("a3f2b1c4",)))
    assert choice.findings == ()


def test_a_unit_that_is_named_and_not_there_is_said_and_searched_for() -> None:
    choice = choose(search([unit()], [process()], service="gone"))
    assert names(choice) == ("stemedb.service", 77)
    assert [one.kind for one in choice.findings] == ["service_missing"]
    assert "stemedb_node_service is gone" in choice.findings[0].detail


def by_command(
    service: Optional[dict[str, Any]], *processes: dict[str, Any], ids: tuple[str, ...] = ()
) -> Choice:
    errors = [{"section": "service", "message": "no such command"}]
    return choose(
        search(
            [],
            list(processes),
            ids,
            manager="command",
            status_command="status",
            probe={"service": service, "errors": errors},
        )
    )


def test_the_process_that_the_status_command_names() -> None:
    runs = {"running": True, "pid": 8}
    assert names(by_command(runs, node(7, "a"), node(8, "b"))) == (None, 8)
    # A wrapper's child is the node.
    wrapper = node(8, "b", certain=False)
    assert names(by_command(runs, node(7, "a"), wrapper, node(9, "b", parent=8))) == (None, 9)
    assert names(by_command(runs, node(7, "a"), wrapper)) == (None, 8)


def test_a_status_command_that_says_stopped_is_believed() -> None:
    choice = by_command({"running": False, "pid": None}, node(7, "a"))
    assert (choice.candidate, choice.findings) == (Candidate(None, None), ())


def test_a_status_command_that_says_stopped_of_the_hosts_own_node_that_runs_is_not() -> None:
    choice = by_command({"running": False, "pid": None}, node(7, "a"), node(8, "b"), ids=("b",))
    assert names(choice) == (None, 8)
    (finding,) = choice.findings
    assert finding.kind == "runs_otherwise"
    assert "what stemedb_node_status_command names does not run" in finding.detail


def test_a_status_command_that_tells_no_process_leads_to_a_search() -> None:
    assert names(by_command({"running": True, "pid": None}, node(7, "a"))) == (None, 7)
    choice = by_command(None, node(7, "a"))
    assert names(choice) == (None, 7)
    assert choice.findings[0].kind == "status_command"
    assert "no such command" in choice.findings[0].detail


SEVERAL = [node(7, "a"), node(8, "b"), node(9, "c")]


def test_several_are_told_apart() -> None:
    for more, pid in (
        ({"node_id": "b"}, 8),
        ({"data_dir": "/srv/c"}, 9),
        ({"ids": ("a",)}, 7),
    ):
        assert names(choose(search([], SEVERAL, **more))) == (None, pid)
    sockets = [{"protocol": "tcp", "address": ADDRESS, "port": 18182}]
    at_address = node(8, "b", listens=sockets)
    assert names(choose(search([], [SEVERAL[0], at_address, SEVERAL[2]]))) == (None, 8)


def test_what_the_inventory_says_is_surer_than_what_the_cluster_says() -> None:
    assert names(choose(search([], SEVERAL, node_id="b", ids=("a",)))) == (None, 8)
    assert names(choose(search([], SEVERAL, data_dir="/srv/c", ids=("a",)))) == (None, 9)


def test_several_that_nothing_tells_apart_are_refused_with_what_settles_it() -> None:
    for more in ({}, {"ids": ("a", "b")}, {"ids": ("x",)}, {"node_id": "x"}):
        kind, detail = problem(choose(search([], SEVERAL, **more)))
        assert kind == "several_nodes"
        for word in ("pid 7", "pid 8", "stemedb_node_service", "stemedb_node_data_dir"):
            assert word in detail


def test_of_a_node_that_runs_and_units_that_do_not_the_first_is_it() -> None:
    choice = choose(search([unit(), stopped(name="old.service")], [process()]))
    assert names(choice) == ("stemedb.service", 77)
    (note,) = choice.findings
    assert (note.kind, note.severity) == ("other_unit", "note")
    assert "old.service, not running" in note.detail
    assert problem(choose(search([stopped(), stopped(name="old.service")], [])))


def test_a_data_directory_alone_makes_no_node() -> None:
    etcd = process(argv=["etcd", "--data-dir", "/srv"], certain=False, unit="etcd.service")
    kind, detail = problem(choose(search([], [etcd])))
    assert kind == "no_node"
    assert "perhaps pid 77 (etcd --data-dir /srv)" in detail
    assert names(choose(search([], [etcd, node(8, "b")]))) == (None, 8)


def test_a_node_in_a_container_is_not_the_hosts() -> None:
    inside = process(contained=True)
    kind, detail = problem(choose(search([], [inside])))
    assert kind == "no_node"
    assert "runs in a container" in detail
    assert names(choose(search([], [inside, node(8, "b")]))) == (None, 8)
    # Also where a unit of the same name is on the host.
    assert names(choose(search([stopped()], [inside]))) == ("stemedb.service", None)
    # Whether it is one is not known without privileges: then it counts.
    assert names(choose(search([], [process(contained=None)]))) == (None, 77)


def test_the_service_of_a_gateway_is_no_node() -> None:
    gateway = unit(name="stemedb-gateway.service", main_pid=5)
    runs = process(pid=5, unit="stemedb-gateway.service")
    assert names(choose(search([gateway, unit()], [runs, process()]))) == ("stemedb.service", 77)
    assert problem(choose(search([gateway], [runs])))[0] == "no_node"


def test_nothing_is_said_with_what_to_set() -> None:
    kind, detail = problem(choose(search([], [])))
    assert kind == "no_node"
    for word in ("stemedb-node or stemedb-api", "stemedb_adopt_programs", "stemedb_node_service"):
        assert word in detail


def test_what_could_not_be_read_is_said() -> None:
    errors = [
        {"section": "node_processes", "message": "not permitted"},
        {"section": "node_units", "message": "no bus"},
    ]
    kind, detail = problem(choose(search(None, None, probe={"errors": errors})))
    assert kind == "no_node"
    assert "not permitted" in detail
    assert "Its units are not known: no bus." in detail
    # Processes are enough where there is one.
    assert names(choose(search(None, [node(8, "b")], probe={"errors": errors}))) == (None, 8)


def test_a_list_for_a_person_is_short() -> None:
    many = [Candidate(None, node(pid, "x" * 300)) for pid in range(9)]
    text = described(many)
    assert text.endswith("; and 3 more")
    assert "..." in text
    assert len(text) < 6 * 220


IDS = st.sampled_from(["a", "b", "c"])


@given(
    st.lists(st.tuples(IDS, st.booleans(), st.booleans()), max_size=4),
    IDS,
    st.sets(IDS),
)
def test_a_choice_is_one_or_a_finding_whatever_the_order(
    kinds: list[tuple[str, bool, bool]], wanted: str, ids: set[str]
) -> None:
    units, processes = [], []
    for number, (node_id, runs, by_unit) in enumerate(kinds):
        name = f"{number}.service"
        one = node(number + 10, node_id, unit=name if by_unit else None)
        if by_unit:
            changes = {"name": name, "argv": one["argv"]}
            units.append(unit(**changes, main_pid=number + 10) if runs else stopped(**changes))
        if runs:
            processes.append(one)

    def chosen(these: list[Any], those: list[Any]) -> Any:
        choice = choose(_search(these, those, wanted, ids))
        if choice.candidate is None:
            assert [one.severity for one in choice.findings] == ["error"]
            return choice.findings[-1].kind
        assert _flag(choice.candidate) == wanted or wanted not in _all_ids(these, those)
        return names(choice)

    answers = {
        chosen(list(one), list(other))
        for one in itertools.permutations(units)
        for other in itertools.permutations(processes)
    }
    assert len(answers) == 1


def _search(units: list[Any], processes: list[Any], wanted: str, ids: set[str]) -> Search:
    return search(units, processes, ids=tuple(ids), node_id=wanted)


def _flag(candidate: Candidate) -> str:
    argv = argv_of(candidate)
    assert argv
    return argv[argv.index("--node-id") + 1]


def _all_ids(units: list[Any], processes: list[Any]) -> set[str]:
    return {_flag(Candidate(one, None)) for one in units} | {
        _flag(Candidate(None, one)) for one in processes
    }


def test_the_argv_of_a_process_wins() -> None:
    assert argv_of(Candidate(unit(argv=["x"]), process())) == ARGV
    assert argv_of(Candidate(stopped(), None)) == ARGV
    assert argv_of(Candidate(None, process(argv=["sh", "-c", "x"]))) is None
    assert argv_of(Candidate(None, None)) is None
