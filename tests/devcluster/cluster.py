"""Run a development cluster on loopback addresses: a library for tests.

    with DevCluster(folder) as cluster:
        cluster.start(3)
        cluster.wait_until(lambda: cluster.healthy(), "the cluster is healthy")
        cluster.node(0).kill()

Node i listens on BASE + i (127.0.N.11, 127.0.N.12 ...) with the real ports. Linux only: other
systems route no addresses but 127.0.0.1. Python 3.11 or later (the nodes run on 3.9 too).
If this process dies, its nodes end by themselves.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import json
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

HERE = Path(__file__).resolve().parent
PORTS = {"gateway": 18181, "rpc": 18182, "gossip": 18183}


class DevClusterError(Exception):
    """The cluster did not do what was waited for, or cannot run."""


class DevNode:
    """One node process. Its data directory and its log outlive restarts."""

    def __init__(self, cluster: DevCluster, index: int, node_id: str, options: Mapping[str, Any]):
        self.index = index
        self.node_id = node_id
        self.address = str(ipaddress.ip_address(cluster.base) + index)
        self.seed = f"{self.address}:{PORTS['gossip']}"
        scheme = "https" if "tls_cert" in {**cluster.options, **options} else "http"
        self.url = f"{scheme}://{self.address}:{PORTS['gateway']}"
        self.data_dir = cluster.run_dir / f"node-{index}" / "data"
        self.log_path = cluster.run_dir / f"node-{index}" / "log"
        self.options = dict(options)
        self.process: Optional[subprocess.Popen[bytes]] = None
        self._cluster = cluster

    def start(self) -> DevNode:
        """Start the process. Returns when its gateway answers, whatever it says."""
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self._cluster.command(self),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                # A group of its own: Ctrl-C reaches the parent only, and a paused node whose
                # parent dies is woken by the kernel.
                process_group=0,
            )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise DevClusterError(f"node {self.index} ended at once:\n{self.log()[-2000:]}")
            with contextlib.suppress(OSError):
                socket.create_connection((self.address, PORTS["gateway"]), timeout=1).close()
                return self
            time.sleep(0.02)
        raise DevClusterError(f"node {self.index} does not listen:\n{self.log()[-2000:]}")

    def stop(self, timeout: float = 10) -> None:
        """SIGTERM, as a service manager does."""
        self._signal(signal.SIGTERM)
        self._reap(timeout)

    def kill(self) -> None:
        """SIGKILL: a crash."""
        self._signal(signal.SIGKILL)
        self._reap(10)

    def restart(self) -> DevNode:
        """Stop and start with the same data."""
        self.stop()
        return self.start()

    def pause(self) -> None:
        """SIGSTOP: the process hangs, its sockets stay open. Returns when it hangs."""
        self._signal(signal.SIGSTOP)
        tasks = Path(f"/proc/{self.process.pid}/task") if self.process else Path()
        stats = [task / "stat" for task in tasks.glob("*")]
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if all(stat.read_text().rpartition(")")[2].split()[0] == "T" for stat in stats):
                return
            time.sleep(0.01)
        raise DevClusterError(f"node {self.index} does not stop at SIGSTOP")

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8") if self.log_path.exists() else ""

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Optional[Mapping[str, str]] = None,
        timeout: float = 10,
    ) -> tuple[int, Any]:
        """Status code and body: the JSON value, or text where it is none."""
        return self._cluster.request(self, method, path, body, headers, timeout)

    def get(self, path: str) -> Any:
        """The JSON value of an answer with a status below 400, or 503."""
        status, value = self.request("GET", path)
        if status >= 400 and status != 503:
            raise DevClusterError(f"GET {self.url}{path}: {status} {value}")
        return value

    def status(self) -> dict[str, Any]:
        return dict(self.get("/v1/cluster/status"))

    def ranges(self) -> dict[int, dict[str, Any]]:
        """Shards by number, in the default dialect."""
        ranges = self.get("/v1/admin/ranges")["ranges"]
        return {int(item["shard_id"].rpartition("_")[2]): item for item in ranges}

    def shard(self, number: int) -> dict[str, Any]:
        return dict(self.get(f"/v1/shards/{number}"))

    def states(self) -> dict[str, str]:
        """State of each node by id, as this node sees it."""
        return {node["node_id"]: node["state"] for node in self.status()["nodes"]}

    def faults(self, **switches: Any) -> dict[str, Any]:
        """Set fault switches (None clears one); returns all that are set."""
        return dict(self._must("POST", "/_dev/faults", switches))

    def clear_faults(self) -> None:
        self._must("DELETE", "/_dev/faults")

    def requests(self) -> dict[str, Any]:
        """What was asked of this gateway: ``counts`` by method and path, ``mutating`` requests."""
        return dict(self._must("GET", "/_dev/requests"))

    def split(self, number: int) -> int:
        """Split a shard; the number of the new one."""
        return int(self._must("POST", "/_dev/split", {"shard": number})["shard"])

    def _must(self, method: str, path: str, body: Any = None) -> Any:
        status, value = self.request(method, path, body)
        if status != 200:
            raise DevClusterError(f"{method} {path}: {status} {value}")
        return value

    def _signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def _reap(self, timeout: float) -> None:
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()


class DevCluster:
    """Nodes of one cluster. Options are flags of stemedb-node with underscores.

    ``run_dir`` holds the executable, and a folder with data and log for each node.
    """

    def __init__(
        self,
        run_dir: Path,
        *,
        base: Optional[str] = None,
        python: str = sys.executable,
        api_key: str = "",
        ssl_context: Optional[ssl.SSLContext] = None,
        **options: Any,
    ) -> None:
        self.run_dir = run_dir
        self.options = {
            "cluster_name": "devcluster",
            "time_scale": 0.04,
            "shards": 6,
            "shard_size": 1 << 20,
            "rate": 32 << 20,
            **options,
        }
        self.nodes: list[DevNode] = []
        self._api_key = api_key
        self._ssl_context = ssl_context
        self._python = python
        self._claim: Optional[socket.socket] = None
        self.base = base or self._claim_base()
        self.executable = run_dir / "stemedb-node"
        build = [sys.executable, str(HERE / "build.py"), str(self.executable), "--compiled"]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)

    def __enter__(self) -> DevCluster:
        return self

    def __exit__(self, *_exc: Any) -> None:
        self.stop()

    def start(self, count: int, **options: Any) -> DevCluster:
        """Start ``count`` nodes at once with the same seeds: the first two."""
        first = len(self.nodes)
        for _ in range(count):
            self.prepare(**options)
        with _all_at_once() as run:
            for node in self.nodes[first:]:
                run(node.start)
        return self

    def add(self, node_id: str = "", **options: Any) -> DevNode:
        """Start one more node."""
        return self.prepare(node_id, **options).start()

    def stop(self) -> None:
        """End every node that still runs."""
        for node in self.nodes:
            if node.running:
                node.resume()
                node._signal(signal.SIGTERM)
        for node in self.nodes:
            node._reap(5)
        if self._claim is not None:
            self._claim.close()
            self._claim = None

    def node(self, index: int) -> DevNode:
        return self.nodes[index]

    def by_id(self, node_id: str) -> DevNode:
        return next(node for node in self.nodes if node.node_id == node_id)

    @property
    def running(self) -> list[DevNode]:
        return [node for node in self.nodes if node.running]

    @property
    def urls(self) -> list[str]:
        return [node.url for node in self.nodes]

    @property
    def seeds(self) -> list[str]:
        return [node.seed for node in self.nodes[:2]]

    def faults(self, *indexes: int, **switches: Any) -> None:
        """Set fault switches on these nodes, or on all that run."""
        for node in [self.nodes[i] for i in indexes] or self.running:
            node.faults(**switches)

    def partition(self, *sides: Sequence[int]) -> None:
        """Cut the sides off from each other (SWIM and RPC, not HTTP)."""
        for side in sides:
            others = [self.nodes[i].address for other in sides if other is not side for i in other]
            self.faults(*side, drop_peers=others)

    def heal(self) -> None:
        self.faults(drop_peers=None)

    def healthy(self, alive: Optional[int] = None) -> bool:
        """Every running node says healthy and counts ``alive`` nodes (default: those running)."""
        wanted = len(self.running) if alive is None else alive
        return all(
            status["status"] == "healthy" and status["node_count"] == wanted
            for status in (node.status() for node in self.running)
        )

    def settled(self, alive: Optional[int] = None) -> bool:
        """Healthy, views equal, and replicas and leaders evenly spread: nothing left to move."""
        if not self.healthy(alive):
            return False
        views = [(node.status()["meta_version"], node.ranges()) for node in self.running]
        if any(view != views[0] for view in views):
            return False
        nodes = [n for n, state in self.running[0].states().items() if state == "Alive"]
        ranges = views[0][1].values()
        held = [sum(node in item["replica_nodes"] for item in ranges) for node in nodes]
        led = [sum(node == item["leader_node"] for item in ranges) for node in nodes]
        factor = self.running[0].status()["replication_factor"]
        exact = all(len(item["replica_nodes"]) == min(factor, len(nodes)) for item in ranges)
        return exact and max(held) - min(held) < 2 and max(led) - min(led) < 2

    def wait_until(
        self, predicate: Callable[[], Any], what: str = "the condition", timeout: float = 30
    ) -> Any:
        """The first true value of the predicate; a predicate that fails on a request is false."""
        deadline = time.monotonic() + timeout
        problem = ""
        while time.monotonic() < deadline:
            try:
                value = predicate()
                if value:
                    return value
                problem = ""
            except (OSError, http.client.HTTPException, DevClusterError, LookupError) as error:
                problem = f" ({error!r})"
            time.sleep(0.05)
        states = []
        for node in self.running:
            with contextlib.suppress(OSError, http.client.HTTPException, DevClusterError):
                states.append(f"{node.address}: {json.dumps(node.status())}")
        raise DevClusterError(
            f"not within {timeout:g} s: {what}{problem}; logs in {self.run_dir}\n"
            + "\n".join(states)
        )

    def wait_settled(self, alive: Optional[int] = None, timeout: float = 60) -> None:
        self.wait_until(lambda: self.settled(alive), "healthy, equal views, balanced", timeout)

    def command(self, node: DevNode) -> list[str]:
        """The command line of a node."""
        options = {
            "node_id": node.node_id,
            "data_dir": node.data_dir,
            "seed_nodes": ",".join(self.seeds),
            "listen": node.address,
            **({"api_key": self._api_key} if self._api_key else {}),
            **self.options,
            **node.options,
        }
        flags = [
            part
            for name, value in options.items()
            for part in (f"--{name.replace('_', '-')}", str(value))
        ]
        return [self._python, str(self.executable), *flags, "--exit-with-stdin"]

    def request(
        self,
        node: DevNode,
        method: str,
        path: str,
        body: Any,
        headers: Optional[Mapping[str, str]],
        timeout: float,
    ) -> tuple[int, Any]:
        key = {"X-API-Key": self._api_key} if self._api_key else {}
        where = (node.address, PORTS["gateway"])
        connection: http.client.HTTPConnection
        if node.url.startswith("https"):
            context = self._ssl_context
            connection = http.client.HTTPSConnection(*where, timeout=timeout, context=context)
        else:
            connection = http.client.HTTPConnection(*where, timeout=timeout)
        with contextlib.closing(connection):
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {**key, **(headers or {})})
            response = connection.getresponse()
            text = response.read().decode()
        try:
            return response.status, json.loads(text)
        except ValueError:
            return response.status, text

    def prepare(self, node_id: str = "", **options: Any) -> DevNode:
        """A node that is not started yet."""
        node = DevNode(self, len(self.nodes), node_id or str(uuid.uuid4()), options)
        self.nodes.append(node)
        return node

    def _claim_base(self) -> str:
        """A block of addresses that no other cluster of this library uses, until stop()."""
        for block in range(1, 250):
            # A name in the kernel, not a file: it is gone with this process, and every process
            # of the machine sees it, whatever its TMPDIR.
            claim = socket.socket(socket.AF_UNIX)
            base = f"127.0.{block}.11"
            with contextlib.suppress(OSError):
                claim.bind(f"\0stemedb-devcluster-{block}")
                if all(port_is_free(base, port) for port in PORTS.values()):
                    self._claim = claim
                    return base
            claim.close()
        raise DevClusterError("no free block of loopback addresses 127.0.1.x to 127.0.249.x")


def port_is_free(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            return True
        except OSError:
            return False


@contextlib.contextmanager
def _all_at_once() -> Iterator[Callable[[Callable[[], Any]], None]]:
    """Run the given calls in threads; the first error of any is raised at the end."""
    errors: list[BaseException] = []
    threads = []

    def guarded(call: Callable[[], Any]) -> None:
        try:
            call()
        except (OSError, DevClusterError, subprocess.SubprocessError) as error:
            errors.append(error)

    def run(call: Callable[[], Any]) -> None:
        threads.append(threading.Thread(target=guarded, args=(call,)))
        threads[-1].start()

    yield run
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
