"""What is installed from the tarball works where nothing else is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devcluster.cluster import DevCluster
from tests.release.conftest import User

# ansible-doc's kinds, and where their documentation is.
KINDS = {
    "filter": ("plugins/filter", "*.yml"),
    "inventory": ("plugins/inventory", "*.py"),
    "lookup": ("plugins/lookup", "*.py"),
    "module": ("plugins/modules", "*.py"),
    "role": ("roles", "*"),
    "callback": ("plugins/callback", "*.py"),
}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevCluster]:
    """Three nodes that have settled."""
    with DevCluster(tmp_path_factory.mktemp("cluster"), time_scale=0.02) as made:
        made.start(3).wait_settled()
        yield made


@pytest.mark.parametrize("kind", KINDS)
def test_ansible_doc_describes_everything(user: User, kind: str) -> None:
    folder, pattern = KINDS[kind]
    found = (path.stem for path in (user.collection / folder).glob(pattern))
    names = sorted(f"stemedb.cluster.{name}" for name in found if not name.startswith("_"))
    if not names:
        assert kind == "callback"
        return
    shown = json.loads(user.must("ansible-doc", "--type", kind, "--json", *names))
    assert sorted(shown) == names


def test_a_module_asks_a_cluster(user: User, cluster: DevCluster) -> None:
    options = ("-m", "stemedb.cluster.stemedb_cluster_info", "-a")
    urls = json.dumps({"gateway_url": cluster.urls})
    shown = user.must("ansible", "localhost", *options, urls)
    result = json.loads(shown.partition("=> ")[2])
    assert result["changed"] is False
    assert result["cluster"]["node_count"] == len(cluster.nodes)


def test_a_playbook_judges_a_cluster(user: User, cluster: DevCluster, tmp_path: Path) -> None:
    hosts = {f"node-{node.index}": {"stemedb_node_address": node.address} for node in cluster.nodes}
    children = {"stemedb_nodes": {"hosts": hosts}}
    inventory = tmp_path / "inventory.json"
    variables = {"stemedb_gateway_url": cluster.urls}
    inventory.write_text(json.dumps({"all": {"vars": variables, "children": children}}))
    shown = user.must("ansible-playbook", "stemedb.cluster.health", "-i", str(inventory))
    assert "✓ Cluster is healthy" in shown
