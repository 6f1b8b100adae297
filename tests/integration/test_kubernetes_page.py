"""The inventory and the play of the page about Kubernetes, with a program in place of kubectl.

It stops processes of the development cluster. Nothing here knows Kubernetes.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from tests.devcluster.cluster import DevCluster
from tests.integration import module_python
from tests.integration.conftest import BIN, ROOT, Ansible
from tests.integration.inventories import SECRET, SETTINGS, ended

PAGE = (ROOT / "docs/docsite/rst/kubernetes.rst").read_text(encoding="utf-8")
KUBECTL = """#!{python}
import json, os, signal, sys, time
folder, words = {folder!r}, sys.argv[1:]
with open(folder + "/pids.json") as stream:
    pids = json.load(stream)
if os.path.exists(folder + "/no-api"):
    sys.exit("The connection to the server was refused")

def runs(pid):
    try:
        with open("/proc/%d/stat" % pid) as stream:
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

def wait_for(condition):
    for _attempt in range(600):
        if condition():
            return
        time.sleep(0.05)
    sys.exit("not within 30 s")

if words[:2] == ["scale", "statefulset"] and words[3] == "--replicas=0":
    os.kill(pids[words[2]], signal.SIGTERM)
elif words[:2] == ["get", "statefulset"] and words[3:] == ["-o", "jsonpath={{.status.replicas}}"]:
    print("1" if runs(pids[words[2]]) else "0", end="")
elif words[:2] == ["delete", "pod"]:
    open(folder + "/delete", "w").close()
    wait_for(lambda: os.path.exists(folder + "/started"))
elif words[0] == "logs":
    print("2026-01-01T00:00:00Z started")
else:
    sys.exit("unknown: %s" % words)
"""


def blocks() -> list[Any]:
    """The blocks of YAML on the page, as data."""
    found = re.findall(r"code-block:: yaml\n\n((?:   .*\n|\n)+)", PAGE)
    return [yaml.safe_load(re.sub(r"^   ", "", block, flags=re.MULTILINE)) for block in found]


def kubectl(folder: Path, cluster: DevCluster) -> dict[str, str]:
    """An environment with the program, which knows the processes that run now."""
    path = folder / "bin" / "kubectl"
    path.parent.mkdir(exist_ok=True)
    path.write_text(KUBECTL.format(python=sys.executable, folder=str(folder)), encoding="utf-8")
    path.chmod(0o755)
    pids = {f"stemedb-{'abcd'[n.index]}": n.process.pid for n in cluster.nodes if n.process}
    (folder / "pids.json").write_text(json.dumps(pids), encoding="utf-8")
    return {"PATH": f"{path.parent}:{BIN}:{os.environ['PATH']}"}


def inventory(cluster: DevCluster, folder: Path) -> dict[str, Any]:
    """The page's, for this cluster and as fast as it is."""
    found: dict[str, Any] = blocks()[1]
    found["all"]["vars"] |= {
        **SETTINGS,
        "ansible_python_interpreter": module_python.path(),
        "stemedb_api_key": SECRET,
        "stemedb_cluster_name": cluster.options["cluster_name"],
        "stemedb_diagnose_dest": str(folder / "state.json"),
        "stemedb_gateway_url": cluster.urls[:2],
        "stemedb_lock_path": str(folder / "lock.json"),
        "stemedb_seed_nodes": cluster.seeds,
    }
    hosts = found["all"]["children"]["stemedb_nodes"]["hosts"]
    for node, settings in zip(cluster.nodes, hosts.values()):
        settings |= {"stemedb_node_id": node.node_id, "stemedb_node_address": node.address}
    return found


def test_a_node_is_removed(
    ansible: Ansible, make_cluster: Callable[..., DevCluster], tmp_path: Path
) -> None:
    cluster = make_cluster(api_key=SECRET, age_out=600)
    cluster.start(4).wait_settled()
    path = ansible.written(inventory(cluster, tmp_path))
    env = kubectl(tmp_path, cluster)
    command = ["ansible-playbook", "stemedb.cluster.remove_node", "-i", path]
    command += ["-e", "stemedb_target=stemedb-d"]
    (tmp_path / "no-api").touch()
    run = ended(ansible.start(*command, "-e", "stemedb_confirm=stemedb-d", env=env))
    assert run.rc == 2, run
    assert "which says neither running (0) nor stopped (1 to 3)" in run.stdout
    (tmp_path / "no-api").unlink()
    run = ended(ansible.start(*command, "--check", env=env))
    assert run.ok, run
    assert cluster.node(3).running
    run = ended(ansible.start(*command, "-e", "stemedb_confirm=stemedb-d", env=env))
    assert run.ok, run
    assert not cluster.node(3).running
    assert cluster.node(0).states()[cluster.node(3).node_id] == "Dead"
    assert cluster.healthy(3)


def test_a_pod_is_restarted(
    ansible: Ansible, make_cluster: Callable[..., DevCluster], tmp_path: Path
) -> None:
    cluster = make_cluster()
    cluster.start(3).wait_settled()
    node = cluster.node(2)
    (play,) = blocks()[0]
    play["vars"]["node"] = node.node_id
    play["module_defaults"]["group/stemedb.cluster.stemedb"]["gateway_url"] = cluster.urls[:2]
    play["tasks"][-1]["stemedb.cluster.stemedb_wait"]["stable_for"] = 3
    env = kubectl(tmp_path, cluster)
    running = ansible.start("ansible-playbook", ansible.written([play]), env=env)
    running.until(lambda _running: (tmp_path / "delete").exists())
    node.stop()
    node.start()
    (tmp_path / "started").touch()
    run = ended(running)
    assert run.ok, run
    assert cluster.healthy(3)
