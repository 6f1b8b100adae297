"""What the inventory costs beside a static file of the same hosts and variables."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import yaml

from tests.bench import served
from tests.bench.running import BIN, Bench, BenchError, Gateways, Sides, cpu_seconds
from tests.bench.served import Size
from tests.bench.sums import Row, compared, most_row, ratio_row

SIZE = Size(1_000, 10_000)
PLUGIN = "stemedb.cluster.stemedb"
# Each of them is evaluated for each host.
EXPRESSIONS: dict[str, Any] = {
    "compose": {"shard_count": "stemedb_node_shards | length"},
    "groups": {"crowded": "stemedb_node_shards | length > 3"},
    "keyed_groups": [{"prefix": "state", "key": "stemedb_node_state"}],
}
HOSTNAME = "'db-' ~ stemedb_node_id"


def inventory(bench: Bench) -> list[Row]:
    """The plugin against the file, then both with the same expressions."""
    folder = bench.folder / "inventory"
    folder.mkdir(exist_ok=True)
    with Gateways(SIZE) as gateways:
        ours = {"plugin": PLUGIN, "gateway_url": gateways.url}
        plain = _Source(folder, "plain", ours, _static(""))
        plain.check(bench)
        gateways.begin()
        bench.take(plain.ours)
        asked = max(gateways.counts().values())
        taken = bench.in_turns(plain.ours, plain.peers, 7)
        named = {**ours, "hostname": HOSTNAME, **EXPRESSIONS}
        constructed = {"plugin": "ansible.builtin.constructed", **EXPRESSIONS}
        evaluated = _Source(folder, "evaluated", named, _static("db-"), constructed)
        evaluated.check(bench)
        more = bench.in_turns(evaluated.ours, evaluated.peers, 7)
    return [
        _row(f"Inventory: CPU, {SIZE}", "a static JSON file of the same", taken, 0.8),
        _row("— with 3 expressions and a name by one", "the file and constructed", more, 1.0),
        most_row("— requests", [asked], "counted by", "the gateway", 3),
    ]


def _row(what: str, peer: str, taken: Sides, bound: float) -> Row:
    return ratio_row(what, peer, compared(*cpu_seconds(taken)), bound)


class _Source:
    """The commands that read two inventories of the same hosts."""

    def __init__(self, folder: Path, name: str, ours: Any, static: Any, *more: Any) -> None:
        own = _written(folder / f"{name}-stemedb.yml", ours)
        files = [_written(folder / f"{name}-10.json", static)]
        files += [_written(folder / f"{name}-20.yml", content) for content in more]
        program = str(BIN / "ansible-inventory")
        self.ours = [program, "-i", own, "--graph"]
        self.peers = [program, *(part for file in files for part in ("-i", file)), "--graph"]

    def check(self, bench: Bench) -> None:
        """Both must say the same, or there is nothing to compare."""
        own, others = (_listed(bench, command) for command in (self.ours, self.peers))
        if own != others:
            raise BenchError("the two inventories differ")


def _listed(bench: Bench, command: list[str]) -> Any:
    """Variables of all hosts and hosts of all groups, as `ansible-inventory --list` has them."""
    out = bench.folder / "listed.json"
    bench.take([*command[:-1], "--list", "--output", str(out)])
    found = json.loads(out.read_text(encoding="utf-8"), object_hook=_safe)
    found["_meta"].pop("profile", None)
    groups = {name: sorted(group.get("hosts", ())) for name, group in found.items()}
    return found["_meta"], {name: hosts for name, hosts in groups.items() if hosts}


def _safe(value: dict[str, Any]) -> Any:
    return value.get("__ansible_unsafe", value)


def _static(prefix: str) -> dict[str, Any]:
    """The hosts of the generated cluster, as an operator would write them."""
    told = served.answers(SIZE, 0)[0]
    nodes = json.loads(told[served.STATUS])["nodes"]
    shards: defaultdict[str, list[int]] = defaultdict(list)
    leaders = set()
    for row in json.loads(told[served.RANGES])["ranges"]:
        leaders.add(row["leader_node"])
        for node_id in row["replica_nodes"]:
            shards[node_id].append(int(row["shard_id"].removeprefix("shard_")))
    alive = {
        f"{prefix}{node['node_id']}": {
            "ansible_host": node["addr"].partition(":")[0],
            "stemedb_node_address": node["addr"],
            "stemedb_node_id": node["node_id"],
            "stemedb_node_shards": shards[node["node_id"]],
            "stemedb_node_state": node["state"],
        }
        for node in nodes
    }
    leading: dict[str, Any] = {f"{prefix}{node_id}": {} for node_id in sorted(leaders)}
    below = {"stemedb_alive": {"hosts": alive}, "stemedb_leaders": {"hosts": leading}}
    return {"all": {"children": {"stemedb": {"children": below}}}}


def _written(path: Path, content: Any) -> str:
    text = json.dumps(content) if path.suffix == ".json" else yaml.safe_dump(content)
    path.write_text(text, encoding="utf-8")
    return str(path)
