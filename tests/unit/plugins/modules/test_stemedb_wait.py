"""`stemedb_wait` as a module: its options and its result. The wait itself is `_wait.loop`'s."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.modules import stemedb_wait
from ansible_collections.stemedb.cluster.tests.support.fault_server import (
    FaultServer,
    reply,
    silence,
)
from ansible_collections.stemedb.cluster.tests.unit.support.served_cluster import (
    A,
    B,
    C,
    run_module,
    serve,
)

Printed = pytest.CaptureFixture[str]
QUICK = {"stable_for": 0.2, "interval": 0.05, "timeout": 20}


def wait(printed: Printed, url: str, *conditions: dict[str, Any], **options: Any) -> dict[str, Any]:
    given = {"gateway_url": url, "conditions": list(conditions), **QUICK, **options}
    return run_module(stemedb_wait.main, printed, **given)


def test_what_holds_for_long_enough(capsys: Printed) -> None:
    with serve() as server:
        found = wait(capsys, server.url, {"node_alive": "a3f2"}, {"node_dead": C})
    assert "failed" not in found
    assert found["changed"] is False
    assert found["samples"] >= 3
    assert found["elapsed"] >= 0.2
    assert (found["resets"], found["unmet"], found["notes"]) == (0, [], [])
    assert found["observers"][0]["reachable"] is True
    assert len(found["history"]) == found["samples"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found["history"][0]["time"])


def test_a_call_that_hangs_names_the_seconds_that_it_had_and_the_option_of_this_module(
    capsys: Printed,
) -> None:
    with FaultServer(silence) as server:
        hung = wait(capsys, server.url, {"healthy": True}, call_timeout=0.2, timeout=0.5)
        cut = wait(capsys, server.url, {"healthy": True}, call_timeout=30, timeout=0.5)
    assert "did not answer in full within 0.2 s" in hung["msg"]
    assert "or raise call_timeout." in hung["msg"]
    # The last sample of a wait has a second, whatever is left.
    assert re.match(r"Timed out after 1(\.\d)? s \(timeout: 0\.5 s\)", cut["msg"])
    assert "did not answer in full within 1 s" in cut["msg"]


def test_out_of_time_says_what_is_unmet_of_whom_and_since_when(capsys: Printed) -> None:
    with serve() as server:
        found = wait(capsys, server.url, {"leaders_elected": True}, timeout=0.5)
    assert found["failure"]["code"] == "timeout"
    assert re.match(r"Timed out after 0\.[2-6] s \(timeout: 0\.5 s\)", found["msg"])
    assert "shard 2" in found["msg"]
    assert "Shard Leader Election Issues" in found["msg"]
    unmet = {thing["subject"]: thing for thing in found["unmet"]}
    assert sorted(unmet) == ["shard 2", "shard 3"]
    assert unmet["shard 3"]["condition"] == "leaders_elected"
    assert unmet["shard 3"]["guide"] == "Shard Leader Election Issues"
    assert unmet["shard 3"]["since_seconds"] > 0
    assert found["samples"] > 3
    assert found["observers"][0]["url"] == server.url


def test_the_message_names_nodes_and_the_lists_have_their_ids(capsys: Printed) -> None:
    with serve() as server:
        found = wait(
            capsys, server.url, {"node_dead": A}, timeout=0.5, node_names={A: "db-01", B: "db-02"}
        )
    assert "node_dead: db-01 is Alive at" in found["msg"]
    assert {thing["subject"] for thing in found["unmet"]} == {A}


def test_it_gives_up_early_where_it_cannot_succeed(capsys: Printed) -> None:
    with serve() as server:
        found = wait(capsys, server.url, {"node_alive": C}, fail_fast=[{"node_dead": C}])
    assert found["msg"].startswith("Gave up early")
    assert found["elapsed"] < 5


def test_an_error_that_does_not_mend_ends_it_at_once(capsys: Printed) -> None:
    with serve(health=reply(401)) as server:
        found = wait(capsys, server.url, {"healthy": True})
    assert found["failure"]["code"] == "auth"
    assert found["samples"] == 1


def test_any_other_fault_is_a_bad_sample(capsys: Printed) -> None:
    with serve(health=reply(500)) as server:
        found = wait(capsys, server.url, {"node_alive": A}, timeout=0.5)
    assert found["failure"]["code"] == "timeout"
    assert "500" in found["msg"]
    assert found["samples"] > 1


@pytest.mark.parametrize(
    ("conditions", "options", "words"),
    [
        ([], {}, "name at least one condition"),
        ([{"node_alife": A}], {}, "no condition 'node_alife'"),
        ([{"healthy": False}], {}, "healthy takes true"),
        ([{"healthy": True, "views_agree": True}], {}, "one name"),
        ([{"node_alive": ""}], {}, "node_alive takes a node"),
        ([{"leaders_elected": []}], {}, "list of shards that is not empty"),
        ([{"healthy": True}], {"fail_fast": [{"nonsense": 1}]}, "fail_fast has no condition"),
        ([{"healthy": True}], {"stable_for": 20}, "stable_for"),
        ([{"healthy": True}], {"stable_for": -1}, "stable_for"),
        ([{"healthy": True}], {"interval": 0}, "interval"),
        ([{"healthy": True}], {"interval": 10}, "interval"),
        ([{"healthy": True}], {"stall_timeout": 0}, "stall_timeout"),
        ([{"healthy": True}], {"replicated_fraction": 1.5}, "replicated_fraction"),
        ([{"healthy": True}], {"replicated_fraction": 0}, "replicated_fraction"),
        ([{"healthy": True}], {"timeout": "inf"}, "timeout"),
        ([{"healthy": True}], {"timeout": "nan"}, "timeout"),
        ([{"healthy": True}], {"call_timeout": 0}, "timeout"),
    ],
)
def test_what_could_never_be_fulfilled_is_refused(
    capsys: Printed, conditions: list[Any], options: dict[str, Any], words: str
) -> None:
    with serve() as server:
        found = wait(capsys, server.url, *conditions, **options)
    assert found["failure"]["code"] == "config"
    assert words in found["msg"]
    assert server.paths == []


def test_stages_are_worked_through_and_the_one_that_does_not_hold_is_named(
    capsys: Printed, tmp_path: Path
) -> None:
    path = tmp_path / "progress"
    stages = [
        {"name": "Alive", "conditions": [{"node_alive": "a3f2"}]},
        {"name": "Elected", "conditions": [{"leaders_elected": True}], "timeout": 0.4},
    ]
    given = {**QUICK, "stages": stages, "progress_file": str(path)}
    with serve() as server:
        found = run_module(stemedb_wait.main, capsys, gateway_url=server.url, **given)
    assert found["failure"]["stage"] == "Elected"
    assert found["msg"].startswith("Elected: Timed out after ")
    assert [(end["name"], end["met"]) for end in found["stages"]] == [
        ("Alive", True),
        ("Elected", False),
    ]
    assert found["stages"][0]["samples"] == 3
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "[   0 s] Alive: OK (sample 1 of 3)"
    assert "Elected: cluster: 2 of 4 shards led" in lines[-1]


def test_progress_is_written_while_it_waits(capsys: Printed, tmp_path: Path) -> None:
    path = tmp_path / "progress"
    with serve() as server:
        wait(
            capsys,
            server.url,
            {"node_replicated": A},
            {"node_alive": B},
            timeout=0.5,
            progress_file=str(path),
            node_names={A: "node-01"},
        )
    text = path.read_text(encoding="utf-8")
    assert text.startswith("[   0 s] node-01: 2 of 4 replicas complete")
    assert "waiting for shards 1, 3" in text


def test_a_progress_file_that_cannot_be_written_is_named(capsys: Printed) -> None:
    with serve() as server:
        found = wait(capsys, server.url, {"healthy": True}, progress_file="/nonexistent/file")
    assert found["failure"]["code"] == "config"
    assert "/nonexistent/file" in found["msg"]


def test_a_secret_is_in_no_result(capsys: Printed) -> None:
    secret = "0123456789abcdefghij"
    with serve(health=reply(500, {"error": f"key {secret}"})) as server:
        found = wait(
            capsys,
            server.url,
            {"healthy": True},
            timeout=0.4,
            api_key=secret,
            _ansible_verbosity=4,
        )
    assert server.requests[0].headers["x-api-key"] == secret
    assert found["requests"]
    assert secret not in json.dumps(found)
