"""What a plan costs beyond reading the answers: in a large cluster, with ten steps.

    PYTHONPATH=.collections python -m tests.bench.planning URL ...

Prints CPU seconds, of a process that does nothing else.
"""

from __future__ import annotations

import gc
import sys
import time
from dataclasses import replace

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Replica,
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.client import GatewayOptions
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.observers import (
    Observers,
    Policy,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.evidence import wanted_sizes
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.facts import (
    Facts,
    Host,
    Settings,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.plan import asked_about
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.plan import plan as planned

from tests.bench import served
from tests.bench.served import Size

SIZE = Size(1_000, 100_000)
EACH = 5  # nodes that are added, and that are removed
# As modules have it: `_module.reader`.
COLLECT_AFTER = 100_000


def main(urls: list[str]) -> None:
    """Print the seconds of a plan for what these gateways tell."""
    gc.set_threshold(COLLECT_AFTER)
    asked = Observers(tuple(urls), GatewayOptions(), Policy())
    print(taken(asked.sample(), SIZE))


def facts(snapshot: Snapshot, size: Size) -> Facts:
    """All nodes but the last few are declared, and as many new hosts; what is left may go."""
    ids = served.node_ids(size.nodes)
    declared = [
        Host(f"db-{place:04}", served.address(place), node_id, f"zone-{place % 4}")
        for place, node_id in enumerate(ids[:-EACH])
    ]
    declared += [Host(f"new-{n}", f"192.0.2.{n + 1}", None, f"zone-{n % 4}") for n in range(EACH)]
    gone = [
        Host(f"old-{place}", served.address(place), None, f"zone-{place % 4}")
        for place in range(size.nodes - EACH, size.nodes)
    ]
    settings = Settings(
        others=tuple(gone),
        prune=tuple(ids[-EACH:]),
        lock_hosts=("db-0000", "db-0001", "db-0002"),
        max_changes=2 * EACH,
    )
    return Facts(tuple(declared), snapshot, 1_790_000_000.0, settings, ())


def taken(snapshot: Snapshot, size: Size) -> float:
    started = time.process_time()
    wanted = wanted_sizes(asked_about(facts(snapshot, size)), snapshot)
    until = time.process_time() - started
    # The sizes are read by requests, which are no part of this.
    known = Snapshot(tuple(_sized(view, wanted) for view in snapshot.views), snapshot.observers)
    started = time.process_time()
    made = planned(facts(known, size))
    until += time.process_time() - started
    verdicts = [step["verdict"] for step in made["steps"]]
    if made["refused"] or verdicts != ["not_needed"] * EACH + ["safe"] * EACH:
        raise ValueError(f"another plan than was meant: {verdicts}, {made['refused'][:3]}")
    return until


def _sized(view: View, wanted: frozenset[int]) -> View:
    shards = view.shards_by_id
    details = [
        shards[shard_id]._replace(
            replicas=tuple(Replica(n, None, 52428800) for n in shards[shard_id].replica_nodes or ())
        )
        for shard_id in sorted(wanted)
    ]
    # What it has found of itself meanwhile is found again.
    return replace(view, details=tuple(details))


if __name__ == "__main__":
    main(sys.argv[1:])
