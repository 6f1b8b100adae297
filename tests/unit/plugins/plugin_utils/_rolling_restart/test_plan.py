"""Who is restarted, in which order, and what speaks against it; where an unfinished one goes on."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import Declared
from ansible_collections.stemedb.cluster.plugins.plugin_utils._rolling_restart.plan import (
    NEEDED,
    REBOOT,
    RESTART,
    Settings,
    beginning,
    left,
    plan,
    reasons,
    rebalanced,
)

NOW = 1795838400.0  # 2026-11-28T04:00:00Z
DAY = 86400.0
IDS = {f"node-0{n}": f"{letter * 8}-6d1e-4d0b-8f3c" for n, letter in enumerate("abcd", 1)}


def operation(since: str, outcome: str, target: str = "", name: str = "rolling_restart") -> Any:
    return {"operation": name, "since": since, "outcome": outcome, "target": target}


def look(host: str, **more: Any) -> dict[str, Any]:
    service = {"running": True, "state": "running", "enabled": True, "started_at": NOW - 5000}
    service.update(more.pop("service", {}))
    return {
        "node_id": IDS[host],
        "source": "file",
        "service": service,
        "clock": NOW,
        "booted_at": NOW - 90000,
        "at": NOW,
        "reasons": [],
        **more,
    }


def found(**more: Any) -> dict[str, Any]:
    """Four Alive nodes that lead 3, 1, 2 and 0 shards, each with its gateway."""
    nodes = [
        {"node_id": node_id, "address": f"10.0.0.{n}:18182", "state": "Alive", "leader_shards": led}
        for (n, node_id), led in zip(enumerate(IDS.values(), 1), (3, 1, 2, 0))
    ]
    observers = [
        {"url": f"http://10.0.0.{n}:18181", "node_id": node_id, "reachable": True}
        for n, node_id in enumerate(IDS.values(), 1)
    ]
    return {
        "cluster": {"healthy": True},
        "overview": {"nodes": nodes},
        "observers": observers,
        **more,
    }


def settings(mode: str = RESTART, **more: Any) -> Settings:
    began = {"since": NOW, "resumes": None, "hosts": [], **more.pop("began", {})}
    return Settings(mode, began, ("http://10.0.0.1:18181",), **more)


def planned(looks: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    looks = {host: look(host) for host in IDS} if looks is None else looks
    members = [
        Declared(host, f"10.0.0.{n}", zone=more.get("zones", {}).get(host))
        for n, host in enumerate(IDS, 1)
    ]
    told = more.get("found") or found()
    return plan(looks, told, members, more.get("settings") or settings())


def kinds(result: dict[str, Any]) -> list[str]:
    return [blocker["kind"] for blocker in result["blockers"]]


# --- where it goes on ----------------------------------------------------------------------------


def test_without_a_record_it_begins_now() -> None:
    assert beginning([], RESTART, "", NOW, DAY) == {"since": NOW, "resumes": None, "hosts": []}


def test_it_goes_on_with_all_that_were_not_finished_since_the_last_success() -> None:
    record = [
        operation("2026-11-28T01:00:00Z", "failed", "node-09 (9 of 9)"),
        operation("2026-11-28T02:00:00Z", "succeeded", "node-09 (9 of 9)"),
        operation("2026-11-28T03:00:00Z", "failed", "node-02 (2 of 4)"),
        operation("2026-11-28T03:10:00Z", "succeeded", "node-07", name="add_node"),
        operation("2026-11-28T03:20:00Z", "stopped", "node-03 (1 of 2)"),
        operation("2026-11-28T03:30:00Z", "abandoned"),
    ]
    began = beginning(record, RESTART, "", NOW, DAY)
    assert began["since"] == NOW - 3600
    assert began["resumes"]["since"] == "2026-11-28T03:30:00Z"
    assert began["hosts"] == ["node-02", "node-03"]


@pytest.mark.parametrize(
    "record",
    [
        [operation("2026-11-28T03:00:00Z", "succeeded", "node-02 (2 of 4)")],
        [operation("2026-11-28T03:00:00Z", "running", "node-02 (2 of 4)")],
        [operation("2026-11-26T03:00:00Z", "failed", "node-02 (2 of 4)")],
        [operation("2026-11-28T03:00:00Z", "failed", "node-02", name="remove_node")],
    ],
    ids=["finished", "it may run", "too long ago", "another operation"],
)
def test_what_is_not_to_be_gone_on_with(record: list[Any]) -> None:
    assert beginning(record, RESTART, "", NOW, DAY) == {"since": NOW, "resumes": None, "hosts": []}


def test_one_of_another_mode_is_none_but_who_it_stopped_is_known() -> None:
    record = [operation("2026-11-28T03:00:00Z", "failed", "node-02 (2 of 4)")]
    began = beginning(record, REBOOT, "", NOW, DAY)
    assert (began["since"], began["hosts"]) == (NOW, ["node-02"])
    record = [
        operation("2026-11-28T03:00:00Z", "failed", "node-02", name="rolling_restart (reboot)")
    ]
    assert beginning(record, REBOOT, "", NOW, DAY)["since"] == NOW - 3600


@pytest.mark.parametrize(
    ("since", "seconds"),
    [("now", 0), ("2026-11-28T03:30:00Z", 1800), ("2026-11-28T05:30:00+02:00", 1800)],
)
def test_an_operator_may_say_since_when(since: str, seconds: float) -> None:
    record = [operation("2026-11-28T03:00:00Z", "failed", "node-02 (2 of 4)")]
    began = beginning(record, RESTART, since, NOW, DAY)
    assert began == {"since": NOW - seconds, "resumes": None, "hosts": ["node-02"]}


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="yesterday"):
        beginning([], RESTART, "yesterday", NOW, DAY)


# --- what a node needs ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "seen", "why"),
    [
        (RESTART, {"service": {"started_at": NOW - 5000}}, ["started 2026-11-28T02:36:40Z"]),
        (RESTART, {"service": {"started_at": NOW - 100}}, []),
        (RESTART, {"service": {"started_at": None}}, ["when it was started is not known"]),
        # Its clock is an hour ahead: it was started 5000 of its seconds ago all the same.
        (RESTART, {"clock": NOW + 3600, "service": {"started_at": NOW - 1400}}, ["started"]),
        (RESTART, {"clock": NOW - 3600, "service": {"started_at": NOW - 3700}}, []),
        (NEEDED, {"reasons": ["binary", "unit"]}, ["binary", "unit"]),
        (NEEDED, {"reasons": []}, []),
        (REBOOT, {"service": {"started_at": NOW - 100}}, ["booted 2026-11-27T03:00:00Z"]),
        (REBOOT, {"booted_at": NOW - 100}, []),
        (NEEDED, {"service": {"running": False}}, ["it does not run"]),
        (RESTART, {"service": {"running": False, "started_at": None}}, ["it does not run"]),
    ],
)
def test_why_a_node_has_its_turn(mode: str, seen: dict[str, Any], why: list[str]) -> None:
    result = reasons(look("node-01", **seen), settings(mode, began={"since": NOW - 1000}))
    assert [one.partition(" 2026")[0] for one in result] == [w.partition(" 2026")[0] for w in why]
    assert not any(" 2026" in one for one in why) or result == why


# --- the plan ------------------------------------------------------------------------------------


def test_leaders_of_most_go_last() -> None:
    result = planned()
    assert [each["host"] for each in result["targets"]] == [
        "node-04",
        "node-02",
        "node-03",
        "node-01",
    ]
    assert [(each["index"], each["of"]) for each in result["targets"]] == [
        (n, 4) for n in range(1, 5)
    ]
    assert kinds(result) == []


def test_of_whom_nobody_knows_what_it_leads_goes_last() -> None:
    told = found()
    told["overview"]["nodes"][3]["leader_shards"] = None
    assert planned(found=told)["targets"][-1]["host"] == "node-04"


def test_zones_stay_together() -> None:
    zones = {"node-01": "a", "node-04": "a", "node-02": "b", "node-03": "b"}
    result = planned(zones=zones)
    assert [each["zone"] for each in result["targets"]] in (
        ["a", "a", "b", "b"],
        ["b", "b", "a", "a"],
    )
    assert result["zones"] == {IDS[host]: zone for host, zone in zones.items()}


def test_what_is_as_wanted_is_left_alone() -> None:
    looks = {host: look(host) for host in IDS}
    looks["node-02"] = look("node-02", service={"started_at": NOW - 10})
    result = planned(looks, settings=settings(began={"since": NOW - 100}))
    assert [each["host"] for each in result["done"]] == ["node-02"]
    assert len(result["targets"]) == 3


def test_a_node_that_a_run_before_has_stopped_comes_first_whatever_the_health() -> None:
    looks = {host: look(host) for host in IDS}
    looks["node-01"] = look("node-01", service={"running": False})
    told = found(cluster={"healthy": False})
    told["overview"]["nodes"][0]["state"] = "Suspect"
    result = planned(looks, found=told, settings=settings(began={"hosts": ["node-01"]}))
    assert kinds(result) == []
    first = result["targets"][0]
    assert (first["host"], first["action"], first["runs"]) == ("node-01", "start", False)


def test_a_node_that_was_away_for_so_long_that_nobody_lists_it_is_started() -> None:
    looks = {"node-01": look("node-01", service={"running": False})}
    told = found(cluster={"healthy": False})
    del told["overview"]["nodes"][0]
    taken = settings(began={"hosts": ["node-01"]})
    result = planned(looks, found=told, settings=taken)
    assert kinds(result) == []
    (first,) = result["targets"]
    assert (first["listed"], first["address"], first["leads"]) == (False, "10.0.0.1", 0)
    # A host that lost its identity is none that was stopped; and one that runs should be listed.
    looks["node-01"]["source"] = "new"
    assert kinds(planned(looks, found=told, settings=taken)) == ["not_a_member"]
    assert "not_a_member" in kinds(
        planned({"node-01": look("node-01")}, found=told, settings=taken)
    )


def test_nobody_is_asked_about_its_own_node() -> None:
    by_host = {each["host"]: each["gateway_urls"] for each in planned()["targets"]}
    assert by_host["node-02"] == ["http://10.0.0.1:18181"]
    # Where the only one that is named is its own, others that were found are asked.
    assert by_host["node-01"] == [f"http://10.0.0.{n}:18181" for n in (2, 3, 4)]


# --- what speaks against it ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "kind", "sentence"),
    [
        ({"problem": "it cannot be reached"}, "unusable_host", "it cannot be reached"),
        ({"node_id": "ffffffff"}, "not_a_member", "add it with add_node"),
        (
            {"service": {"running": None, "state": "activating"}},
            "unknown_service",
            "is activating. Wait",
        ),
        ({"service": {"running": False}}, "not_running", "no rolling restart is known"),
        ({"service": {"running": False, "enabled": False}}, "not_running", "and is disabled"),
    ],
)
def test_a_host_that_is_no_node_to_restart(seen: dict[str, Any], kind: str, sentence: str) -> None:
    looks = {"node-01": look("node-01"), "node-02": look("node-02", **seen)}
    result = planned(looks)
    assert kinds(result) == [kind]
    assert sentence in result["blockers"][0]["detail"]
    assert result["blockers"][0]["subject"] == "node-02"


def test_what_was_disabled_is_not_started_although_a_run_has_stopped_it() -> None:
    looks = {"node-02": look("node-02", service={"running": False, "enabled": False})}
    result = planned(looks, settings=settings(began={"hosts": ["node-02"]}))
    assert kinds(result) == ["not_running"]


def test_a_service_of_which_nothing_is_known_is_refused() -> None:
    (blocker,) = planned({"node-02": {**look("node-02"), "service": None}})["blockers"]
    assert blocker["kind"] == "unknown_service"
    assert blocker["detail"] == (
        "it is unknown whether its service runs: name its unit in stemedb_node_service; without "
        "systemd, stemedb_node_service_manager is command, and wanted are "
        "stemedb_node_start_command, _stop_command and _status_command"
    )


@pytest.mark.parametrize("state", ["Suspect", "Dead", None])
def test_a_node_that_runs_and_is_not_alive_is_refused(state: str | None) -> None:
    told = found()
    told["overview"]["nodes"][1]["state"] = state
    assert "not_alive" in kinds(planned({"node-02": look("node-02")}, found=told))


@pytest.mark.parametrize("healthy", [False, None])
def test_a_cluster_that_is_not_healthy_loses_no_node(healthy: bool | None) -> None:
    assert kinds(planned(found=found(cluster={"healthy": healthy}))) == ["not_healthy"]
    # Nothing is to be done: nothing speaks against it.
    done = settings(began={"since": NOW - 6000})
    assert kinds(planned(found=found(cluster={"healthy": healthy}), settings=done)) == []


def test_who_goes_on_waits_for_the_cluster_instead_of_refusing_it() -> None:
    """The run before may have started a node right before it ended."""
    goes_on = settings(began={"resumes": operation("2026-11-28T03:59:00Z", "abandoned")})
    told = found(cluster={"healthy": False})
    told["overview"]["nodes"][3]["state"] = "Suspect"
    assert kinds(planned({"node-02": look("node-02")}, found=told, settings=goes_on)) == []
    # A node that has its turn itself has to be Alive.
    assert kinds(planned({"node-04": look("node-04")}, found=told, settings=goes_on)) == [
        "not_alive"
    ]


def test_a_suspect_elsewhere_keeps_it_from_beginning() -> None:
    told = found()
    told["overview"]["nodes"][3]["state"] = "Suspect"
    assert kinds(planned({"node-02": look("node-02")}, found=told)) == ["not_healthy"]


def test_two_hosts_that_are_one_node_are_refused() -> None:
    looks = {"node-01": look("node-01"), "node-02": look("node-02", node_id=IDS["node-01"])}
    assert "same_node" in kinds(planned(looks))


def test_an_incomplete_view_is_no_plan() -> None:
    result = planned(found=found(overview={"nodes": None}))
    assert (kinds(result), result["targets"]) == (["incomplete_view"], [])


def test_too_few_others_to_ask_are_refused_or_accepted_by_name() -> None:
    told = found()
    for observer in told["observers"][1:3]:
        observer["reachable"] = False
    result = planned({"node-01": look("node-01")}, found=told)
    assert kinds(result) == ["single_observer"]
    taken = settings(accept=("single_observer",))
    result = planned({"node-01": look("node-01")}, found=told, settings=taken)
    assert kinds(result) == []
    assert [each["kind"] for each in result["accepted"]] == ["single_observer"]


# --- what became of it ---------------------------------------------------------------------------


def wait(*sentences: str) -> dict[str, Any]:
    return {"history": [{"time": "2026-11-28T04:00:00Z", "unmet": list(sentences)}]}


@pytest.mark.parametrize(
    ("waits", "after", "sentence"),
    [
        ([wait()], ["n", "m"], None),
        ([wait("node_alive: n is Suspect at http://a")], ["m", "n"], None),
        ([wait(), wait("node_alive: n is Dead at http://a")], ["n", "m"], "saw it Dead"),
        ([wait("node_alive: n is not listed at http://a")], ["n", "m"], "saw it Dead"),
        ([wait("node_alive: x is Dead at http://a")], ["n", "m"], None),
        ([wait()], ["n", "x"], "the replicas of shard 1 are on other nodes"),
        ([{}], ["m"], "the replicas of shard 1 are on other nodes"),
    ],
)
def test_whether_rebalancing_began(
    waits: list[Any], after: list[str], sentence: str | None
) -> None:
    before = [
        {"shard_id": 1, "replica_nodes": ["n", "m"]},
        {"shard_id": 2, "replica_nodes": ["m"]},
    ]
    now = [{"shard_id": 1, "replica_nodes": after}, {"shard_id": 2, "replica_nodes": ["x"]}]
    told = rebalanced("n", waits, before, now)
    assert (told is None) if sentence is None else (told and sentence in told)


@pytest.mark.parametrize(
    ("index", "seconds", "text"),
    [
        (12, [110.0, 112.0], "node 12 of 50, about 70 min left"),
        (50, [110.0], "node 50 of 50"),
        (1, [], "node 1 of 50"),
    ],
)
def test_how_far_it_is(index: int, seconds: list[float], text: str) -> None:
    assert left(index, 50, seconds) == text
