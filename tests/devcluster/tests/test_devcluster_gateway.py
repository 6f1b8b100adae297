"""The gateway's answers: the contract's shapes, other dialects, keys, TLS."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Optional

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.devcluster.cluster import DevCluster, DevNode

KEY = "a-key-of-twenty-char"


@pytest.fixture
def node(three: DevCluster) -> Iterator[DevNode]:
    yield three.node(0)
    three.node(0).clear_faults()


def test_the_contract(three: DevCluster, node: DevNode) -> None:
    ids = sorted(each.node_id for each in three.nodes)
    assert node.request("GET", "/v1/health") == (200, {"status": "healthy"})
    status = node.status()
    assert {key: status[key] for key in status if key not in ("nodes", "meta_version")} == {
        "cluster_name": "devcluster",
        "status": "healthy",
        "node_count": 3,
        "shard_count": 6,
        "replication_factor": 3,
    }
    assert status["meta_version"] > 0
    assert [item["node_id"] for item in status["nodes"]] == ids
    assert {**status["nodes"][0], "incarnation": 0} == {
        "node_id": ids[0],
        "addr": f"{three.by_id(ids[0]).address}:18182",
        "state": "Alive",
        "incarnation": 0,
    }
    assert node.get("/v1/admin/cluster") == status

    ranges = node.get("/v1/admin/ranges")["ranges"]
    assert [item["shard_id"] for item in ranges] == [f"shard_{number}" for number in range(6)]
    assert set(ranges[0]) == {"shard_id", "leader_node", "replica_nodes", "size_bytes"}
    assert sorted(ranges[0]["replica_nodes"]) == ids
    assert ranges[0]["size_bytes"] == 1 << 20

    shard = node.shard(0)
    assert {key: shard[key] for key in shard if key != "replicas"} == {
        "shard_id": 0,
        "leader_node": ranges[0]["leader_node"],
        "size_bytes": 1 << 20,
        "meta_version": status["meta_version"],
    }
    for replica in shard["replicas"]:
        role = "leader" if replica["node_id"] == shard["leader_node"] else "follower"
        assert replica == {"node_id": replica["node_id"], "role": role, "size_bytes": 1 << 20}
    assert node.request("POST", "/v1/admin/sync") == (200, {"status": "ok", "synced_nodes": 2})
    assert "stemedb_shards 6\n" in node.request("GET", "/metrics")[1]


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/v1/shards/999", 404, "shard 999 not found"),
        ("GET", "/v1/shards/shard_0", 404, "shard shard_0 not found"),
        ("GET", "/v1/nodes", 404, "no such path: /v1/nodes"),
        ("GET", "/", 404, "no such path: /"),
        ("POST", "/v1/cluster/status", 405, "POST is not allowed here, GET is"),
        ("GET", "/v1/admin/sync", 405, "GET is not allowed here, POST is"),
    ],
)
def test_refusals(node: DevNode, method: str, path: str, status: int, error: str) -> None:
    assert node.request(method, path) == (status, {"error": error})


def test_every_port_answers_by_tcp(node: DevNode) -> None:
    for port in (18181, 18182, 18183):
        socket.create_connection((node.address, port), timeout=5).close()


def test_a_kept_connection_is_fast(node: DevNode) -> None:
    connection = http.client.HTTPConnection(node.address, 18181, timeout=10)
    started = time.monotonic()
    for _ in range(200):
        connection.request("GET", "/v1/health")
        assert connection.getresponse().read() == b'{"status": "healthy"}'
    elapsed = time.monotonic() - started
    connection.close()
    # With a delayed acknowledgement (40 ms) per request it would take 8 seconds.
    assert elapsed < 5


@pytest.mark.parametrize("data", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\xff" + b"a" * 70000])
def test_what_is_not_http_is_answered_and_closed(node: DevNode, data: bytes) -> None:
    with socket.create_connection((node.address, 18181), timeout=5) as client:
        client.sendall(data)
        received = client.recv(65536)
    assert received.startswith(b"HTTP/1.1 400 ")
    assert node.get("/v1/health") == {"status": "healthy"}


def test_the_node_list_can_have_its_own_path(node: DevNode) -> None:
    listed = node.status()["nodes"]
    for word, path in (("nodes_path", "/v1/nodes"), ("admin_nodes_path", "/v1/admin/nodes")):
        node.faults(dialect=[word])
        assert "nodes" not in node.status()
        assert node.get(path) == {"nodes": listed}


def test_lists_can_be_bare(node: DevNode) -> None:
    ranges, nodes = node.get("/v1/admin/ranges")["ranges"], node.status()["nodes"]
    node.faults(dialect=["bare", "nodes_path"])
    assert node.get("/v1/admin/ranges") == ranges
    assert node.get("/v1/nodes") == nodes


def test_fields_can_have_their_other_names(node: DevNode) -> None:
    plain, plain_shard, plain_node = (
        node.ranges()[0],
        node.shard(0),
        node.status()["nodes"][0],
    )
    node.faults(dialect=["aliases"])
    found = node.get("/v1/admin/ranges")["shards"][0]
    assert set(found) == {"range_id", "leader", "nodes", "size"}
    assert [item["id"] for item in found["nodes"]] == plain["replica_nodes"]
    assert node.get("/v1/shards/0")["nodes"][0] == {
        "id": plain_shard["replicas"][0]["node_id"],
        "role": plain_shard["replicas"][0]["role"],
        "size": plain_shard["replicas"][0]["size_bytes"],
    }
    assert node.status()["nodes"][0] == {
        "id": plain_node["node_id"],
        "address": plain_node["addr"],
        "status": plain_node["state"],
        "incarnation": plain_node["incarnation"],
    }


def test_shard_ids_can_be_spelled_the_other_way_round(node: DevNode) -> None:
    node.faults(dialect=["shard_ids"])
    assert [item["shard_id"] for item in node.get("/v1/admin/ranges")["ranges"]] == list(range(6))
    assert node.get("/v1/shards/shard_0")["shard_id"] == "shard_0"
    assert node.request("GET", "/v1/shards/0")[0] == 404


def test_a_key_is_asked_for(make_cluster: Callable[..., DevCluster], tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    cluster = make_cluster(api_key_file=tmp_path / "key")
    node = cluster.start(1).node(0)
    answer = (401, {"error": "the header X-API-Key is missing or wrong"})
    assert node.request("GET", "/v1/health") == answer
    assert node.request("GET", "/v1/health", headers={"X-API-Key": KEY[:-1]}) == answer
    assert node.request("POST", "/_dev/faults", {}) == answer
    assert node.request("GET", "/v1/cluster/status", headers={"X-API-Key": KEY})[0] == 200
    assert KEY not in node.log()


class Authority:
    """A certificate authority for one test."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.folder.mkdir()
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.path = self._write("ca.pem", self._sign(self._name, self._key, None))

    def issue(self, address: str) -> tuple[Path, Path]:
        """Files of a certificate for an address, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
        certificate = self._write(f"{address}.pem", self._sign(name, key, address))
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return certificate, self._write(f"{address}.key", pem)

    def _sign(self, name: x509.Name, key: Any, address: Optional[str]) -> bytes:
        now = datetime.now(timezone.utc)
        draft = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=address is None, path_length=None), True)
        )
        if address:
            names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
            draft = draft.add_extension(names, False)
        return draft.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


def test_tls_with_client_certificates(
    make_cluster: Callable[..., DevCluster], tmp_path: Path
) -> None:
    ours, theirs = Authority(tmp_path / "ours", "ours"), Authority(tmp_path / "theirs", "theirs")
    trusting = ssl.create_default_context(cafile=str(ours.path))
    cluster = make_cluster(ssl_context=trusting)
    certificate, key = ours.issue(cluster.base)
    node = cluster.add(tls_cert=certificate, tls_key=key, tls_client_ca=ours.path)
    assert node.url.startswith("https://")

    with pytest.raises((ssl.SSLError, ConnectionError)):
        node.get("/v1/health")
    trusting.load_cert_chain(*theirs.issue("127.0.0.1"))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        node.get("/v1/health")
    trusting.load_cert_chain(*ours.issue("127.0.0.2"))
    assert node.get("/v1/health") == {"status": "degraded"}

    with socket.create_connection((node.address, 18181), timeout=5) as plain:
        plain.sendall(b"GET /v1/health HTTP/1.1\r\n\r\n")
        assert not plain.recv(100).startswith(b"HTTP/1.1 200")
    assert node.get("/v1/health") == {"status": "degraded"}
    assert " ERROR " not in node.log(), "a client's mistake is no error of the node"
    assert json.loads((node.data_dir / "identity.json").read_text())["node_id"] == node.node_id
