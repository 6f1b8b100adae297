"""The filter `health_report`: the plugin around `_diagnose.health`, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter import health_report as plugin

health_report = plugin.FilterModule().filters()["health_report"]

CLUSTER = {
    "name": "prod",
    "healthy": True,
    "node_count": 0,
    "shard_count": 0,
    "replication_factor": 3,
    "meta_version": 1,
    "unhealthy_reasons": [],
}


@pytest.mark.parametrize(
    ("color", "verdict"),
    [(False, "✓ Cluster is healthy"), (True, "\x1b[0;32m✓ Cluster is healthy\x1b[0m")],
)
def test_it_is_coloured_as_ansible_colours(
    monkeypatch: pytest.MonkeyPatch, color: bool, verdict: str
) -> None:
    monkeypatch.setattr(plugin, "ANSIBLE_COLOR", color)
    monkeypatch.setattr("ansible.utils.color.ANSIBLE_COLOR", color)
    assert health_report({"cluster": CLUSTER, "observers": []}, [])[-1] == verdict


@pytest.mark.parametrize("found", [{}, {"cluster": {}, "observers": []}, None])
def test_what_is_no_result_is_refused(found: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.health_report: the input"):
        health_report(found, [])
