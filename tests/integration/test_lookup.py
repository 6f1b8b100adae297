"""The lookup and the table filter, run by the real commands against a cluster."""

from __future__ import annotations

from typing import Any

from tests.devcluster.cluster import DevCluster
from tests.integration.asking import DECIDES, GROUP, LOOKUP, OURS, READS, counts, show
from tests.integration.conftest import Ansible, Run


def message(run: Run) -> Any:
    assert run.ok, run
    return run.result["msg"]


def test_the_lookup_takes_variables_options_and_the_environment(
    cluster: DevCluster, ansible: Ansible
) -> None:
    ids = sorted(node.node_id for node in cluster.nodes)
    of_nodes = f"query('{LOOKUP}', 'nodes', state='Alive', attribute='node_id'"
    urls = ",".join(cluster.urls)
    by_variable = ansible.tasks(show(f"{of_nodes})"), vars={"stemedb_gateway_url": urls})
    assert message(by_variable) == ids
    by_option = ansible.tasks(show(f"{of_nodes}, gateway_url=u)"), vars={"u": cluster.urls})
    assert message(by_option) == ids
    by_environment = ansible.playbook(
        [{"hosts": "localhost", "gather_facts": False, "tasks": [show(f"{of_nodes})")]}],
        env={"STEMEDB_GATEWAY_URL": urls},
    )
    assert message(by_environment) == ids
    assert counts(cluster) == [dict.fromkeys(READS, 3), {}, {}]


def test_the_lookup_gives_what_the_modules_give(cluster: DevCluster, ansible: Ansible) -> None:
    run = ansible.tasks(
        {f"{OURS}stemedb_node_info": {}},
        {f"{OURS}stemedb_shard_info": {"leaderless": False}},
        {f"{OURS}stemedb_cluster_info": {}},
        show(f"query('{LOOKUP}', 'nodes')"),
        show(f"query('{LOOKUP}', 'shards')"),
        show(f"lookup('{LOOKUP}', 'cluster')"),
        vars={"stemedb_gateway_url": cluster.urls},
        module_defaults={GROUP: {"gateway_url": cluster.urls}},
    )
    assert run.ok, run
    nodes, shards, whole, *looked = (task.result for task in run.tasks)
    assert [found["msg"] for found in looked] == [
        nodes["nodes"],
        shards["shards"],
        whole["cluster"],
    ]


def test_one_lookup_asks_once_for_several_terms(cluster: DevCluster, ansible: Ansible) -> None:
    run = ansible.tasks(
        show(f"query('{LOOKUP}', 'cluster', 'nodes', 'shards') | length"),
        vars={"stemedb_gateway_url": cluster.urls},
    )
    assert message(run) == 1 + 3 + 6
    assert counts(cluster) == [DECIDES] * 3


def test_the_lookup_tells_its_requests(cluster: DevCluster, ansible: Ansible) -> None:
    task = show(f"query('{LOOKUP}', 'nodes') | length")
    urls = {"stemedb_gateway_url": cluster.urls}
    assert "GET http" not in ansible.tasks(task, vars=urls, flags=["-vv"]).stdout
    run = ansible.tasks(task, vars=urls, flags=["-vvv"])
    for path in ("/v1/cluster/status", "/v1/admin/ranges"):
        assert f"GET {cluster.urls[0]}{path} 200 " in run.stdout, run


def test_a_lookup_that_cannot_answer_says_why_once(cluster: DevCluster, ansible: Ansible) -> None:
    wrong = {
        "'leaders'": "The terms are cluster, nodes, shards, not 'leaders'.",
        "[]": "The terms are cluster, nodes, shards, not '[]'.",
        "'nodes', attribute='id'": "attribute='id' is none of address, ",
        "'nodes', node='ffff0000'": "lists no node 'ffff0000'",
        "'shards', shard=[999]": "lists no shard 999",
        "'nodes', gateway_url='gateway'": "does not begin with http://",
        "'nodes', gateway_url='http://127.0.0.1:1', retries=0": "Nothing listens on",
    }
    run = ansible.tasks(
        *(show(f"query('{LOOKUP}', {call})", ignore_errors=True) for call in wrong),
        vars={"stemedb_gateway_url": cluster.urls},
    )
    assert [task.status for task in run.tasks] == ["failed"] * len(wrong), run
    for task, words in zip(run.tasks, wrong.values()):
        assert task.result["msg"].count(words) == 1, task
        assert "stemedb.cluster.stemedb: " in task.result["msg"]


# --- the table -----------------------------------------------------------------------------------


def test_tables_of_what_the_modules_return(cluster: DevCluster, ansible: Ansible) -> None:
    names = {cluster.node(0).node_id: "node-01"}
    run = ansible.tasks(
        {f"{OURS}stemedb_node_info": {}, "register": "found"},
        {f"{OURS}stemedb_shard_info": {}, "register": "placed"},
        show("found.nodes | stemedb.cluster.table(names=names)"),
        show("placed.shards | stemedb.cluster.table"),
        show("found.nodes | selectattr('state', 'eq', 'Dead') | stemedb.cluster.table('nodes')"),
        show(f"query('{LOOKUP}', 'nodes') | stemedb.cluster.table"),
        vars={"names": names, "stemedb_gateway_url": cluster.urls},
        module_defaults={GROUP: {"gateway_url": cluster.urls}},
    )
    assert run.ok, run
    nodes, shards, none, looked = (task.result["msg"] for task in run.tasks[2:])
    assert nodes.startswith("NODES\n┌")
    assert f"│ {cluster.node(0).node_id[:8]} (node-01) │ Alive │ 0-5 " in nodes
    assert shards.startswith("SHARDS\n┌")
    assert len(shards.splitlines()) == 4 + 6 + 1
    assert len(none.splitlines()) == 5
    assert len(looked.splitlines()) == 4 + 3 + 1


def test_what_is_no_table_gets_a_sentence(ansible: Ansible) -> None:
    wrong = {
        "{'nodes': []} | stemedb.cluster.table": "takes a list of nodes or shards, not ",
        "[1, 2] | stemedb.cluster.table": "something in this list is neither",
        "[{'shard_id': 1}] | stemedb.cluster.table": "is missing in it",
        "[] | stemedb.cluster.table('leaders')": "knows nodes and shards, not 'leaders'",
    }
    run = ansible.tasks(*(show(expression, ignore_errors=True) for expression in wrong))
    assert [task.status for task in run.tasks] == ["failed"] * len(wrong), run
    for task, words in zip(run.tasks, wrong.values()):
        assert task.result["msg"].count(words) == 1, task
