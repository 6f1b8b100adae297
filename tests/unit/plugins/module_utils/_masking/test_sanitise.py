"""Nothing of whose cluster it is remains, and everything of how it is spelt."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.decode import (
    decode_nodes,
    decode_ranges,
    decode_status,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._masking.sanitise import (
    Sanitiser,
    masked,
)
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unit.support.examples import examples

KEY = "sk-0123456789abcdefghij"
IDS = ("a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90", "b7d8e9f0-1c2d-4e3f-9a4b-5c6d7e8f9a0b")
STATUS: dict[str, Any] = {
    "cluster_name": "acme-frankfurt",
    "status": "healthy",
    "node_count": 2,
    "nodes": [
        {"node_id": IDS[0], "addr": "10.1.2.3:18182", "state": "Alive", "rack": "acme-rack-7"},
        {"node_id": IDS[1], "addr": "db-2.acme.corp:18182", "state": "Draining", "up": 12.5},
    ],
    "version": "0.9.1",
    "owner": f"who holds {KEY}",
    "session_token": 123456789,
}
RANGES: dict[str, Any] = {
    "ranges": [
        {"shard_id": "shard_0", "leader_node": IDS[0], "replica_nodes": list(IDS), "size_bytes": 7},
        {"shard_id": "1", "leader_node": None, "replica_nodes": [{"id": IDS[1]}]},
    ]
}


def clean(**bodies: Any) -> dict[str, Any]:
    sanitiser = Sanitiser([KEY, "gw.acme.corp"], bodies.items())
    return {call: sanitiser.body(call, body) for call, body in bodies.items()}


def test_ids_addresses_and_names_are_replaced_and_still_match() -> None:
    found = clean(status=STATUS, ranges=RANGES)
    text = json.dumps(found)
    for secret in (*IDS, "10.1.2.3", "acme", "db-2", KEY, "123456789", "rack-7"):
        assert secret not in text
    nodes = [node.node_id for node in decode_nodes(found["status"]["nodes"])]
    first, second = decode_ranges(found["ranges"])
    assert len(set(nodes)) == 2
    assert first.leader_node == nodes[0]
    assert first.replica_nodes == tuple(nodes)
    assert second.replica_nodes == (nodes[1],)


def test_what_tells_the_dialect_stays() -> None:
    found = clean(status=STATUS, ranges=RANGES)
    status = decode_status(found["status"])
    assert status.word == "healthy"
    assert [node.state for node in status.nodes or ()] == ["Alive", "Draining"]
    assert [(node.address or "").partition(":")[2] for node in status.nodes or ()] == ["18182"] * 2
    assert [row["shard_id"] for row in found["ranges"]["ranges"]] == ["shard_0", "1"]
    assert found["ranges"]["ranges"][0]["size_bytes"] == 7
    assert found["ranges"]["ranges"][1]["leader_node"] is None
    assert found["status"]["version"] == "0.9.1"
    assert found["status"]["nodes"][0].keys() == STATUS["nodes"][0].keys()
    assert found["status"]["nodes"][1]["up"] == 12.5


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("10.1.2.3:18182", r"198\.18\.0\.1:18182"),
        ("10.1.2.3", r"198\.18\.0\.1"),
        ("[fd00::5]:18182", r"\[2001:db8::1\]:18182"),
        ("fd00::5", r"2001:db8::1"),
        ("db-2.acme.corp:18182", r"host-1:18182"),
        ("db-2", r"host-1"),
        ("0.0.0.0:18182", r"0\.0\.0\.0:18182"),
        ("[::]:18182", r"\[::\]:18182"),
        ("", ""),
        ("no address at all", r"host-1"),
    ],
)
def test_an_address_keeps_its_form(address: str, form: str) -> None:
    found = clean(nodes=[{"id": "one", "address": address, "state": "Alive"}])
    assert re.fullmatch(form, found["nodes"][0]["address"])


def test_a_host_is_the_same_with_and_without_its_port_and_as_an_id() -> None:
    rows = [{"id": "db-2", "address": "db-2:18182", "peer": "db-2", "url": "db-2:18181"}]
    (row,) = clean(nodes=rows)["nodes"]
    assert row == {
        "id": "member-1",
        "address": "member-1:18182",
        "peer": "member-1",
        "url": "member-1:18181",
    }


def test_keys_that_are_names_of_things_are_replaced() -> None:
    body = {
        "nodes": {IDS[0]: {"state": "Alive"}, IDS[1]: {"state": "Dead"}},
        "sites": {"frankfurt": {"racks": 1}, "berlin": {"racks": 2}},
        "host7": 1,
        "acmeLoad": 2,
        "shard_4": {"size": 1},
    }
    found = Sanitiser(["acme"], [("status", body)]).body("status", body)
    text = json.dumps(found)
    for name in (*IDS, "frankfurt", "berlin", "host7", "acme"):
        assert name not in text
    assert [key for key in found if not key.startswith("text-")] == ["nodes", "sites", "shard_4"]
    assert [row["state"] for row in found["nodes"].values()] == ["Alive", "Dead"]
    assert [row["racks"] for row in found["sites"].values()] == [1, 2]


def test_words_in_which_something_hides_do_not_stay() -> None:
    body = {"cluster_name": "blue", "status": "ok in blue", "nodes": []}
    assert clean(status=body)["status"] == {
        "cluster_name": "cluster-1",
        "status": "text-1",
        "nodes": [],
    }


def test_a_replacement_holds_nothing_of_what_it_replaces() -> None:
    rows = [{"id": name} for name in ("member-1", "member", "00000001-0000-4000-8000-000000000001")]
    found = [row["id"] for row in clean(nodes=rows)["nodes"]]
    assert len(set(found)) == 3
    assert not any("member" in name for name in found)
    assert "00000001-0000-4000-8000-000000000001" not in found


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/v1/shards/shard_12", "/v1/shards/shard_12"),
        ("/v1/cluster/status", "/v1/cluster/status"),
        ("/api/state", "/api/state"),
        ("/acme/state", "/text-1/state"),
        ("/acme/shards/{shard}", "/text-1/shards/{shard}"),
        (f"/state?token={KEY}&a=b", "/state?x=x&x=x"),
    ],
)
def test_a_path_keeps_what_is_no_name(path: str, shown: str) -> None:
    assert Sanitiser([KEY], [("status", {"cluster_name": "acme"})]).path(path) == shown


def test_a_contract_path_stays_whatever_the_cluster_is_called() -> None:
    sanitiser = Sanitiser([], [("status", {"cluster_name": "shards"})])
    assert sanitiser.path("/v1/shards/3") == "/v1/shards/3"


def test_a_secret_is_masked_wherever_it_is() -> None:
    value = {f"a{KEY}": [KEY, {"b": f"x{KEY}x"}], "c": 1}
    assert masked(value, KEY) == {"a********": ["********", {"b": "x********x"}], "c": 1}
    assert masked(value, None) is value
    assert masked("abc", "a") == "abc"


# --- whatever comes --------------------------------------------------------------------------

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-.", min_size=6, max_size=20).map(
    lambda text: f"q{text.strip('.-')}z"
)
FREE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["Alive", "shard_1", "ok", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "status", "zone", "size", "x1"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@examples(150)
@given(st.data())
def test_nothing_that_is_named_remains_and_all_that_match_still_match(data: Any) -> None:
    ids = data.draw(st.lists(st.uuids().map(str) | NAMES, min_size=1, max_size=4, unique=True))
    hosts = data.draw(st.lists(NAMES | st.ip_addresses(v=4).map(str), min_size=1, max_size=4))
    cluster, key = data.draw(NAMES), data.draw(NAMES)
    secrets = {*ids, *hosts[: len(ids)], cluster, key}
    assume(not any(host.startswith(("0.", "198.")) for host in hosts))
    aliases = data.draw(st.booleans())
    node_id, address = ("id", "address") if aliases else ("node_id", "addr")
    texts = st.sampled_from(sorted(secrets)).flatmap(
        lambda secret: st.sampled_from([secret, f"about {secret}!", f"{secret}:18181", f"{key}/x"])
    )
    extra = data.draw(st.dictionaries(texts | st.sampled_from(["note", "zone"]), texts | FREE))
    status = {
        "cluster_name": cluster,
        "status": "healthy",
        "nodes": [
            {**extra, node_id: one, address: f"{hosts[place % len(hosts)]}:18182", "state": "Alive"}
            for place, one in enumerate(ids)
        ],
    }
    ranges = [
        {"shard_id": f"shard_{place}", "leader_node": one, "replica_nodes": ids}
        for place, one in enumerate(ids)
    ]
    sanitiser = Sanitiser([key], [("status", status), ("ranges", ranges)])
    told, listed = sanitiser.body("status", status), sanitiser.body("ranges", ranges)

    shown = json.dumps([told, listed]).lower()
    assert [secret for secret in secrets if secret.lower() in shown] == []
    new = [node[node_id] for node in told["nodes"]]
    assert len(set(new)) == len(ids)
    assert [row["leader_node"] for row in listed] == new
    assert all(row["replica_nodes"] == new for row in listed)
    # The same shape, and what is decoded is the same but for the names.
    before, after = decode_status(status), decode_status(told)
    assert [(node.state, node.incarnation) for node in before.nodes or ()] == [
        (node.state, node.incarnation) for node in after.nodes or ()
    ]
    assert [shard.shard_id for shard in decode_ranges(listed)] == list(range(len(ids)))
    assert sanitiser.body("status", status) == told
