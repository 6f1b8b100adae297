"""The inventory: hosts, groups, names, expressions, options and the cache."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleParserError
from ansible_collections.stemedb.cluster.tests.support.fault_server import FaultServer, reply
from ansible_collections.stemedb.cluster.tests.unit.support.inventories import (
    OWN,
    Reads,
    memory,
    parse,
    plugin,
    read,
    set_on,
)
from ansible_collections.stemedb.cluster.tests.unit.support.served_cluster import (
    STATUS,
    A,
    B,
    C,
    serve,
    without,
)

# --- hosts and groups ----------------------------------------------------------------------------


def test_each_node_is_a_host(reads: Reads, server: FaultServer) -> None:
    found = reads()
    assert list(found.hosts) == [B, A, C]
    assert set_on(found, A) == {
        "stemedb_node_id": A,
        "stemedb_node_address": "10.0.0.1:18182",
        "stemedb_node_state": "Alive",
        "stemedb_node_shards": [0, 1, 2, 3],
        "ansible_host": "10.0.0.1",
    }
    assert server.paths == ["/v1/cluster/status", "/v1/admin/ranges"]
    assert found.warnings == []


def test_every_group_is_there(reads: Reads) -> None:
    groups = reads().groups
    assert groups["stemedb"] == [B, A, C]
    assert groups["stemedb_alive"] == [B, A]
    assert groups["stemedb_dead"] == [C]
    assert groups["stemedb_suspect"] == groups["stemedb_other"] == []
    assert groups["stemedb_leaders"] == [B, A, C]
    assert groups["ungrouped"] == []


def test_a_state_that_is_none_of_the_three_or_unknown_is_other(tmp_path: Path) -> None:
    nodes = [{"id": "a", "state": "Leaving"}, {"id": "b"}, {"id": "c", "state": "SUSPECT"}]
    with serve(status=reply(200, {"nodes": nodes})) as server:
        groups = read(tmp_path, {"gateway_url": server.url}).groups
    assert (groups["stemedb_other"], groups["stemedb_suspect"]) == (["a", "b"], ["c"])


def test_what_is_unknown_is_null(tmp_path: Path) -> None:
    status = reply(200, {"nodes": [{"id": "a"}]})
    with serve(status=status, ranges=reply(200, [{"id": 1, "leader": "a"}])) as server:
        found = read(tmp_path, {"gateway_url": server.url})
    assert set_on(found, "a") == dict.fromkeys(OWN) | {"stemedb_node_id": "a"}
    assert found.groups["stemedb_leaders"] == ["a"]


def test_three_requests_at_most(tmp_path: Path) -> None:
    with serve(status=without(STATUS, "nodes")) as server:
        server_routes = {"/v1/nodes": reply(200, STATUS["nodes"])}
        behaviour = server.behaviour
        server.behaviour = lambda talk, request: server_routes.get(request.path, behaviour)(
            talk, request
        )
        found = read(tmp_path, {"gateway_url": server.url})
        assert len(found.hosts) == 3
        assert len(server.paths) == 3


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        ("stemedb.yml", True),
        ("prod.stemedb.yaml", True),
        ("20-stemedb.yml", True),
        ("stemedb.json", False),
        ("stemedb.yml.bak", False),
        ("hosts.yml", False),
    ],
)
def test_only_files_of_its_name_are_read(tmp_path: Path, name: str, is_ours: bool) -> None:
    path = tmp_path / name
    path.touch()
    assert plugin().verify_file(str(path)) is is_ours


def test_a_file_that_is_not_there_is_none_of_ours(tmp_path: Path) -> None:
    assert not plugin().verify_file(str(tmp_path / "stemedb.yml"))


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hostname", "names"),
    [
        ("id", [B, A, C]),
        ("prefix", ["7d8e9f0a", "a3f2b1c4", "c0ffee00"]),
        ("address", ["10.0.0.2", "10.0.0.1", "10.0.0.3"]),
        ("'db-' ~ stemedb_node_id[:4]", ["db-7d8e", "db-a3f2", "db-c0ff"]),
        ("stemedb_node_address | split(':') | first", ["10.0.0.2", "10.0.0.1", "10.0.0.3"]),
    ],
)
def test_what_a_host_is_called(reads: Reads, hostname: str, names: list[str]) -> None:
    assert list(reads(hostname=hostname).hosts) == names


def test_a_name_that_several_want_goes_to_none_of_them(reads: Reads) -> None:
    names = list(reads(hostname="'db'").hosts)
    assert len(names) == 3
    assert all(re.fullmatch("db-[0-9a-f]{8}", name) for name in names)


@pytest.mark.parametrize("hostname", ["nothing.here", "'x' if stemedb_node_state == 'Dead'"])
def test_a_name_without_a_result_is_the_id(reads: Reads, hostname: str) -> None:
    assert {A, B} <= set(reads(hostname=hostname).hosts)


def test_an_expression_that_fails_is_said_or_with_strict_refused(
    reads: Reads, tmp_path: Path, server: FaultServer
) -> None:
    found = reads(hostname="nothing.here")
    assert "hostname has no result" in found.warnings[0]
    with pytest.raises(AnsibleParserError, match="hostname has no result"):
        parse(tmp_path, {"gateway_url": server.url, "hostname": "nothing.here", "strict": True})


# --- expressions ---------------------------------------------------------------------------------

EXPRESSIONS = {
    "compose": {"count": "stemedb_node_shards | length", "copy": "stemedb_node_address"},
    "groups": {"full": "count > 3"},
    "keyed_groups": [{"key": "stemedb_node_state", "prefix": "state"}],
}


def test_compose_groups_and_keyed_groups(reads: Reads) -> None:
    found = reads(**EXPRESSIONS)
    assert [found.hosts[name]["count"] for name in (A, B, C)] == [4, 3, 2]
    assert found.groups["full"] == [A]
    assert (found.groups["state_Alive"], found.groups["state_Dead"]) == ([B, A], [C])


def test_an_expression_that_fails_is_passed_over_or_with_strict_refused(
    reads: Reads, server: FaultServer, tmp_path: Path
) -> None:
    wrong = {"compose": {"x": "nothing.here"}}
    assert "x" not in reads(**wrong).hosts[A]
    with pytest.raises(Exception, match=r"x of .*nothing"):
        parse(tmp_path, {"gateway_url": server.url, "strict": True, **wrong})


def test_a_composed_address_may_be_any_host(reads: Reads) -> None:
    found = reads(compose={"ansible_host": "'db.' ~ stemedb_node_id[:4]"})
    assert found.hosts[A]["ansible_host"] == "db.a3f2"
    assert found.warnings == []


@pytest.mark.parametrize("value", ["'-oProxyCommand=x'", "stemedb_node_address", "'a b'"])
def test_a_composed_address_that_is_none_is_left_out(
    reads: Reads, server: FaultServer, tmp_path: Path, value: str
) -> None:
    compose = {"ansible_host": value, "ansible_ssh_host": value}
    found = reads(compose=compose)
    assert found.hosts[A]["ansible_host"] == "10.0.0.1"
    assert "ansible_ssh_host" not in found.hosts[A]
    assert "is no address or host name" in found.warnings[0]
    with pytest.raises(AnsibleParserError, match="is no address or host name"):
        parse(tmp_path, {"gateway_url": server.url, "compose": compose, "strict": True})


def test_a_group_below_itself_loses_no_host(
    reads: Reads, server: FaultServer, tmp_path: Path
) -> None:
    keyed = {"key": "stemedb_node_state", "prefix": "", "separator": "", "parent_group": "Dead"}
    back = {"key": "'Dead'", "prefix": "", "separator": "", "parent_group": "Alive"}
    found = reads(keyed_groups=[keyed, back])
    assert list(found.hosts) == [B, A, C]
    assert found.groups["Dead"] == [B, A, C]
    assert any("cannot be below" in text for text in found.warnings)
    options = {"gateway_url": server.url, "keyed_groups": [keyed, back], "strict": True}
    with pytest.raises(AnsibleParserError, match="cannot be below"):
        parse(tmp_path, options)


def test_no_host_has_the_name_of_a_group(tmp_path: Path) -> None:
    """Nor can a node take the place of a group by its ID."""
    nodes = [{"id": "a", "state": "b"}, {"id": "b", "state": "a"}, {"id": "big", "state": "x"}]
    nodes += [{"id": "state_x", "state": "y"}, {"id": "parents", "state": "Alive"}]
    keyed = [
        {"key": "stemedb_node_state", "prefix": "", "separator": "", "parent_group": "parents"},
        {"key": "stemedb_node_state", "prefix": "state"},
    ]
    with serve(status=reply(200, {"nodes": nodes})) as server:
        options = {"gateway_url": server.url, "keyed_groups": keyed, "groups": {"big": "true"}}
        found = read(tmp_path, options)
    names = {variables["stemedb_node_id"]: name for name, variables in found.hosts.items()}
    assert set(names) == {"a", "b", "big", "state_x", "parents"}
    assert all(re.fullmatch(f"{node_id}-[0-9a-f]{{8}}", name) for node_id, name in names.items())
    assert found.groups["b"] == [names["a"]]
    assert found.groups["state_x"] == [names["big"]]
    assert sorted(found.groups["parents"]) == sorted(names.values())
    assert sorted(found.groups["big"]) == sorted(names.values())
    assert found.groups["stemedb_alive"] == [names["parents"]]
    assert sorted(found.groups["stemedb_other"]) == sorted(set(names.values()) - {names["parents"]})


def test_a_group_of_an_expression_does_not_take_the_name_of_a_declared_host(
    reads: Reads,
) -> None:
    keyed = [{"key": "stemedb_node_state", "prefix": "", "separator": ""}]
    found = reads({"all": {"hosts": {"Alive": {"stemedb_node_id": A}}}}, keyed_groups=keyed)
    assert sorted(found.groups["Alive_"]) == [B, "Alive"]
    assert found.hosts["Alive"]["stemedb_node_state"] == "Alive"


# --- options -------------------------------------------------------------------------------------


def test_options_may_be_templates_of_the_file(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_OF_THE_TEST", "a-key-of-the-test-0123")
    key = "{{ lookup('env', 'KEY_OF_THE_TEST') }}"
    read(tmp_path, {"gateway_url": [f"{{{{ '{server.url}' }}}}"], "api_key": key})
    assert server.requests[0].headers["x-api-key"] == "a-key-of-the-test-0123"


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ({"gateway_url": "http://127.0.0.1:1"}, "transport", "Nothing listens on"),
        ({"gateway_url": "gateway:18181"}, "config", "http://"),
        ({"endpoints": {"statuses": "/x"}}, "config", "statuses"),
    ],
)
def test_what_cannot_be_asked_gets_a_sentence(
    server: FaultServer, tmp_path: Path, options: dict[str, Any], code: str, words: str
) -> None:
    with pytest.raises(AnsibleParserError) as caught:
        parse(tmp_path, {"gateway_url": server.url, **options})
    text = str(caught.value)
    assert text.startswith("stemedb.cluster.stemedb: ")
    assert f"(code {code})" in text
    assert words in text


def test_a_gateway_that_lists_no_node_is_no_empty_inventory(tmp_path: Path) -> None:
    with serve(status=reply(200, {"nodes": []})) as server:
        with pytest.raises(AnsibleParserError, match=f"{server.url} lists no node"):
            parse(tmp_path, {"gateway_url": server.url})


def test_nodes_that_are_missing_are_said_and_not_kept(tmp_path: Path) -> None:
    status = {**STATUS, "node_count": 5}
    options = {**memory(tmp_path), "cache": True}
    with serve(status=reply(200, status)) as server:
        found = read(tmp_path, {"gateway_url": server.url, **options})
        assert "lists 3 of 5 nodes" in found.warnings[0]
        read(tmp_path, {"gateway_url": server.url, **options})
        assert len(server.paths) == 4


# --- cache ---------------------------------------------------------------------------------------


def test_without_being_asked_nothing_is_cached(
    reads: Reads, server: FaultServer, tmp_path: Path
) -> None:
    reads(**memory(tmp_path))
    reads(**memory(tmp_path))
    assert len(server.paths) == 4
    assert not (tmp_path / "cache").exists()


def test_a_cached_answer_makes_the_same_inventory(
    reads: Reads, server: FaultServer, tmp_path: Path
) -> None:
    options = {"cache": True, **memory(tmp_path), **EXPRESSIONS}
    asked = reads(**options)
    cached = reads(**options)
    assert len(server.paths) == 2
    assert (asked.hosts, asked.groups) == (cached.hosts, cached.groups)


def test_a_flushed_cache_is_filled_anew(reads: Reads, server: FaultServer, tmp_path: Path) -> None:
    options = {"cache": True, **memory(tmp_path)}
    reads(**options)
    reads(flush=True, **options)
    assert len(server.paths) == 4
    reads(**options)
    assert len(server.paths) == 4


def test_another_gateway_is_asked_whatever_is_cached(reads: Reads, tmp_path: Path) -> None:
    options = {"cache": True, **memory(tmp_path)}
    reads(**options)
    with serve() as other:
        reads(**options, gateway_url=other.url)
        assert len(other.paths) == 2


def test_an_unreachable_gateway_is_no_reason_to_use_the_cache(
    reads: Reads, tmp_path: Path, server: FaultServer
) -> None:
    reads(cache=True, **memory(tmp_path))
    server.__exit__(None, None, None)
    found = read(tmp_path, {"gateway_url": server.url, **memory(tmp_path)})
    assert found.hosts == {}


@pytest.mark.parametrize("content", ["[]", '{"asked": 1}', "{}"])
def test_a_cache_of_another_shape_is_not_used(
    reads: Reads, server: FaultServer, tmp_path: Path, content: str
) -> None:
    options = {"cache": True, **memory(tmp_path)}
    reads(**options)
    (file,) = (tmp_path / "cache").iterdir()
    file.write_text(json.dumps({"__payload__": content}), encoding="utf-8")
    assert len(reads(**options).hosts) == 3
    assert len(server.paths) == 4
