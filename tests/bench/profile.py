"""Where a module's own time goes, on 1,000 nodes and 10,000 shards.

    PYTHONPATH=.collections .venv/bin/python -m tests.bench.profile

Only the module, without ansible-playbook around it. The profiler slows all of it down; what its
lines are of the whole is what counts.
"""

from __future__ import annotations

import contextlib
import cProfile
import io
import json
import pstats

from ansible.module_utils import basic
from ansible_collections.stemedb.cluster.plugins.modules import stemedb_shard_info

from tests.bench.figures import BIG
from tests.bench.running import Gateways

# What the parts are called, and the function that each is spent in.
PARTS = (
    ("asking and decoding", "snapshot"),
    ("Ansible's exit_json", "exit_json"),
    ("of which looking for secrets in each value", "remove_values"),
    ("all", "main"),
)


def main() -> None:
    """Print the seconds of each part, and its share of all."""
    with Gateways(BIG) as gateways:
        options = {"ANSIBLE_MODULE_ARGS": {"gateway_url": [gateways.url]}}
        basic._ANSIBLE_ARGS = json.dumps(options).encode()
        basic._ANSIBLE_PROFILE = "legacy"
        profile = cProfile.Profile()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
            profile.runcall(stemedb_shard_info.main)
    seconds: dict[str, float] = {}
    for (_file, _line, name), row in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        seconds[name] = max(seconds.get(name, 0), row[3])
    for label, name in PARTS:
        print(f"{label:45}{seconds[name]:6.2f} s {seconds[name] / seconds['main']:5.0%}")


if __name__ == "__main__":
    main()
