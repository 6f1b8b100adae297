"""The info modules, run by the real commands against a cluster."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.client import GatewayOptions
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.observers import (
    Observers,
    Policy,
)

from tests.devcluster.cluster import DevCluster
from tests.integration.asking import DECIDES, GROUP, LOOKUP, OURS, READS, counts, show
from tests.integration.conftest import Ansible, Run
from tests.support.certificates import make_authority, make_certificate
from tests.support.fault_server import FaultServer, reply, silence

Make = Callable[..., DevCluster]

INFO = ("stemedb_cluster_info", "stemedb_node_info", "stemedb_shard_info")
SECRET = "Zq7wVx2mKp9tRb4nYc6d"


# --- what they show ------------------------------------------------------------------------------


def test_the_cluster_as_all_gateways_see_it(cluster: DevCluster, ansible: Ansible) -> None:
    run = ansible.module("stemedb_cluster_info", gateway_url=cluster.urls)
    assert run.ok, run
    assert counts(cluster) == [DECIDES] * 3
    shown = run.result["cluster"]
    status = cluster.node(0).status()
    assert shown["healthy"] is True
    assert shown["unhealthy_reasons"] == []
    assert (shown["name"], shown["status"]) == ("devcluster", "healthy")
    for field in ("node_count", "shard_count", "replication_factor", "meta_version"):
        assert shown[field] == status[field]
    assert shown["nodes_by_state"] == {"Alive": 3, "Suspect": 0, "Dead": 0, "other": 0}
    assert [(o["url"], o["node_id"], o["reachable"]) for o in run.result["observers"]] == [
        (node.url, node.node_id, True) for node in cluster.nodes
    ]


def test_nodes_as_the_first_gateway_sees_them(cluster: DevCluster, ansible: Ansible) -> None:
    run = ansible.module("stemedb_node_info", gateway_url=cluster.urls)
    assert run.ok, run
    assert counts(cluster) == [READS, {}, {}]
    assert [node["node_id"] for node in run.result["nodes"]] == sorted(
        node.node_id for node in cluster.nodes
    )
    ranges = cluster.node(0).ranges()
    for node in run.result["nodes"]:
        led = [n for n, row in ranges.items() if row["leader_node"] == node["node_id"]]
        assert node["leader_shards"] == sorted(led)
        assert node["state"] == "Alive"


def test_shards_with_their_replicas(cluster: DevCluster, ansible: Ansible) -> None:
    run = ansible.module(
        "stemedb_shard_info", gateway_url=cluster.urls, shard="0,shard_2", replicas=True
    )
    assert run.ok, run
    assert [shard["shard_id"] for shard in run.result["shards"]] == [0, 2]
    for shard in run.result["shards"]:
        rows = cluster.node(0).shard(shard["shard_id"])["replicas"]
        assert [(r["node_id"], r["role"], r["size_bytes"]) for r in shard["replicas"]] == [
            (r["node_id"], r["role"], r["size_bytes"]) for r in rows
        ]
        assert shard["live_replicas"] == len(rows)


def test_details_of_nodes(cluster: DevCluster, ansible: Ansible) -> None:
    node = cluster.node(1)
    run = ansible.module(
        "stemedb_node_info", gateway_url=cluster.urls, node=node.node_id[:8], shard_details=True
    )
    assert run.ok, run
    (shown,) = run.result["nodes"]
    assert [detail["shard_id"] for detail in shown["shard_details"]] == shown["shards"]
    assert all(detail["complete"] for detail in shown["shard_details"])


# --- how much they ask ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dialect", "more"),
    [
        (["nodes_path"], {"GET /v1/nodes": 1}),
        (["admin_nodes_path"], {"GET /v1/nodes": 1, "GET /v1/admin/nodes": 1}),
    ],
)
def test_a_list_of_nodes_of_its_own_costs_one_request(
    cluster: DevCluster, ansible: Ansible, dialect: list[str], more: dict[str, int]
) -> None:
    cluster.faults(dialect=dialect)
    run = ansible.module("stemedb_cluster_info", gateway_url=cluster.urls)
    assert run.result["cluster"]["healthy"] is True, run
    assert counts(cluster) == [{**DECIDES, **more}] * 3


def test_named_endpoints_are_asked_at_once(cluster: DevCluster, ansible: Ansible) -> None:
    cluster.faults(dialect=["admin_nodes_path"])
    paths = {"status": "/v1/admin/cluster", "nodes": "/v1/admin/nodes"}
    run = ansible.module("stemedb_node_info", gateway_url=cluster.urls, endpoints=paths)
    assert len(run.result["nodes"]) == 3, run
    asked = {"GET /v1/admin/cluster": 1, "GET /v1/admin/nodes": 1, "GET /v1/admin/ranges": 1}
    assert counts(cluster) == [asked, {}, {}]


def test_every_dialect_gives_the_same(cluster: DevCluster, ansible: Ansible) -> None:
    tasks = [
        {f"{OURS}stemedb_node_info": {"shard_details": True}},
        {f"{OURS}stemedb_shard_info": {"replicas": True}},
    ]
    defaults = {GROUP: {"gateway_url": cluster.urls}}
    usual = ansible.tasks(*tasks, module_defaults=defaults)
    assert usual.ok, usual
    for dialect in (["aliases"], ["bare"], ["shard_ids"], ["bare", "shard_ids"]):
        cluster.faults(dialect=dialect)
        other = ansible.tasks(*tasks, module_defaults=defaults)
        assert other.ok, other
        assert [task.result for task in other.tasks] == [task.result for task in usual.tasks]


def test_gateways_are_asked_at_the_same_time(cluster: DevCluster) -> None:
    """Without a command around it, which on a busy machine takes longer than the difference."""
    cluster.faults(slow={"/v1/health": 1.5})
    asked = Observers(tuple(cluster.urls), GatewayOptions(), Policy())
    start = time.monotonic()
    assert len(asked.sample().views) == 3
    assert 1.5 <= time.monotonic() - start < 4


# --- who is asked --------------------------------------------------------------------------------


def test_readers_go_on_to_the_next_gateway(cluster: DevCluster, ansible: Ansible) -> None:
    urls = ["http://127.0.0.1:1", *cluster.urls]
    run = ansible.module("stemedb_node_info", "-vvv", gateway_url=urls, retries=0)
    assert run.ok, run
    assert len(run.result["nodes"]) == 3
    first, *rest = run.result["requests"]
    assert first.startswith("GET http://127.0.0.1:1/v1/cluster/status transport ")
    assert [line.split()[:3] for line in rest] == [
        ["GET", f"{cluster.urls[0]}{path}", "200"]
        for path in ("/v1/cluster/status", "/v1/admin/ranges")
    ]


def test_deciders_miss_a_gateway_that_does_not_answer(
    cluster: DevCluster, ansible: Ansible
) -> None:
    urls = ["http://127.0.0.1:1", *cluster.urls]
    defaults = {GROUP: {"gateway_url": urls, "retries": 0}}
    run = ansible.tasks(
        {f"{OURS}stemedb_cluster_info": {}},
        {f"{OURS}stemedb_cluster_info": {"observers": "quorum"}},
        module_defaults=defaults,
    )
    assert run.ok, run
    of_all, of_quorum = (task.result for task in run.tasks)
    assert of_all["cluster"]["healthy"] is None
    assert of_quorum["cluster"]["healthy"] is True
    missing = of_all["observers"][0]
    assert (missing["reachable"], missing["node_count"]) == (False, None)
    assert "Nothing listens on 127.0.0.1:1" in missing["error"]


@pytest.mark.parametrize("by", ["id", "prefix", "address", "name"])
def test_the_gateway_of_an_excluded_node_is_not_asked(
    cluster: DevCluster, ansible: Ansible, by: str
) -> None:
    node = cluster.node(1)
    name = {
        "id": node.node_id,
        "prefix": node.node_id[:6],
        "address": node.address,
        "name": f"{node.address}:18182",
    }[by]
    run = ansible.module(
        "stemedb_cluster_info",
        gateway_url=cluster.urls,
        exclude_nodes=name,
        discover_observers=True,
    )
    assert run.result["cluster"]["healthy"] is True, run
    assert [(o["url"], o["excluded"]) for o in run.result["observers"]] == [
        (cluster.urls[0], False),
        (cluster.urls[2], False),
        (cluster.urls[1], True),
    ]
    assert counts(cluster)[1] == {}


def test_nobody_is_left_to_ask(cluster: DevCluster, ansible: Ansible) -> None:
    run = ansible.module(
        "stemedb_cluster_info",
        gateway_url=cluster.urls[0],
        exclude_nodes=cluster.node(0).node_id,
        discover_observers=True,
    )
    assert run.rc == 2, run
    assert run.result["failure"]["code"] == "config"
    assert "name another gateway" in run.result["msg"]


def test_gateways_are_found_by_their_nodes(cluster: DevCluster, ansible: Ansible) -> None:
    url = cluster.urls[1]
    run = ansible.module("stemedb_cluster_info", gateway_url=url, discover_observers=True)
    assert run.result["cluster"]["healthy"] is True, run
    assert run.result["observers"][0]["url"] == url
    assert sorted(o["url"] for o in run.result["observers"]) == cluster.urls
    assert counts(cluster) == [DECIDES] * 3


# --- options -------------------------------------------------------------------------------------


def test_check_mode_is_no_difference(cluster: DevCluster, ansible: Ansible) -> None:
    tasks: list[dict[str, Any]] = [{f"{OURS}{module}": {}} for module in INFO]
    defaults = {GROUP: {"gateway_url": cluster.urls}}
    usual = ansible.tasks(*tasks, module_defaults=defaults)
    checked = ansible.tasks(*tasks, module_defaults=defaults, flags=["--check", "--diff"])
    assert [task.status for task in checked.tasks] == ["ok"] * len(INFO), checked
    assert [task.result for task in checked.tasks] == [task.result for task in usual.tasks]
    assert not any(task.result["changed"] for task in checked.tasks)
    assert counts(cluster)[1] == dict.fromkeys(DECIDES, 2)


def test_the_environment_says_what_the_options_do_not(
    cluster: DevCluster, ansible: Ansible
) -> None:
    env = {"STEMEDB_GATEWAY_URL": f" {cluster.urls[1]} ,{cluster.urls[0]}", "STEMEDB_TIMEOUT": "5"}
    assert ansible.module("stemedb_node_info", env=env).ok
    assert counts(cluster) == [{}, READS, {}]
    assert ansible.module("stemedb_node_info", env=env, gateway_url=cluster.urls[2]).ok
    assert counts(cluster)[2] == READS


def test_options_of_a_command_line(cluster: DevCluster, ansible: Ansible) -> None:
    options = f"gateway_url={','.join(cluster.urls)} state=alive,dead role=leader"
    run = ansible.start("ansible", "localhost", "-m", "stemedb_node_info", "-a", options).end()
    assert run.ok, run
    assert len(run.result["nodes"]) == 3


def test_the_settings_of_the_machine_are_not_used(
    cluster: DevCluster, ansible: Ansible, tmp_path: Path
) -> None:
    (ansible.home / ".netrc").write_text(
        f"machine {cluster.node(0).address} login a password b\n", encoding="utf-8"
    )
    with FaultServer(reply(502)) as proxy:
        env = {"http_proxy": proxy.url, "HTTP_PROXY": proxy.url, "ALL_PROXY": proxy.url}
        run = ansible.module("stemedb_node_info", env=env, gateway_url=cluster.urls)
        assert run.ok, run
        assert proxy.connections == 0


# --- failures ------------------------------------------------------------------------------------


def failure(run: Run) -> dict[str, Any]:
    assert run.rc == 2, run
    assert run.tasks[0].status == "failed"
    assert sorted(run.result["failure"]) == ["code", "detail", "status", "url"]
    # A sentence for people, on the first line that Ansible prints about it.
    assert run.result["msg"].endswith((".", "?"))
    return dict(run.result["failure"])


@pytest.mark.parametrize("module", INFO)
def test_options_that_cannot_be_right(ansible: Ansible, module: str) -> None:
    run = ansible.module(module, gateway_url="gateway:18181")
    assert failure(run) == {"code": "config", "url": None, "status": None, "detail": None}
    assert "http://gateway:18181" in run.result["msg"]


@pytest.mark.parametrize("module", INFO)
def test_nothing_listens(ansible: Ansible, module: str) -> None:
    run = ansible.module(module, gateway_url="http://127.0.0.1:1", retries=0)
    found = failure(run)
    assert (found["code"], found["status"]) == ("transport", None)
    assert found["url"].startswith("http://127.0.0.1:1/v1/")


def test_a_gateway_that_fails(cluster: DevCluster, ansible: Ansible) -> None:
    cluster.faults(fail={"/v1/admin/ranges": 500})
    run = ansible.module("stemedb_shard_info", gateway_url=cluster.urls[0], retries=0)
    assert failure(run) == {
        "code": "transport",
        "url": f"{cluster.urls[0]}/v1/admin/ranges",
        "status": 500,
        "detail": "failing as asked by a fault switch",
    }


def test_certificates(make_cluster: Make, ansible: Ansible, tmp_path: Path) -> None:
    """An authority of our own and a client certificate, as options and from the environment."""
    ours = make_authority(tmp_path)
    with make_cluster() as secure:
        certificate, key = make_certificate(tmp_path, ours, secure.base)
        url = secure.add(tls_cert=certificate, tls_key=key, tls_client_ca=ours.path).url
        run = ansible.module("stemedb_node_info", gateway_url=url)
        assert failure(run)["code"] == "tls"
        assert "set ca_path" in run.result["msg"]
        files = {"ca_path": ours.path, "client_cert": certificate, "client_key": key}
        options = {name: str(path) for name, path in files.items()}
        run = ansible.module("stemedb_node_info", options={"gateway_url": url, **options})
        assert run.ok, run
        env = {f"STEMEDB_{name.upper()}": value for name, value in options.items()}
        run = ansible.module("stemedb_node_info", gateway_url=url, env=env)
        assert run.ok, run


def test_silence(ansible: Ansible) -> None:
    with FaultServer(silence) as server:
        start = time.monotonic()
        run = ansible.module("stemedb_node_info", gateway_url=server.url, timeout=0.7)
    assert time.monotonic() - start < 20
    assert failure(run)["code"] == "timeout"
    assert "0.7 s" in run.result["msg"]


def test_what_is_asked_for_by_name_is_not_there(cluster: DevCluster, ansible: Ansible) -> None:
    defaults = {GROUP: {"gateway_url": cluster.urls}}
    for task, words in (
        ({f"{OURS}stemedb_node_info": {"node": "ffff0000"}}, "'ffff0000'"),
        ({f"{OURS}stemedb_shard_info": {"shard": [999]}}, "999"),
        ({f"{OURS}stemedb_shard_info": {"node": "ffff0000"}}, "'ffff0000'"),
    ):
        run = ansible.tasks(task, module_defaults=defaults)
        assert failure(run)["code"] == "not_found"
        assert words in run.result["msg"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply(200, b"<html>hello</html>"), "HTML"),
        (reply(301, headers={"Location": "http://elsewhere.example/"}), "elsewhere.example"),
        (reply(404), "404"),
        (reply(200, []), "expected"),
    ],
    ids=["html", "redirection", "404", "list"],
)
def test_something_else_than_a_gateway(ansible: Ansible, answer: Any, words: str) -> None:
    with FaultServer(answer) as server:
        run = ansible.module("stemedb_node_info", gateway_url=server.url)
    assert failure(run)["code"] == "protocol"
    assert words in run.result["msg"]


def test_a_key_that_is_not_accepted(make_cluster: Make, ansible: Ansible) -> None:
    with make_cluster(api_key=SECRET) as locked:
        locked.start(1)
        for key, words in (("", "no key is set"), ("another-key-than-that", "not accepted")):
            run = ansible.module("stemedb_node_info", gateway_url=locked.urls, api_key=key)
            found = failure(run)
            assert (found["code"], found["status"]) == ("auth", 401)
            assert words in run.result["msg"]


# --- secrets -------------------------------------------------------------------------------------


def test_a_secret_is_in_no_output(make_cluster: Make, ansible: Ansible, tmp_path: Path) -> None:
    """As an option and from the environment, where it is accepted and where it is not."""
    file = tmp_path / "secrets.yml"
    file.write_text(yaml.safe_dump({"key": SECRET}), encoding="utf-8")
    wait = {"conditions": [{"healthy": True}], "stable_for": 0, "interval": 0.1, "timeout": 20}
    calls: list[dict[str, Any]] = [
        *({f"{OURS}{module}": {}} for module in INFO),
        {f"{OURS}stemedb_wait": wait},
        show(f"lookup('{LOOKUP}', 'cluster', gateway_url=urls, attribute='healthy')"),
    ]
    echo = FaultServer(reply(401, {"error": f"the key {SECRET} is wrong"}))
    with make_cluster(api_key=SECRET, replication_factor=1) as locked, echo as refusing:
        locked.start(1).wait_settled()
        for urls, good in ((locked.urls, True), ([refusing.url], False)):
            for as_option in (True, False):
                options = {"gateway_url": urls, **({"api_key": "{{ key }}"} if as_option else {})}
                given = {
                    "urls": urls,
                    **({"stemedb_api_key": "{{ key }}"} if as_option else {}),
                }
                play = {
                    "hosts": "localhost",
                    "gather_facts": False,
                    "vars": given,
                    "module_defaults": {GROUP: options},
                    "tasks": [{**call, "ignore_errors": not good} for call in calls],
                }
                secret = ("-e", f"@{file}") if as_option else ()
                env = {} if as_option else {"STEMEDB_API_KEY": SECRET}
                run = ansible.playbook([play], "-vvvv", *secret, env=env)
                statuses = [task.status for task in run.tasks]
                assert statuses == ["ok" if good else "failed"] * len(calls), run
                told = run.stdout + run.stderr + json.dumps([task.result for task in run.tasks])
                assert SECRET not in told, f"as_option={as_option}, good={good}"
        assert refusing.requests
        assert {request.headers["x-api-key"] for request in refusing.requests} == {SECRET}
