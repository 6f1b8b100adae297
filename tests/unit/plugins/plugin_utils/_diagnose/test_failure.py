"""What an operator reads when a procedure stopped."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.failure import (
    failure_report,
)

NEW = "d15ea5e2-3c4d-4e5f-9a7b-8c9d0e1f2a3b"


def node(state: str | None) -> dict[str, Any]:
    return {
        "node_id": NEW,
        "state": state,
        "shards": [],
        "leader_shards": [],
        "follower_shards": [],
    }


def cluster(**changes: Any) -> dict[str, Any]:
    return {
        "healthy": True,
        "unhealthy_reasons": [],
        "meta_version": 7,
        "leaderless_shards": [],
        "under_replicated_shards": [],
        **changes,
    }


def found(probe: Any) -> dict[str, Any]:
    """A host as it was looked at."""
    problem = None if probe is not None else "No route to host"
    return {"problem": problem, "probe": probe, "gateway": None}


def told(**facts: Any) -> dict[str, Any]:
    """The report of a failed add_node of node-04, and its message."""
    exported = {
        "dest": "/d.json",
        "size_bytes": 2048,
        "cluster": facts.pop("cluster", None),
        "overview": {"nodes": facts.pop("nodes", None)},
    }
    given = {
        "procedure": "add_node",
        "target": "node-04",
        "step": "Wait for shards",
        "failed": {"msg": facts.pop("reason", "Timed out.")},
        "names": {NEW: "node-04"},
        "service": "stemedb-node",
        "gateway_service": "gateway-of-ours",
        "control_host": "ctrl-01",
        "hosts": {"node-04": found(facts.pop("probe", {}))},
        "before": None,
        "exported": exported,
    }
    return failure_report({**given, **facts})


def report(**facts: Any) -> str:
    return "\n".join(told(**facts)["lines"])


@pytest.mark.parametrize(
    ("nodes", "headline"),
    [
        (None, "It is unknown whether node-04 is a member."),
        ([], "node-04 was not added."),
        ([{**node("Alive"), "node_id": "another"}], "node-04 was not added."),
        ([node("Alive")], "node-04 is a member and Alive, but not done."),
        ([node("Suspect")], "node-04 is a member and Suspect, but not done."),
        ([node(None)], "node-04 is a member and of unknown state, but not done."),
    ],
)
def test_it_says_first_whether_the_host_is_a_member(nodes: Any, headline: str) -> None:
    assert f"✗ {headline} Failed step: Wait for shards" in report(nodes=nodes)


@pytest.mark.parametrize(
    ("nodes", "how"),
    [
        ([node("Alive")], "the cluster sees its replacement node-04 Alive"),
        ([], "the cluster does not list its replacement node-04"),
        (None, "the state of its replacement node-04 in the cluster is unknown"),
    ],
)
def test_of_a_replacement_it_says_whose_place_it_is_to_take(nodes: Any, how: str) -> None:
    text = report(procedure="replace_node", replaces="node-03", nodes=nodes)
    assert f"✗ replace_node of node-03 did not finish; {how}. Failed step" in text


def test_a_host_without_an_id_was_not_added() -> None:
    assert "node-04 was not added." in report(names={}, nodes=[node("Alive")])


def test_with_nothing_known_it_claims_nothing() -> None:
    text = report()
    assert "it is unknown whether stemedb-node runs" in text
    assert "its log could not be read" in text
    assert "it does not answer" in text
    assert "At risk: unknown. Check the cluster" in text
    assert "meta_version" not in text


@pytest.mark.parametrize(
    ("was", "now", "sentence"),
    [
        (7, 7, "meta_version is 7 as before: the topology has not changed"),
        (6, 7, "meta_version was 6 before and is 7: the topology changes"),
        (None, 7, "meta_version is unknown"),
        (7, None, "meta_version is unknown"),
    ],
)
def test_whether_meta_version_advances(was: int | None, now: int | None, sentence: str) -> None:
    """The guide's first question where no rebalancing occurs."""
    text = report(before={"cluster": {"meta_version": was}}, cluster=cluster(meta_version=now))
    assert sentence in text


def test_a_baseline_that_could_not_be_read_keeps_nothing_from_being_told() -> None:
    failed = {"failed": True, "msg": "gateway: no answer"}
    assert report(before=failed) == report(before={})


