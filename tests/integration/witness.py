"""A witness of what a run does to the data: no part of the collection, it asks by plain HTTP.

    with Witness(cluster) as witness:
        run = site.play(ansible, "remove_node", ...)
    witness.verify()

While the test runs, a thread looks at every shard again and again. `verify` fails if the good
replicas of a shard ever fell below what a stop has to leave, because of a node that the test has
not named as one that it kills itself: `Witness(cluster, lost={node_id})`, or
`witness.lost.add(node_id)` right before. A replica is good while its node accepts connections and
has all of its bytes. Which nodes are there is tried from here, because one that stopped reads Alive
for a while.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Optional

from tests.devcluster.cluster import PORTS, DevCluster, DevClusterError, DevNode

COMPLETE = 0.95
SHOWN = 5
UNANSWERED = (OSError, http.client.HTTPException, DevClusterError, LookupError)


class Shard(NamedTuple):
    """A shard in one sample: the size of each replica by node, None where it is not known."""

    leader: Optional[str]
    sizes: Mapping[str, Optional[int]]

    def complete(self, node_id: str) -> bool:
        """Whether this node has all of it."""
        size, whole = self.sizes.get(node_id), self.sizes.get(self.leader or "")
        return size is not None and whole is not None and size >= COMPLETE * whole


class Sample(NamedTuple):
    """The cluster at one moment; `there` are the ids of the nodes that accept connections."""

    required: int
    there: frozenset[str]
    shards: Mapping[int, Shard]


class Judge:
    """Goes through samples in their order and keeps what was lost, and by whom."""

    def __init__(self, lost: Iterable[str] = ()) -> None:
        self.lost = set(lost)
        self.samples = 0
        self.losses: list[str] = []
        # By shard: the nodes that had good replicas when there were last enough of them.
        self._good: dict[int, set[str]] = {}

    def look(self, sample: Sample) -> None:
        """Compare a sample with those before."""
        self.samples += bool(sample.shards)
        for number, shard in sample.shards.items():
            good = {node for node in shard.sizes if node in sample.there and shard.complete(node)}
            if len(good) >= sample.required:
                self._good[number] = good
                continue
            ours = {
                node
                for node in self._good.get(number, set()) - good - self.lost
                # That a node gave a replica up which others have now is the cluster's own doing.
                if node not in sample.there or node in shard.sizes
            }
            if ours:
                self.losses.append(
                    f"shard {number} has {len(good)} good replicas and needs {sample.required}, "
                    f"because of {', '.join(sorted(ours))}"
                )

    def verify(self) -> None:
        """Fail if something was lost, or if nothing was seen."""
        assert self.samples, "the witness has not seen a single shard"
        shown = list(dict.fromkeys(self.losses))
        assert not shown, "\n".join([*shown[:SHOWN], f"{len(shown)} losses in all"])


class Witness:
    """Samples a development cluster until the end of the `with`.

    :param lost: ids of nodes that the test itself kills.
    :param interval: seconds between samples.
    """

    def __init__(
        self, cluster: DevCluster, lost: Iterable[str] = (), interval: float = 0.2
    ) -> None:
        self._cluster = cluster
        self._judge = Judge(lost)
        self._interval = interval
        self._last: Optional[tuple[int, dict[str, str], Mapping[int, Shard]]] = None
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def lost(self) -> set[str]:
        """Ids of nodes that the test kills itself; add one before it is killed."""
        return self._judge.lost

    @property
    def samples(self) -> int:
        """How many there are so far."""
        return self._judge.samples

    def until(self, samples: int, seconds: float = 30) -> None:
        """Wait for so many more samples, for a test that is faster than the witness."""
        wanted, deadline = self.samples + samples, time.monotonic() + seconds
        while self.samples < wanted:
            assert time.monotonic() < deadline, "the witness sees nothing"
            time.sleep(0.02)

    def verify(self) -> None:
        """Fail the test if a step of the run took good replicas below the minimum."""
        self._judge.verify()

    def __enter__(self) -> Witness:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._done.set()
        self._thread.join(60)

    def _run(self) -> None:
        while not self._done.wait(self._interval):
            # By then somebody else may answer: the nodes to ask are looked for each time.
            for node in sorted(self._cluster.nodes, key=lambda each: not each.running):
                with contextlib.suppress(*UNANSWERED):
                    self._last = _view(node)
                    break
            if self._last is not None:
                required, addresses, shards = self._last
                there = {node for node, address in addresses.items() if _accepts(address)}
                self._judge.look(Sample(required, frozenset(there), shards))


def _view(node: DevNode) -> tuple[int, dict[str, str], Mapping[int, Shard]]:
    """Replicas required, addresses by node id, and all shards with the sizes of their replicas.

    Where nobody answers any more the last one stands, and tells whose replicas are missed.
    """
    if not _accepts(node.address):
        raise DevClusterError(f"{node.address} does not answer")
    status = node.status()
    factor = int(status["replication_factor"])
    addresses = {
        each["node_id"]: each["addr"].rpartition(":")[0].strip("[]") for each in status["nodes"]
    }
    shards = {number: _shard(node.shard(number)) for number in node.ranges()}
    return (1 if factor == 2 else factor // 2 + 1), addresses, shards


def _shard(told: Mapping[str, Any]) -> Shard:
    sizes = {replica["node_id"]: replica["size_bytes"] for replica in told["replicas"]}
    return Shard(told["leader_node"], sizes)


def _accepts(address: str) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection((address, PORTS["gateway"]), timeout=1).close()
        return True
    return False
