"""What the bare minimum costs: modules of a few lines, each with one thing more, against `ping`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.bench.running import Bench, Gateways, mebibytes, of_modules, seconds
from tests.bench.served import HEALTH, RANGES, STATUS, Size
from tests.bench.sums import Row, compared, ratio_row
from tests.integration.conftest import ROOT

BIG = Size(1_000, 10_000)
_HEAD = """#!/usr/bin/python
from __future__ import annotations
from ansible.module_utils.basic import AnsibleModule
"""
_SPEC = 'AnsibleModule({"gateway_url": {"type": "str"}, "leaderless": {"type": "bool"}})'
_BARE = f"""{_HEAD}
{_SPEC}.exit_json(changed=False)
"""
_LIBRARY = _BARE.replace(_HEAD, f"{_HEAD}import requests\n")
_PROTOTYPE = f"""{_HEAD}
import requests

module = {_SPEC}
session = requests.Session()
url = module.params["gateway_url"]
nodes = session.get(url + "{STATUS}").json()["nodes"]
alive = {{node["node_id"] for node in nodes if node["state"] == "Alive"}}
shards = session.get(url + "{RANGES}").json()["ranges"]
module.exit_json(changed=False, shards=[s for s in shards if s["leader_node"] not in alive])
"""
_MODULES = {"bare": _BARE, "library": _LIBRARY, "prototype": _PROTOTYPE}


def floor(bench: Bench) -> list[Row]:
    """No bound: what the figures could be at best, by the clock and in memory."""
    env = {"ANSIBLE_COLLECTIONS_PATH": f"{ROOT / '.collections'}:{_collection(bench.folder)}"}
    ping = bench.playbook({"ansible.builtin.ping": {}})
    rows = []
    with Gateways(BIG) as gateways:
        for what, task in _steps(gateways):
            command = bench.playbook(task)
            clock = bench.in_turns(command, ping, 5, env=env)
            rows.append(ratio_row(what, "ping", compared(*seconds(clock))))
            space = bench.in_turns(command, ping, 3, env=env, memory=True)
            for part, found in (
                ("— its memory", mebibytes),
                ("— the most that the module has", of_modules),
            ):
                rows.append(ratio_row(part, "the same", compared(*found(space)), unit="MiB"))
    return rows


def _steps(gateways: Gateways) -> list[tuple[str, dict[str, Any]]]:
    """Tasks, each with one thing more than the one before."""
    options = {"gateway_url": gateways.url, "leaderless": True}
    code_alone = {
        "stemedb.cluster.stemedb_shard_info": {**options, "gateway_url": ""},
        "register": "refused",
        "failed_when": "refused.failure.code != 'config'",
    }
    return [
        ("Floor: a module that does nothing", {"bench.floor.bare": options}),
        ("Floor: imports requests", {"bench.floor.library": options}),
        ("Floor: asks, decodes and filters, nothing else", {"bench.floor.prototype": options}),
        ("Floor: uri of the health call", {"ansible.builtin.uri": {"url": gateways.url + HEALTH}}),
        ("Floor: our code alone, its options refused", code_alone),
    ]


def _collection(folder: Path) -> Path:
    root = folder / "floor"
    modules = root / "ansible_collections" / "bench" / "floor" / "plugins" / "modules"
    modules.mkdir(parents=True, exist_ok=True)
    for name, text in _MODULES.items():
        (modules / f"{name}.py").write_text(text, encoding="utf-8")
    meta = modules.parent.parent / "meta"
    meta.mkdir(exist_ok=True)
    # As every collection has it; to compare versions Ansible loads a library.
    (meta / "runtime.yml").write_text('requires_ansible: ">=2.19.0"\n', encoding="utf-8")
    return root
