"""The contract check, run by the real commands against a cluster in each of its dialects."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.capture import (
    expected,
)

from tests.devcluster.cluster import DevCluster
from tests.integration.conftest import ROOT, Ansible, Run
from tests.support.fault_server import FaultServer, reply, routed

PLAYBOOK = "playbooks/contract_check.yml"
MODULE = "stemedb_contract_check"
SECRET = "Zq7wVx2mKp9tRb4nYc6d"

DIALECTS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "usual": ([], {"from": "status", "form": "bare"}),
    "aliases": (["aliases"], {"from": "status", "form": "bare"}),
    "bare": (["bare", "shard_ids"], {"from": "status", "form": "bare"}),
    "nodes": (["nodes_path"], {"from": "path", "form": "nodes"}),
    "all": (
        ["aliases", "bare", "shard_ids", "admin_nodes_path"],
        {"from": "path", "form": "bare"},
    ),
}


def load(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def only_read(cluster: DevCluster) -> None:
    """Nothing but GET was sent to any gateway."""
    for node in cluster.running:
        asked = node.requests()
        assert asked["mutating"] == []
        assert [request for request in asked["counts"] if not request.startswith("GET ")] == []


def check(ansible: Ansible, cluster: DevCluster, **options: Any) -> Run:
    run = ansible.module(MODULE, gateway_url=cluster.urls, **options)
    assert run.ok, run
    return run


@pytest.mark.parametrize("name", DIALECTS)
def test_a_dialect_is_told_and_its_capture_repeats_it(
    cluster: DevCluster, ansible: Ansible, tmp_path: Path, name: str
) -> None:
    switches, nodes = DIALECTS[name]
    cluster.faults(dialect=switches)
    kept = tmp_path / "capture.json"
    run = check(ansible, cluster, capture=str(kept))
    report = run.result["report"]
    assert {key: report["dialect"]["node_list"][key] for key in nodes} == nodes
    assert bool(report["dialect"]["aliases"]) is ("aliases" in switches)
    asked = "shard_12" if "shard_ids" in switches else "12"
    assert report["dialect"]["shard_ids"]["asked"] == [asked]
    assert [one for one in report["works"] if one["works"] is not True] == []
    assert report["endpoints"] == {}
    only_read(cluster)

    # What was written is a capture that leads to the same, and tells nobody whose it is.
    document = load(kept)
    assert expected(document) == document["expected"]
    for fact in ("dialect", "fields", "endpoints"):
        assert document["expected"][fact] == report[fact]
    text = kept.read_text(encoding="utf-8")
    whose = [part for node in cluster.nodes for part in (node.node_id, node.address)]
    assert [part for part in (*whose, "devcluster") if part in text] == []
    assert kept.stat().st_mode & 0o777 == 0o600


def test_the_playbook_shows_one_screen_and_leaves_its_files(
    cluster: DevCluster, ansible: Ansible, tmp_path: Path
) -> None:
    report, kept = tmp_path / "report.json", tmp_path / "capture.json"
    settings = json.dumps(
        {
            "stemedb_gateway_url": cluster.urls[0],
            # As they are typed: from the folder where Ansible is started.
            "stemedb_contract_report": os.path.relpath(report, ROOT),
            "stemedb_contract_capture": os.path.relpath(kept, ROOT),
        }
    )
    run = ansible.playbook(PLAYBOOK, "-e", settings)
    assert run.ok, run
    (asked,) = run.of("Ask the gateway for all that it may have")
    assert asked.result["changed"]
    assert load(report) == asked.result["report"]
    assert report.stat().st_mode & 0o777 == 0o600
    (shown,) = run.of("Show what works with it")
    assert shown.result["lines"] == asked.result["lines"]
    assert len(shown.result["lines"]) <= 50
    assert f"Contract check of {cluster.urls[0]}" in run.stdout
    assert "WHAT WORKS" in run.stdout
    only_read(cluster)


def test_by_the_collections_name_as_the_documents_have_it(
    cluster: DevCluster, ansible: Ansible
) -> None:
    run = ansible.playbook(
        "stemedb.cluster.contract_check", "-e", f"stemedb_gateway_url={cluster.urls[0]}"
    )
    assert run.ok, run
    assert "TO SET" in run.stdout


def test_a_capture_stays_as_it_is(cluster: DevCluster, ansible: Ansible, tmp_path: Path) -> None:
    kept = tmp_path / "capture.json"
    assert check(ansible, cluster, capture=str(kept)).result["changed"]
    first = kept.read_bytes()
    assert not check(ansible, cluster, capture=str(kept)).result["changed"]
    cluster.faults(dialect=["aliases"])
    run = ansible.module(MODULE, gateway_url=cluster.urls, capture=str(kept))
    assert not run.ok
    assert run.result["failure"]["code"] == "config"
    assert "is there already" in run.result["msg"]
    assert kept.read_bytes() == first


def test_check_mode_asks_and_writes_nothing(
    cluster: DevCluster, ansible: Ansible, tmp_path: Path
) -> None:
    run = ansible.module(
        MODULE,
        "--check",
        gateway_url=cluster.urls,
        dest=str(tmp_path / "report.json"),
        capture=str(tmp_path / "capture.json"),
    )
    assert run.ok, run
    assert run.result["changed"]
    assert run.result["report"]["works"]
    assert not list(tmp_path.glob("*.json"))


def test_the_endpoints_that_are_proposed_make_the_modules_work(
    cluster: DevCluster, ansible: Ansible
) -> None:
    status = cluster.node(0).get("/v1/cluster/status")
    page = reply(200, b"<html>", {"Content-Type": "text/html"})
    bodies = {
        "/v1/health": reply(200, {"status": "healthy"}),
        "/v1/cluster/status": page,
        "/v1/admin/cluster": page,
        "/v1/cluster": reply(200, status),
        "/v1/ranges": reply(200, cluster.node(0).get("/v1/admin/ranges")),
    }
    with FaultServer(routed(bodies)) as server:
        found = ansible.module(MODULE, gateway_url=server.url).result["report"]["endpoints"]
        assert found == {"status": "/v1/cluster", "ranges": "/v1/ranges"}
        refused = ansible.module("stemedb_cluster_info", gateway_url=server.url)
        assert not refused.ok
        run = ansible.module("stemedb_cluster_info", gateway_url=server.url, endpoints=found)
    assert run.ok, run
    assert run.result["cluster"]["healthy"] is True


def test_a_key_is_wanted_and_never_shown(
    make_cluster: Callable[..., DevCluster], ansible: Ansible, tmp_path: Path
) -> None:
    one = make_cluster(api_key=SECRET)
    one.start(1)
    one.wait_until(lambda: one.node(0).status()["shard_count"], "it has shards")
    refused = ansible.module(MODULE, gateway_url=one.urls)
    assert not refused.ok
    assert refused.result["failure"]["code"] == "auth"
    kept, report = tmp_path / "capture.json", tmp_path / "report.json"
    run = ansible.module(
        MODULE,
        "-vvvv",
        gateway_url=one.urls,
        capture=str(kept),
        dest=str(report),
        env={"STEMEDB_API_KEY": SECRET},
    )
    assert run.ok, run
    assert SECRET not in run.stdout + run.stderr
    assert SECRET not in kept.read_text(encoding="utf-8") + report.read_text(encoding="utf-8")


def test_where_nobody_answers_it_fails_and_writes_nothing(ansible: Ansible, tmp_path: Path) -> None:
    run = ansible.module(
        MODULE,
        gateway_url="http://127.0.0.1:1",
        retries=0,
        capture=str(tmp_path / "capture.json"),
    )
    assert not run.ok
    assert run.result["failure"]["code"] == "transport"
    assert not list(tmp_path.glob("*.json"))
