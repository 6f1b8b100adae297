"""The figures: each measures something of the collection and its peer in the same run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from tests.bench import served
from tests.bench.adding import add_node
from tests.bench.events import events
from tests.bench.floor import floor
from tests.bench.inventory import inventory
from tests.bench.procedures import procedures
from tests.bench.running import (
    ROOT,
    SECONDS,
    Bench,
    BenchError,
    Gateways,
    Sides,
    Taken,
    cpu_seconds,
    mebibytes,
    of_modules,
    seconds,
)
from tests.bench.served import Size
from tests.bench.sums import Row, compared, most_row, ratio_row

OURS = "stemedb.cluster."
PING: dict[str, Any] = {"ansible.builtin.ping": {}}
SMALL = Size(3, 24)
BIG = Size(1_000, 10_000)
HUGE = Size(1_000, 100_000)
WIDE = Size(300, 20_000)
OBSERVERS = 7  # the most that are asked
INTERVAL = 1.0


def shard_info(url: str, **options: Any) -> dict[str, Any]:
    return {f"{OURS}stemedb_shard_info": {"gateway_url": url, **options}}


def times(what: str, peer: str, taken: Sides, bound: float) -> list[Row]:
    """Two rows: by the clock, which the bound is for, and by CPU seconds, which nobody disturbs."""
    return [
        ratio_row(what, peer, compared(*seconds(taken)), bound),
        ratio_row("— CPU of all processes", "the same", compared(*cpu_seconds(taken))),
    ]


def filtered(bench: Bench) -> list[Row]:
    """`stemedb_shard_info leaderless=true` against `ping`."""
    with Gateways(BIG) as gateways:
        ours = bench.playbook(shard_info(gateways.url, leaderless=True))
        taken = bench.in_turns(ours, bench.playbook(PING), 9)
    return times(f"stemedb_shard_info leaderless=true, {BIG}", "ping", taken, 1.25)


def whole_list(bench: Bench) -> list[Row]:
    """All shards against `uri` with the body that they are in."""
    with Gateways(BIG) as gateways:
        url = f"{gateways.url}{served.RANGES}"
        peer = {"ansible.builtin.uri": {"url": url, "return_content": True}}
        ours = bench.playbook(shard_info(gateways.url))
        taken = bench.in_turns(ours, bench.playbook(peer), 9)
    what = f"stemedb_shard_info without a filter, {BIG}"
    return times(what, "uri return_content=true of the same list", taken, 1.05)


def ten_times(bench: Bench) -> list[Row]:
    """Ten times as many shards."""
    with Gateways(HUGE) as huge:
        ours = bench.playbook(shard_info(huge.url, leaderless=True))
        # Both listen on the same address, each on its own port.
        with Gateways(BIG) as big:
            peers = bench.playbook(shard_info(big.url, leaderless=True))
            taken = bench.in_turns(ours, peers, 5)
    what = f"stemedb_shard_info leaderless=true, {HUGE.shards:,} shards"
    return times(what, f"{BIG.shards:,} shards", taken, 4)


def requests(bench: Bench) -> list[Row]:
    """What one gateway is asked by one call; exact, so that one bound is the other's proof."""
    rows = []
    for nodes_apart, bound in ((False, 3), (True, 4)):
        with Gateways(SMALL, SMALL.nodes, nodes_apart) as gateways:
            most = [_requests(bench, gateways, task) for task in _questions(gateways)]
        where = "with a node list of its own path" if nodes_apart else "any info call or lookup"
        rows.append(
            most_row(f"Requests per gateway, {where}", most, "counted by", "gateways", bound)
        )
    return rows


def _questions(gateways: Gateways) -> list[dict[str, Any]]:
    urls = {"gateway_url": gateways.urls}
    lookups = [
        f"query('{OURS}stemedb', '{term}', gateway_url={gateways.urls})"
        for term in ("cluster", "nodes", "shards")
    ]
    return [
        {f"{OURS}stemedb_cluster_info": {**urls, "overview": True}},
        {f"{OURS}stemedb_node_info": urls},
        shard_info(gateways.url, under_replicated=True),
        *({"ansible.builtin.debug": {"msg": f"{{{{ {lookup} }}}}"}} for lookup in lookups),
    ]


def _requests(bench: Bench, gateways: Gateways, task: dict[str, Any]) -> int:
    gateways.begin()
    bench.take(bench.playbook(task))
    return max(gateways.counts().values())


