"""The filter node_seeds: the plugin around `_node.service.seeds`."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.filter.node_seeds import FilterModule


def test_it_tells_both() -> None:
    node_seeds = FilterModule().filters()["node_seeds"]
    probe = {"config": {"settings": {"seed_nodes": ["a:1"]}}, "service": {"unit_argv": None}}
    assert node_seeds(probe) == {"configuration": ["a:1"], "unit": None}
