"""Who may be replaced, before anything is touched: each gate, open and shut."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import Declared
from ansible_collections.stemedb.cluster.plugins.plugin_utils._replace_node.plan import look_at
from ansible_collections.stemedb.cluster.plugins.plugin_utils._replace_node.substitute import (
    Settings,
)

from tests.unit.support.replacing import (
    IDS,
    MEMBERS,
    NEW,
    OLD,
    SEEDS,
    SPARE,
    URLS,
    detail,
    judge,
    kinds,
    node,
    nodes,
    probe,
)

ANSWERS = {"url": URLS[0], "reachable": True, "error": None}


def test_a_dead_node_is_replaced_by_a_spare() -> None:
    found = judge()
    assert found["blockers"] == found["accepted"] == found["notes"] == []
    assert (found["target"]["node_id"], found["target"]["state"]) == (OLD, "Dead")
    assert found["replacement"] == {
        "host": "spare",
        "node_id": NEW,
        "same_host": False,
        "begun": False,
        "member": False,
    }
    assert found["gateway_urls"] == list(URLS[1:])
    assert found["others"] == [IDS[n] for n in (0, 1, 2, 4)]
    assert found["old_seeds"] == ["10.0.0.4:18183"]
    assert found["new_seeds"] == ["10.0.0.9:18183"]
    assert found["own_seeds"] == ["10.0.0.1:18183"]
    hosts = ["", "node-01", "node-02", "node-03", "node-05"]
    assert found["seeds"] == {h: ["10.0.0.1:18183", "10.0.0.9:18183"] for h in hosts if h}


@pytest.mark.parametrize(
    ("names", "told"),
    [([], "stemedb_target is empty"), (["node-04", "node-05"], "stemedb_target names 2")],
)
def test_just_one_is_replaced(names: list[str], told: str) -> None:
    found = look_at(names, MEMBERS, Settings(URLS), None)
    assert found["target"] is None
    assert told in found["refused"]


def test_its_own_gateways_are_those_at_its_address() -> None:
    assert look_at(["node-04"], MEMBERS, Settings(URLS), nodes())["urls"] == [URLS[0]]
    usual = Settings(("https://10.0.0.1:443",))
    assert look_at([OLD], MEMBERS, usual, nodes())["urls"] == ["https://10.0.0.4:443"]


def test_whom_to_look_at() -> None:
    settings = Settings(URLS, "node-05", ("spare", "unknown"))
    found = look_at(["node-04"], [*MEMBERS, SPARE], settings, nodes())
    assert found["hosts"] == ["node-04", "node-05", "spare"]
    # A node that is named by its id may be replaced on the host at its address.
    assert look_at([OLD], MEMBERS, Settings(URLS), nodes())["hosts"] == ["node-04"]


@pytest.mark.parametrize("state", ["Alive", "Suspect", "leaving"])
def test_only_the_dead_are_replaced(state: str) -> None:
    found = judge(listed=nodes(n4=state))
    assert "not_dead" in kinds(found)
    texts = [b["detail"] for b in found["blockers"] if b["kind"] == "not_dead"]
    assert f"is {state}" in texts[0]
    assert "add the new one (add_node), then remove this one (remove_node)" in texts[0]


def test_one_that_is_gone_counts_if_it_is_known_who_it_was() -> None:
    known = [m._replace(node_id=OLD) if m.host == "node-04" else m for m in MEMBERS]
    found = judge(listed=nodes(n4=None), members=(*known, SPARE))
    assert found["blockers"] == []
    assert found["target"]["state"] is None
    assert kinds(judge(listed=nodes(n4=None))) == ["unknown_target"]
    assert kinds(judge(OLD, listed=nodes(n4=None))) == ["unknown_target"]


def test_its_own_gateway_must_not_answer() -> None:
    found = judge(gateways=[ANSWERS])
    assert kinds(found) == ["gateway_answers"]
    assert "Network Partition Scenarios" in detail(found)
    assert judge(gateways=[{**ANSWERS, "reachable": False}])["blockers"] == []
    unknown = [{**ANSWERS, "reachable": None, "error": "no name"}]
    assert kinds(judge(gateways=unknown)) == ["unknown_gateway"]
    accepted = judge(gateways=unknown, accept=("unknown_gateway",))
    assert accepted["blockers"] == []
    assert [one["kind"] for one in accepted["accepted"]] == ["unknown_gateway"]
    # What answers is no evidence where others are listed at the same address.
    shared = [*nodes(), node(NEW, 4)]
    assert "gateway_answers" not in kinds(judge(listed=shared, gateways=[ANSWERS]))


def test_an_answer_cannot_be_accepted() -> None:
    assert kinds(judge(gateways=[ANSWERS], accept=("gateway_answers",))) == ["gateway_answers"]


def test_the_logs_of_all_that_may_lead_have_to_be_printed_by_something() -> None:
    """Those of the dead one and of spares that stay spares are of no interest."""
    beside = Declared("other", "10.0.0.10")
    both = judge(members=(*MEMBERS, SPARE, beside), logless=("node-04", "other"))
    assert both["blockers"] == []
    told: dict[str, Any] = {"logless": ("spare", "node-02", "node-04")}
    found = judge(**told)
    assert kinds(found) == ["unknown_log"]
    assert found["blockers"][0]["subject"] == "node-02, spare"
    assert "Set that to a command that prints the log" in detail(found)
    assert found["unread"] == []
    found = judge(**told, accept=("unknown_log",))
    assert found["blockers"] == []
    assert found["accepted"][0]["subject"] == "node-02, spare"
    assert found["unread"] == ["node-02", "spare"]
    # A member that has died too leads nothing.
    found = judge(**told, listed=nodes(n2="Dead"), accept=("other_dead",))
    assert found["blockers"][0]["subject"] == "spare"
    # On the same host the new node is the dead one's successor.
    home: dict[str, Any] = {"spares": (), "probes": {"node-04": probe(OLD, empty=False)}}
    assert judge(**told, **home)["blockers"][0]["subject"] == "node-02, node-04"


def test_more_dead_than_one_may_be_a_partition() -> None:
    found = judge(listed=nodes(n5="Dead"))
    assert kinds(found) == ["other_dead"]
    assert found["blockers"][0]["subject"] == IDS[4]
    assert judge(listed=nodes(n5="Dead"), accept=("other_dead",))["blockers"] == []


@pytest.mark.parametrize(
    ("leads", "follows", "kind"),
    [(0, 0, []), (1, 0, ["other_dead"]), (0, 1, ["other_dead"]), (None, 0, ["other_dead"])],
)
def test_who_is_known_to_hold_nothing_did_not_die_just_now(
    leads: Optional[int], follows: int, kind: list[str]
) -> None:
    listed = nodes(n5="Dead")
    listed[4] = {**listed[4], "leader_shards": leads, "follower_shards": follows}
    assert kinds(judge(listed=listed)) == kind


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"views_agree": False}, "views_disagree"),
        ({"views_agree": None}, "unknown_views"),
        ({"listed": nodes(n5="Suspect")}, "suspect_node"),
        ({"min_observers": 3}, "single_observer"),
    ],
)
def test_the_cluster_must_be_of_one_mind(told: dict[str, Any], kind: str) -> None:
    assert kinds(judge(**told)) == [kind]
    accepted = judge(**told, accept=(kind,))
    assert (accepted["blockers"] == []) is (kind == "single_observer")


def test_a_list_that_is_not_whole_tells_nothing() -> None:
    found = judge(listed=[])
    assert "unknown_target" in kinds(found)


def test_a_host_that_answers_is_told_of() -> None:
    old = probe(OLD, empty=False)
    (note,) = judge(probes={"node-04": old})["notes"]
    assert "add_node for it is the shorter way: its service is started" in note
    (note,) = judge(probes={"node-04": probe(OLD, running=True, empty=False)})["notes"]
    assert note.startswith("the service of node-04 runs, although all others hold")
    (note,) = judge(probes={"node-04": probe(OLD, running=None, empty=False)})["notes"]
    assert note.startswith("it is unknown whether the service of node-04 runs")


def test_a_host_whose_node_is_alive_is_not_told_to_be_dead() -> None:
    probes = {"node-04": probe(OLD, running=True, empty=False)}
    found = judge(listed=nodes(n4="Alive"), probes=probes)
    assert kinds(found) == ["not_dead"]
    assert found["notes"] == []


def test_who_came_back_while_it_was_replaced_is_told() -> None:
    listed = [*nodes(n4="Alive"), node(NEW, 9)]
    probes = {"spare": probe(NEW, running=True, empty=False)}
    found = judge(listed=listed, probes=probes, records={"spare": OLD})
    assert kinds(found) == ["came_back"]
    assert "take one of them out with remove_node" in detail(found)


@pytest.mark.parametrize(
    ("listed", "its", "old"),
    [
        # Its replacement on the same host lives, is on its way, or has not begun to run.
        ([*nodes(), node(NEW, 4)], probe(NEW, running=True, empty=False), OLD),
        (nodes(), probe(NEW, running=True, empty=False), OLD),
        (nodes(), probe(NEW), OLD),
        (nodes(n4=None), probe(), OLD),
        # The replacement died as well: then it is the one that is to be replaced.
        ([*nodes(n4=None), node(NEW, 4, "Dead")], probe(NEW, empty=False), NEW),
        (nodes(n4=None), probe(NEW, empty=False), NEW),
    ],
)
def test_the_host_of_the_dead_may_be_its_replacement(
    listed: list[dict[str, Any]], its: dict[str, Any], old: str
) -> None:
    found = judge(listed=listed, probes={"node-04": its}, records={"node-04": OLD}, new_id=IDS[0])
    assert found["target"]["node_id"] == old
    if old == OLD:
        assert found["blockers"] == []
        new = found["replacement"]
        assert (new["host"], new["same_host"], new["begun"]) == ("node-04", True, True)
        assert found["old_seeds"] == []


def test_an_inventory_that_names_the_old_id_keeps_nobody_from_going_on() -> None:
    known = [m._replace(node_id=OLD) if m.host == "node-04" else m for m in MEMBERS]
    found = judge(
        listed=[*nodes(), node(NEW, 4)],
        probes={"node-04": probe(NEW, running=True, empty=False)},
        records={"node-04": OLD},
        members=(*known, SPARE),
    )
    assert found["blockers"] == []
    assert (found["target"]["node_id"], found["replacement"]["node_id"]) == (OLD, NEW)
    assert found["replacement"]["member"] is True


def test_an_id_that_nobody_lists_is_known_to_its_replacement() -> None:
    listed = [*nodes(n4=None), node(NEW, 9)]
    probes = {"spare": probe(NEW, running=True, empty=False)}
    found = judge(OLD, listed=listed, probes=probes, records={"spare": OLD})
    assert found["blockers"] == []
    assert found["replacement"]["member"] is True


def test_who_is_it_must_be_certain() -> None:
    two = Declared("node-04", "10.0.0.4", IDS[2], seeds=SEEDS)
    members = (*(m for m in MEMBERS if m.host != "node-04"), two, SPARE)
    found = judge(probes={"node-04": probe(OLD, empty=False)}, members=members)
    assert kinds(found) == ["unknown_target"]
    assert found["replacement"] is None


# --- the dead age out ----------------------------------------------------------------------------

ANEW = {"node-04": probe(OLD, empty=False)}


@pytest.mark.parametrize("name", ["node-04", OLD])
@pytest.mark.parametrize("probes", [{}, ANEW, {"node-04": probe()}], ids=["away", "old", "fresh"])
@pytest.mark.parametrize("spares", [("spare",), ()], ids=["spare", "same host"])
def test_who_ages_out_while_it_is_watched_is_who_it_was(
    name: str, probes: dict[str, Any], spares: tuple[str, ...]
) -> None:
    """What is found when it is not listed any more is just what was found before."""
    before = judge(name, probes=probes, spares=spares)
    after = judge(name, nodes(n4=None), probes=probes, spares=spares, seen=before["target"])
    assert [b["kind"] for b in after["blockers"]] == [b["kind"] for b in before["blockers"]]
    assert after["replacement"] == before["replacement"]
    for key in ("node_id", "host", "address", "listed_address", "reachable", "running"):
        if before["target"]["refused"] is None:
            assert after["target"][key] == before["target"][key], key
    assert after["seeds"] == before["seeds"]


@pytest.mark.parametrize("name", ["node-04", OLD])
def test_what_another_run_has_seen_vouches_for_nobody(name: str) -> None:
    seen = {**judge(name)["target"], "name": "node-05"}
    found = judge(name, nodes(n4=None), seen=seen)
    assert [blocker["kind"] for blocker in found["blockers"]] == ["unknown_target"]


@pytest.mark.parametrize(
    ("members", "probes"),
    [
        ([*MEMBERS[:3], MEMBERS[3]._replace(node_id=OLD), MEMBERS[4], SPARE], {}),
        ((*MEMBERS, SPARE), ANEW),
        ((*MEMBERS, SPARE), {"node-04": probe(service={**probe()["service"], "node_id": OLD})}),
    ],
    ids=["variable", "file", "service"],
)
def test_who_has_aged_out_is_found_by_its_host_if_that_is_known(members: Any, probes: Any) -> None:
    found = judge(listed=nodes(n4=None), members=members, probes=probes)
    assert (found["blockers"], found["target"]["node_id"]) == ([], OLD)


def test_who_was_at_the_address_of_a_live_node_is_no_other_dead() -> None:
    before = {**node("f" * 8, 2, "Dead"), "leader_shards": None, "follower_shards": None}
    assert judge(listed=[*nodes(), before])["blockers"] == []
    elsewhere = {**before, "address": "10.0.0.7:18182"}
    found = judge(listed=[*nodes(), elsewhere])
    assert [blocker["kind"] for blocker in found["blockers"]] == ["other_dead"]