def memory(bench: Bench) -> list[Row]:
    """The most memory that all processes had together at one time."""
    with Gateways(BIG) as gateways:
        ours = bench.playbook(shard_info(gateways.url, leaderless=True))
        taken = bench.in_turns(ours, bench.playbook(PING), 5, memory=True)
    found = compared(*mebibytes(taken))
    module = compared(*of_modules(taken))
    return [
        ratio_row(f"Memory (PSS) of all processes, {BIG}", "ping", found, 1.25, "MiB"),
        ratio_row("— the most that the module has", "the same", module, unit="MiB"),
    ]


def notice(bench: Bench) -> list[Row]:
    """From fulfilled, right after a sample could no longer see it, to the first good sample."""
    late = []
    with Gateways(BIG) as gateways:
        for number in range(bench.rounds(8)):
            # The health call is the first of a sample: what changes after it, that one misses.
            gateways.begin((served.HEALTH, 2 + number % 3))
            result = _waited(bench, gateways)
            seen = next(entry["elapsed"] for entry in result["history"] if entry["good"])
            late.append(seen - gateways.well())
    what = f"stemedb_wait: fulfilled to noticed, interval {INTERVAL:g} s, {BIG}"
    return [most_row(what, late, "interval + 0.3 s", "", INTERVAL + 0.3, "s")]


def _waited(bench: Bench, gateways: Gateways) -> dict[str, Any]:
    run = bench.ansible.tasks(_wait(gateways))
    assert run.ok, run
    return run.result


def _wait(gateways: Gateways) -> dict[str, Any]:
    return {
        f"{OURS}stemedb_wait": {
            "gateway_url": gateways.url,
            "conditions": [{"healthy": True}],
            "stable_for": 0,
            "interval": INTERVAL,
            "timeout": 90,
        }
    }


def samples(bench: Bench) -> list[Row]:
    """Twenty samples of a wait against twenty polls of a task that is repeated."""
    count = 20
    with Gateways(SMALL) as gateways:
        url = f"{gateways.url}{served.STATUS}"
        poll = {
            "ansible.builtin.uri": {"url": url},
            "register": "polled",
            "until": "polled.json.status == 'healthy'",
            "retries": count - 1,
            "delay": INTERVAL,
        }
        wait, until = bench.playbook(_wait(gateways)), bench.playbook(poll)
        mine: list[Taken] = []
        others: list[Taken] = []
        for _number in range(bench.rounds(3)):
            # A wait wants three good samples, an until one.
            for command, taken, good in ((wait, mine, 3), (until, others, 1)):
                gateways.begin((served.STATUS, count - good))
                taken.append(bench.take(command))
                asked = max(gateways.counts().values())
                wanted = count * (3 if command is wait else 1)
                assert asked == wanted, f"{asked} requests instead of {wanted}"
    found = compared(*cpu_seconds((mine, others)))
    peer = f"{count} polls of uri by until"
    return [ratio_row(f"stemedb_wait, {count} samples: CPU of all processes", peer, found, 0.3)]


def health(bench: Bench) -> list[Row]:
    """The playbook, with all the observers that it may ask."""
    with Gateways(WIDE, OBSERVERS) as gateways:
        ours = [
            *bench.playbook(PING)[:1],
            "stemedb.cluster.health",
            "-e",
            f"stemedb_gateway_url={gateways.url}",
        ]
        taken = bench.in_turns(ours, bench.playbook(PING), 7)
        asked = len(gateways.counts())
        assert asked == OBSERVERS, f"{asked} gateways were asked"
    return times(f"health.yml, {WIDE}, {OBSERVERS} gateways", "ping", taken, 3)


def plan(bench: Bench) -> list[Row]:
    """What ten steps cost beyond reading the answers, of three gateways, with their shards."""
    command = [sys.executable, "-m", "tests.bench.planning"]
    found = []
    with Gateways(HUGE, 3) as gateways:
        for _number in range(bench.rounds(3)):
            done = subprocess.run(
                [*command, *gateways.urls],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT / ".collections")},
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
            if done.returncode:
                raise BenchError(done.stderr[-3000:])
            found.append(float(done.stdout))
    what = f"stemedb_plan_info beyond reading the answers, {HUGE}, 3 gateways, 10 steps: CPU"
    return [most_row(what, found, "", "", 2.0, "s")]


FIGURES: dict[str, Callable[[Bench], list[Row]]] = {
    "filtered": filtered,
    "list": whole_list,
    "hundred-thousand": ten_times,
    "requests": requests,
    "memory": memory,
    "notice": notice,
    "samples": samples,
    "add-node": add_node,
    "health": health,
    "plan": plan,
    "inventory": inventory,
    "events": events,
    "floor": floor,
    "procedures": procedures,
}
