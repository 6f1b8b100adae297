"""Filters of `preflight.py`, around `_preflight`, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.preflight import (
    preflight_findings,
    preflight_targets,
)
from ansible_collections.stemedb.cluster.tests.unit.support.preflight_facts import (
    HOST,
    good,
)

PROBE: dict[str, Any] = {
    "free_space": [{"path": "/data", "checked_path": "/", "free_bytes": 5 * 10**9}],
    "config": {"path": "/node.toml", "exists": False, "settings": None},
    **HOST,
}

SETTINGS = {"cluster_exists": False, "min_free_disk_gb": 10}


def test_a_finding_is_one_line() -> None:
    (found,) = preflight_findings(PROBE, SETTINGS)
    assert (found["kind"], found["severity"], found["accepted"]) == ("disk_space", "error", False)
    assert found["text"].startswith("ERROR    disk_space: /data: 5.0 GB free at /")
    assert "\n" not in found["text"]


def test_an_error_is_accepted_by_its_kind_only() -> None:
    (found,) = preflight_findings(PROBE, SETTINGS, accept=["disk_space"])
    assert found["accepted"] is True
    assert found["text"].startswith("ACCEPTED disk_space")
    (found,) = preflight_findings(PROBE, SETTINGS, accept=["disk", "unknown_disk_space"])
    assert found["accepted"] is False


def test_a_cluster_that_failed_is_unknown() -> None:
    settings = {"min_free_disk_gb": 1, "cluster_name": "prod"}
    found = preflight_findings(PROBE, settings, cluster={"failed": True}, cluster_error="why")
    assert "unknown_cluster" in {one["kind"] for one in found}


def test_preflight_findings_a_wrong_setting_is_a_sentence() -> None:
    with pytest.raises(AnsibleFilterError, match="min_free_disk_gb is no number"):
        preflight_findings(PROBE, {"min_free_disk_gb": "lots"})


def test_shards_and_binaries_are_what_the_modules_return() -> None:
    facts = good()
    asked = [{"item": "node-01", "binary": dict(facts.probe["binary"], sha256="b", version="0.8")}]
    settings = {"address": "node-04", "cluster_name": "prod"}
    found = preflight_findings(
        facts.probe,
        settings,
        cluster=facts.cluster,
        members=facts.members,
        shards=facts.shards,
        binaries=asked,
    )
    kinds = {one["kind"] for one in found}
    assert "mixed_versions" in kinds
    assert "unknown_shard_space" not in kinds
    found = preflight_findings(facts.probe, settings, cluster=facts.cluster, members=facts.members)
    assert {"unknown_version", "unknown_shard_space"} <= {one["kind"] for one in found}


def test_targets_come_from_what_an_inventory_holds() -> None:
    settings = {"gateway_urls": "http://gateway:18181", "seed_nodes": "node-01:18183"}
    wanted = preflight_targets(None, settings)
    assert {"host": "node-01", "port": 18183, "protocol": "any"} in wanted["ports"]
    assert wanted["urls"] == ["http://gateway:18181/v1/health"]


def test_preflight_targets_a_wrong_setting_is_a_sentence() -> None:
    with pytest.raises(AnsibleFilterError, match="there is no gateway_url"):
        preflight_targets([], {"gateway_url": "x"})
