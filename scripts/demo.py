"""A cluster's life, to watch: three nodes on loopback; one is added, removed, replaced; a restart.

Runs what an operator would run, and prints each command. Everything it makes is in `.demo/`; the
nodes are stopped at the end, unless `--keep` is given; `--stop` stops them later.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INVENTORY = "scripts/demo/inventory.yml"
WORK = ROOT / ".demo"
# What a user writes into ansible.cfg; that of the checkout is for tests as well.
OUTPUT = {"ANSIBLE_STDOUT_CALLBACK": "stemedb.cluster.operation"}
# The nodes of the demos' inventories, and what each listens on.
NODES = {f"node-{i:02}": f"127.0.0.1{i}" for i in range(1, 6)}
PORTS = (18181, 18182, 18183)


def main() -> int:
    """Exit status 0 if every command succeeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the nodes running")
    parser.add_argument("--stop", action="store_true", help="only stop nodes that --keep left")
    arguments = parser.parse_args()
    keep = arguments.keep
    if not sys.platform.startswith("linux"):
        print("demo: needs Linux, which routes all of 127.0.0.0/8 to the machine itself.")
        return 1
    if arguments.stop:
        print(f"Stopped: {', '.join(stop_nodes()) or 'nothing, the demo has made no node'}.")
        return 0
    if not begin("demo"):
        return 1
    try:
        started = time.monotonic()
        print("\n".join(f"$ export {name}={value}" for name, value in OUTPUT.items()))
        run(sys.executable, "tests/devcluster/build.py", show="python tests/devcluster/build.py")
        playbook("stemedb.cluster.bootstrap")
        nodes_table()
        playbook("stemedb.cluster.add_node", *told(stemedb_target="node-04"))
        playbook("stemedb.cluster.health")
        print(f"\nFour nodes after {time.monotonic() - started:.0f} s. Now one goes again.")
        name = "node-04"
        playbook("stemedb.cluster.remove_node", *told(stemedb_target=name, stemedb_confirm=name))
        kill("node-03")
        wait_until_dead("node-03")
        playbook("stemedb.cluster.replace_node", *told(stemedb_target="node-03"))
        playbook("stemedb.cluster.rolling_restart")
        playbook("stemedb.cluster.health")
        print(f"\nDone in {time.monotonic() - started:.0f} s: three nodes, as the table shows.")
    except subprocess.CalledProcessError as error:
        print(f"\ndemo: this command failed, its output above says why: {shlex.join(error.cmd)}")
        return 1
    finally:
        if keep:
            print(f"The nodes run on. To stop them: {sys.executable} scripts/demo.py --stop")
        else:
            stop_nodes()
    return 0


def begin(name: str) -> bool:
    """Make an empty folder for it, unless somebody else has its addresses."""
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(143))
    stop_nodes()
    taken = taken_ports()
    if taken:
        print(f"{name}: in use: {', '.join(taken)}. Stop what runs there, such as make devcluster.")
        return False
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir()
    return True


def playbook(name: str, *options: str) -> None:
    """Run a playbook of the collection on the demo's inventory."""
    run("ansible-playbook", name, "-i", INVENTORY, *options, env=OUTPUT)


def told(**variables: str) -> list[str]:
    """Variables as they are given on a command line."""
    return [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]


def kill(name: str) -> None:
    """End a node as a fault of its host would."""
    record = json.loads((WORK / name / "run" / "service.json").read_text(encoding="utf-8"))
    run("kill", "-9", str(record["pid"]))


def wait_until_dead(name: str) -> None:
    """Wait until all others agree on that and on new leaders, without an inventory."""
    options = {
        "gateway_url": ["http://127.0.0.11:18181", "http://127.0.0.12:18181"],
        "conditions": [
            {"node_dead": NODES[name]},
            {"leaders_elected": True},
            {"views_agree": True},
        ],
        "stable_for": 4,
    }
    run("ansible", "localhost", "-m", "stemedb_wait", "-a", json.dumps(options), quiet=True)


def nodes_table() -> None:
    """Ask for the nodes as anyone may, without an inventory."""
    run(
        "ansible",
        "localhost",
        "-m",
        "stemedb_show",
        "-a",
        "lines=\"{{ (query('stemedb.cluster.stemedb', 'nodes', gateway_url='http://127.0.0.11:18181')"
        ' | stemedb.cluster.table).splitlines() }}"',
    )


def run(
    *command: str,
    show: str | None = None,
    quiet: bool = False,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run one command in the checkout, after printing it.

    :param quiet: leave out its standard output, unless it fails.
    :param cwd: where instead.
    :param env: more of its environment.
    """
    print(f"\n$ {show or shlex.join(command)}{' > /dev/null' * quiet}", flush=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    out = subprocess.PIPE if quiet else None
    told = {**os.environ, "PATH": path, **(env or {})}
    done = subprocess.run(command, cwd=cwd, env=told, stdout=out, text=True, check=False)
    if done.returncode:
        print(done.stdout or "", end="")
        done.check_returncode()


def taken_ports() -> list[str]:
    """The addresses that the nodes need and somebody else has."""
    taken = []
    for address in NODES.values():
        for port in PORTS:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((address, port))
                except OSError:
                    taken.append(f"{address}:{port}")
    return taken


def stop_nodes() -> list[str]:
    """Stop the nodes of this checkout's demo, and nothing else; the names of those that it has."""
    service = ROOT / "tests/devcluster/service.py"
    known = [name for name in NODES if (WORK / name / "run").is_dir()]
    for name in known:
        command = [sys.executable, str(service), "stop", "--run-dir", str(WORK / name / "run")]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return known


if __name__ == "__main__":
    sys.exit(main())
