"""Run nodes in the foreground until Ctrl-C or SIGTERM: python -m tests.devcluster."""

from __future__ import annotations

import argparse
import ipaddress
import shutil
import signal
import sys
import threading
from pathlib import Path

from tests.devcluster.cluster import HERE, PORTS, DevCluster, DevClusterError, port_is_free

COMMAND_BASE = "127.0.0.11"
RUN_DIRS = HERE.parents[1] / ".devcluster"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.devcluster",
        description="Run a development cluster on loopback addresses.",
    )
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--base", default=COMMAND_BASE, help="address of the first node")
    parser.add_argument("--time-scale", type=float, default=0.2, help="1.0: the guide's minutes")
    arguments = parser.parse_args()

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    addresses = [
        str(ipaddress.ip_address(arguments.base) + index) for index in range(arguments.nodes)
    ]
    taken = [
        f"{address}:{port}"
        for address in addresses
        for port in PORTS.values()
        if not port_is_free(address, port)
    ]
    if taken:
        print(
            f"devcluster: in use: {', '.join(taken)}. Does another one run? Stop it, or give "
            "another first address with --base 127.0.0.51",
            file=sys.stderr,
        )
        return 1
    try:
        return _serve(arguments, stop)
    except DevClusterError as error:
        print(f"devcluster: {error}", file=sys.stderr)
        return 1


def _serve(arguments: argparse.Namespace, stop: threading.Event) -> int:
    run_dir = RUN_DIRS / arguments.base  # no other cluster can have this address
    shutil.rmtree(run_dir, ignore_errors=True)
    with DevCluster(
        run_dir, base=arguments.base, time_scale=arguments.time_scale, cluster_name="dev"
    ) as cluster:
        cluster.start(arguments.nodes)
        url = cluster.urls[0]
        print(f"{arguments.nodes} nodes of a stand-in for StemeDB run; each with its log:")
        for node in cluster.nodes:
            print(f"  {node.node_id}  {node.url}  {node.log_path}")
        print("Query them from another terminal, in the collection's checkout:")
        ansible = Path(sys.executable).parent / "ansible"
        print(f"  {ansible} localhost -m stemedb_node_info -a gateway_url={url}")
        print(f"  curl {url}/v1/cluster/status")
        print(f"  curl {url}/v1/admin/ranges")
        print("Ctrl-C stops them.", flush=True)
        running = list(cluster.nodes)
        while not stop.wait(0.5):
            ended = [node for node in running if not node.running]
            running = [node for node in running if node not in ended]
            rest = "the others run on" if running else "it was the last"
            for node in ended:
                print(f"node {node.address} ended; {rest}. Its log: {node.log_path}", flush=True)
            if not running:
                return 1
    print("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