@pytest.mark.parametrize(
    ("healthy", "sentence"),
    [
        (True, "✓ Cluster is healthy"),
        (False, "✗ Cluster is not healthy:"),
        (None, "? Cluster health is unknown:"),
    ],
)
def test_the_clusters_health(healthy: bool | None, sentence: str) -> None:
    reasons = [f"reason {number}" for number in range(9)]
    text = report(cluster=cluster(healthy=healthy, unhealthy_reasons=reasons))
    assert sentence in text
    assert ("reason 4" in text) is (healthy is not True)
    assert "reason 5" not in text


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        ({}, ["At risk: nothing. Every shard has a live leader and all its replicas."]),
        ({"leaderless_shards": [3, 4, 9]}, ["At risk: shards without a live leader: 3-4,9"]),
        (
            {"leaderless_shards": [3], "under_replicated_shards": [3, 5]},
            ["without a live leader: 3", "too few live replicas: 3,5. Stop no node"],
        ),
        ({"leaderless_shards": None}, ["At risk: unknown."]),
        ({"under_replicated_shards": None}, ["At risk: unknown."]),
    ],
)
def test_what_is_at_risk(changes: dict[str, Any], sentences: list[str]) -> None:
    text = report(cluster=cluster(**changes))
    for sentence in sentences:
        assert sentence in text
    assert ("nothing. Every shard" in text) is (not changes)


def test_what_to_do_next() -> None:
    text = report()
    assert 'journalctl -u gateway-of-ours | grep "rebalance\\|assign\\|election\\|leader"' in text
    assert "It is safe to run the same command again" in text


def test_without_systemd_no_journal_is_named() -> None:
    host = {"probe": {"service": None}, "gateway": None, "problem": None}
    text = report(hosts={"node-04": host})
    assert "journalctl" not in text
    assert "search its log for rebalance, assign, election and leader." in text


def test_the_table_calls_the_node_by_its_host() -> None:
    assert "d15ea5e2 (node-04)" in report(nodes=[node("Alive")])


@pytest.mark.parametrize(
    ("reason", "lines"),
    [
        ("one\ntwo", ["  one", "  two"]),
        (["one", ["two", "three\nfour"]], ["  one", "  two", "  three", "  four"]),
        (5, ["  5"]),
    ],
)
def test_a_reason_may_be_several_sentences(reason: Any, lines: list[str]) -> None:
    shown = report(reason=reason).splitlines()
    assert [line for line in lines if line not in shown] == []


@pytest.mark.parametrize(
    ("nodes", "how"),
    [
        (None, "the state of it in the cluster is unknown"),
        ([], "the cluster does not list it"),
        ([node("Dead")], "the cluster sees it Dead"),
        ([node(None)], "the cluster sees it of unknown state"),
    ],
)
def test_other_procedures_say_how_the_cluster_sees_the_target(nodes: Any, how: str) -> None:
    text = report(procedure="remove_node", nodes=nodes)
    assert f"✗ remove_node of node-04 did not finish; {how}. Failed step" in text


def test_a_target_may_be_a_node_without_a_host() -> None:
    text = report(procedure="remove_node", target=NEW, names={}, hosts={}, nodes=[node("Dead")])
    assert f"remove_node of {NEW} did not finish; the cluster sees it Dead." in text
    assert "it was not probed" in text


def test_a_procedure_may_be_about_no_host() -> None:
    text = report(procedure="heal", target="", hosts={"node-01": found({"service": None})})
    assert "✗ heal did not finish. Failed step" in text
    assert "The host" not in text
    assert "node-01: node in an unknown state" in text


def test_the_other_hosts_have_a_line_each() -> None:
    hosts = {"node-04": found({}), "node-01": found({"service": {"running": True}})}
    text = report(hosts={**hosts, "node-02": found(None)})
    assert "Other hosts:\n  node-01: node runs\n  node-02: No route to host\n" in text


def test_of_a_loop_the_items_that_failed_say_why() -> None:
    items = [
        {"item": "a", "msg": "fine"},
        {"item": "b", "failed": True, "msg": "no space"},
        {"host": "c", "ansible_loop_var": "host", "unreachable": True, "msg": "no route"},
    ]
    text = report(failed={"msg": "One or more items failed", "results": items})
    assert "for shards\n  b: no space\n  c: no route\n" in text
    assert "fine" not in text


def test_a_command_says_why_in_its_errors() -> None:
    stderr = "\n".join(f"line {number}" for number in range(9))
    text = report(failed={"msg": "non-zero return code", "stderr": stderr})
    assert "line 8" in text
    assert "line 3" not in text


SECTION = "Shard Leader Election Issues"


def unmet(subject: str, reason: str, guide: str | None = None) -> dict[str, Any]:
    return {"condition": "leaders_elected", "subject": subject, "reason": reason, "guide": guide}


def waited(*missing: dict[str, Any], stage: str | None = "New leaders elected") -> dict[str, Any]:
    """The result of a wait of two stages that timed out in the second, or of one without any."""
    first = missing[0]
    prefix = f"{stage}: " if stage else ""
    message = (
        f"{prefix}Timed out after 11.9 s (timeout: 12 s): {first['condition']}: "
        f"{first['subject']} {first['reason']} (for 12 s). The operators' guide helps under "
        f'"{first["guide"]}".'
    )
    ends = [
        {"name": "Dead in every view", "seconds": 2.6, "met": True},
        {"name": stage, "seconds": 11.9, "met": False},
    ]
    return {
        "msg": message,
        "failure": {"code": "timeout", "stage": stage},
        "stages": ends if stage else [],
        "unmet": list(missing),
    }


