"""Settings as inventories hold them, and what can never work."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.facts import (
    settings_of,
)


def test_settings_as_inventories_hold_them() -> None:
    values = {"gateway_urls": "http://a:1, http://b:2", "rpc_port": "7", "min_free_disk_gb": "1.5"}
    settings = settings_of({**values, "seed_nodes": ["a:1", " b:2 "]})
    assert settings.gateway_urls == ("http://a:1", "http://b:2")
    assert settings.seed_nodes == ("a:1", "b:2")
    assert (settings.rpc_port, settings.min_free_disk_gb) == (7, 1.5)
    assert (settings.node_id, settings.artifact, settings.checksum) == (None, None, None)


def test_more_settings_as_inventories_hold_them() -> None:
    values = {
        "node_id": 42,
        "artifact": "https://releases.example.com/stemedb-node",
        "checksum": f"sha256:{'AB' * 32}",
        "kernel_minimums": {"b.c": "7", "a.b": 1},
        "max_clock_skew": "2",
        "disk_headroom": 0,
    }
    settings = settings_of(values)
    assert settings.node_id == "42"
    assert settings.artifact == values["artifact"]
    assert settings.checksum == "ab" * 32
    assert settings.kernel_minimums == (("a.b", 1), ("b.c", 7))
    assert (settings.max_clock_skew, settings.disk_headroom) == (2, 0)
    assert settings_of({"checksum": "AB"}).checksum == "ab"
    assert settings_of({"kernel_minimums": None}).kernel_minimums == ()


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"rcp_port": 1}, "rcp_port"),
        ({"rpc_port": "x"}, "rpc_port"),
        ({"max_clock_skew": 1.9}, "stemedb_max_clock_skew is 1.9: give 2 seconds or more"),
        ({"max_clock_skew": "nan"}, "stemedb_max_clock_skew is nan"),
        ({"disk_headroom": -0.1}, "stemedb_disk_headroom is -0.1: give 0 or more"),
        ({"disk_headroom": "nan"}, "stemedb_disk_headroom is nan"),
        ({"kernel_minimums": {"fs.x": "many"}}, "kernel_minimums: fs.x is no number"),
    ],
)
def test_settings_that_are_wrong_are_named(values: dict[str, Any], word: str) -> None:
    with pytest.raises(StemeDBError, match=word):
        settings_of(values)
