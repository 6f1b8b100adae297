"""Nodes whose IDs, addresses and states are meant for whoever evaluates, opens or matches them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

STATIC_HOST = "db-01"
# The first eight digits of their SHA-256 are the same, and nothing in them is safe.
SAME_SUFFIX = ("\u4e01\u4e1f\u4e24", "\u4e0f\u4e0e\u4e0a")
STATIC_GROUP = "webservers"


def texts(canary: Path) -> list[str]:
    """What a member may call itself. If one of them is executed, the canary exists."""
    touch = f"touch {canary}"
    return [
        # templates
        f"{{{{ lookup('ansible.builtin.pipe', '{touch}') }}}}",
        f"{{% set x = lookup('pipe', '{touch}') %}}",
        "{{ 7 * 7 }}",
        "{{ undefined_here }}",
        "{{",
        "{# open",
        f"!unsafe {touch}",
        # shell
        f"$({touch})",
        f"`{touch}`",
        f"x; {touch}",
        f"x && {touch} #",
        "'\"\\",
        "%s %(x)s",
        # options of ssh
        f"-oProxyCommand={touch}",
        "-F/dev/null",
        "--",
        f"fe80::1%;{touch}",
        f"fe80::1%$({touch})",
        "fe80::1%;reboot",
        # paths
        "../../../etc/passwd",
        "/etc/passwd",
        "..",
        ".",
        "-",
        f"{STATIC_HOST}.yml",
        f"{STATIC_HOST}.json",
        # patterns
        "*",
        "all",
        "ungrouped",
        "!all",
        "&all",
        "~.*",
        "a,b:c[1:3]",
        "db[01:10]",
        # the controller, and what an inventory has already
        "localhost",
        "LOCALHOST",
        "127.0.0.1",
        "::1",
        STATIC_HOST,
        STATIC_GROUP,
        "stemedb",
        "stemedb_alive",
        "stemedb_dead",
        "parents",
        # four that are the same once they are safe, and the names that they get
        "a b",
        "a/b",
        "a\tb",
        "a-b",
        "a-b-c8687a08",
        # two whose suffixes are the same
        *SAME_SUFFIX,
        # what is read in another direction, or not at all
        "db\u202e10-\u202d",
        "\u200f\u05d0\u05d1",
        "\u0627\u0628",
        "a\u200bb",
        "esc\x1b[31m",
        "line\nbreak",
        "\U0001f4a9",
        "\U000e0041",
        "lone\ud800",
        # long
        "x" * 10_000,
        "y" * 10_000,
        "{{ " + "z" * 10_000 + " }}",
        " ",
        "None",
        "True",
        "1",
    ]


def status(canary: Path) -> dict[str, Any]:
    """The status of a cluster of these nodes: each text is an ID, an address and a state."""
    nodes = [
        {
            "node_id": text if text.strip() else f"blank{text}",
            "addr": text if number % 3 else f"{text}:18182",
            "state": text,
        }
        for number, text in enumerate(texts(canary))
    ]
    return {"cluster_name": "x", "node_count": len(nodes), "shard_count": 1, "nodes": nodes}


def ranges(canary: Path) -> dict[str, Any]:
    """One shard, which some of these nodes hold."""
    ids = [node["node_id"] for node in status(canary)["nodes"]]
    return {"ranges": [{"shard_id": 7, "leader_node": ids[0], "replica_nodes": ids[:50]}]}
