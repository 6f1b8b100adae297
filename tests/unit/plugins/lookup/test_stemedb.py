"""The lookup: terms, filters, and clear errors.

That Ansible fills in the options is shown by tests/integration/test_lookup.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable

import pytest
import yaml
from ansible.errors import AnsibleLookupError
from ansible_collections.stemedb.cluster.plugins.doc_fragments import gateway
from ansible_collections.stemedb.cluster.plugins.lookup import stemedb
from ansible_collections.stemedb.cluster.plugins.module_utils._module.options import gateway_spec
from ansible_collections.stemedb.cluster.tests.support.fault_server import (
    FaultServer,
    reply,
)
from ansible_collections.stemedb.cluster.tests.unit.support.served_cluster import (
    A,
    B,
    C,
    serve,
)

Look = Callable[..., "list[Any]"]


class Lookup(stemedb.LookupModule):
    """With the options as documented, without a configuration of Ansible."""

    def set_options(
        self, task_keys: Any = None, var_options: Any = None, direct: Any = None
    ) -> None:
        own = yaml.safe_load(stemedb.DOCUMENTATION)["options"]
        options = {**own, **gateway_spec()}
        defaults = {name: option.get("default") for name, option in options.items()}
        self._options = {**defaults, **direct}


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with serve() as made:
        yield made


@pytest.fixture
def look(server: FaultServer) -> Look:
    def run(*terms: Any, **options: Any) -> list[Any]:
        given = {"gateway_url": [server.url], "retries": 0, **options}
        return Lookup().run(list(terms), {}, **given)

    return run


def test_the_cluster(look: Look, server: FaultServer) -> None:
    (cluster,) = look("cluster")
    assert (cluster["name"], cluster["healthy"]) == ("prod", False)
    assert server.paths == ["/v1/health", "/v1/cluster/status", "/v1/admin/ranges"]


def test_nodes_and_their_filters(look: Look) -> None:
    assert [node["node_id"] for node in look("nodes")] == [B, A, C]
    assert look("nodes", state=["Alive"], attribute="node_id") == [B, A]
    assert look("nodes", node="10.0.0.3", attribute="state") == ["Dead"]
    assert look("nodes", node=A, role="leader", attribute="shards") == [[0]]
    assert look("nodes", state=["Suspect"]) == []


def test_shards_and_their_filters(look: Look) -> None:
    assert look("shards", attribute="shard_id") == [0, 1, 2, 3]
    assert look("shards", shard=["shard_1", "0"], attribute="leader_node") == [A, B]
    assert look("shards", leaderless=True, attribute="shard_id") == [2, 3]
    assert look("shards", under_replicated=True, attribute="shard_id") == [2]
    assert look("shards", node="c0ff", attribute="shard_id") == [0, 2]


@pytest.mark.parametrize(
    ("terms", "paths"),
    [
        (["nodes", "shards"], ["/v1/cluster/status", "/v1/admin/ranges"]),
        (
            ["nodes", "cluster", "shards"],
            ["/v1/health", "/v1/cluster/status", "/v1/admin/ranges"],
        ),
    ],
)
def test_several_terms_tell_of_one_moment(
    look: Look, server: FaultServer, terms: list[str], paths: list[str]
) -> None:
    found = look(*terms)
    assert server.paths == paths
    assert found[0]["node_id"] == B
    assert found[-1]["shard_id"] == 3
    assert len(found) == 3 + 4 + ("cluster" in terms)


@pytest.mark.parametrize(
    ("terms", "options", "code", "words"),
    [
        ([], {}, "config", "not nothing"),
        (["node"], {}, "config", "'node'"),
        (["nodes", "leaders", 3], {}, "config", "'leaders', '3'"),
        (["nodes"], {"attribute": "id"}, "config", "attribute='id'"),
        (["nodes"], {"node": "ffff0000"}, "not_found", "'ffff0000'"),
        (["nodes"], {"node": "c0f"}, "config", "too short"),
        (["shards"], {"shard": ["x"]}, "config", "'x'"),
        (["shards"], {"shard": [9]}, "not_found", "no shard 9"),
        (["nodes"], {"gateway_url": ["gateway:18181"]}, "config", "http://"),
        (["nodes"], {"endpoints": {"statuses": "/x"}}, "config", "statuses"),
    ],
)
def test_what_cannot_be_answered_gets_a_sentence(
    look: Look, terms: list[Any], options: dict[str, Any], code: str, words: str
) -> None:
    with pytest.raises(AnsibleLookupError) as caught:
        look(*terms, **options)
    text = str(caught.value)
    assert text.startswith("stemedb.cluster.stemedb: ")
    assert text.endswith(f"(code {code})")
    assert words in text


def test_a_wrong_term_asks_nobody(look: Look, server: FaultServer) -> None:
    with pytest.raises(AnsibleLookupError):
        look("nodes", "leaders")
    assert server.paths == []


def test_nobody_answers(look: Look) -> None:
    with serve(status=reply(401)) as refusing:
        with pytest.raises(AnsibleLookupError, match=r"\(code auth\)"):
            look("nodes", gateway_url=[refusing.url])


def test_the_variables_are_those_that_are_documented() -> None:
    assert "stemedb.cluster.gateway.plugin" in stemedb.DOCUMENTATION
    options = yaml.safe_load(gateway.ModuleDocFragment.PLUGIN)["options"].values()
    documented = [var["name"] for option in options for var in option.get("vars", ())]
    assert documented == list(stemedb._VARIABLES)