def test_of_a_wait_it_says_what_was_met_and_what_was_not() -> None:
    failed = waited(unmet("shard 3", f"is led by node {NEW}, which is not Alive", SECTION))
    lines = report(failed=failed).splitlines()
    place = lines.index("  ✓ Dead in every view: 3 s")
    assert lines[place + 1 : place + 3] == [
        "  ✗ New leaders elected: timed out after 11.9 s (timeout: 12 s)",
        f'    leaders_elected: shard 3 is led by node-04, which is not Alive (guide: "{SECTION}")',
    ]


def test_of_a_wait_without_stages_it_says_why_it_ended() -> None:
    failed = waited(unmet("shard 3", "has no leader"), stage=None)
    assert "\n  ✗ Timed out after 11.9 s (timeout: 12 s)\n" in report(failed=failed)


def test_what_many_shards_lack_alike_is_one_line() -> None:
    failed = waited(*(unmet(f"shard {number}", "has no leader") for number in range(20)))
    assert "shards 0-19: each has no leader" in report(failed=failed)


def test_no_sentence_of_the_message_of_a_wait_is_in_its_report() -> None:
    missing = unmet("shard 3", "has no leader", SECTION)
    failed = waited(missing)
    now = cluster(healthy=False, unhealthy_reasons=["shard 3 has no leader", "shard 4 is slow"])
    text = report(failed=failed, cluster=now)
    for sentence in failed["msg"].split(". "):
        assert sentence not in text
    assert text.count("shard 3 has no leader") == 1
    assert "  ✗ Cluster is not healthy:\n    shard 4 is slow\n" in text
    now = cluster(healthy=False, unhealthy_reasons=["shard 3 has no leader"])
    assert "  ✗ Cluster is not healthy.\n" in report(failed=failed, cluster=now)


def test_a_wait_that_could_not_ask_says_its_message() -> None:
    failed = waited(unmet("shard 3", "has no leader"))
    failed |= {"msg": "The key is wrong.", "failure": {"code": "auth"}}
    assert "\n  The key is wrong.\n" in report(failed=failed)


def test_declared_members_are_named_and_the_procedure_knows_better() -> None:
    old = "0ddba11e-3c4d-4e5f-9a7b-8c9d0e1f2a3b"
    other = "f00dcafe-3c4d-4e5f-9a7b-8c9d0e1f2a3b"
    nodes = [{**node("Alive"), "node_id": each} for each in (NEW, other)]
    text = report(
        nodes=[{**node("Dead"), "node_id": old}, *nodes],
        names={old: "node-04"},
        members={NEW: "node-04", other: "node-01"},
    )
    assert "0ddba11e (node-04) │ Dead" in text
    assert "f00dcafe (node-01) │ Alive" in text
    assert "d15ea5e2           │ Alive" in text
    assert "✗ node-04 is a member and Dead" in text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "affected shards: 3-5; all healthy"),
        ({"leaderless_shards": [4, 9]}, "affected shards: 3-5; unhealthy: 4"),
        ({"under_replicated_shards": [3, 4]}, "unhealthy: 3-4"),
        ({"leaderless_shards": None}, "affected shards: 3-5; their health is unknown"),
    ],
)
def test_the_shards_that_it_is_about(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in report(shards=[5, 3, 4], cluster=cluster(**changes))
    assert "affected" not in report(cluster=cluster())


def test_of_a_large_cluster_the_table_has_those_to_look_at() -> None:
    many = [{**node("Alive"), "node_id": f"{number:08}"} for number in range(50)]
    many[40]["state"] = "Dead"
    text = report(nodes=[*many, node("Alive")])
    assert "d15ea5e2 (node-04)" in text
    assert "Dead" in text
    assert "and 39 more nodes, 39 of them Alive" in text
    assert len(text.splitlines()) < 60


def test_the_caller_says_what_to_do_and_whether_to_run_it_again() -> None:
    text = report(next=["look at its disk", "then start it"], again="Do not run it again.")
    assert "Next: look at its disk\n  then start it\n" in text
    assert "Do not run it again." in text
    assert "Running the same" not in text


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({}, "The full report is in /d.json (2.0 KiB)."),
        ({"written": False}, "The report was not saved, because --check writes no file."),
        ({"exported": {"msg": "No space"}}, "The report could not be saved: No space"),
        ({"exported": {}}, "The report could not be saved: the reason is unknown"),
    ],
)
def test_where_all_of_it_is(facts: dict[str, Any], sentence: str) -> None:
    assert sentence in report(**facts)


def test_the_message_below_the_report_says_nothing_of_it_again() -> None:
    assert told()["message"] == "add_node did not finish: see the report above."


def test_why_the_cluster_does_not_answer() -> None:
    text = report(exported={"msg": "Nothing listens.", "dest": "/d.json", "size_bytes": 1})
    assert "it does not answer\n    Nothing listens.\n" in text
