"""The filter preflight_targets."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.preflight_targets import FilterModule

preflight_targets = FilterModule().filters()["preflight_targets"]


def test_targets_come_from_what_an_inventory_holds() -> None:
    settings = {"gateway_urls": "http://gateway:18181", "seed_nodes": "node-01:18183"}
    wanted = preflight_targets(None, settings)
    assert {"host": "node-01", "port": 18183, "protocol": "any"} in wanted["ports"]
    assert wanted["urls"] == ["http://gateway:18181/v1/health"]


def test_a_wrong_setting_is_a_sentence() -> None:
    with pytest.raises(AnsibleFilterError, match="there is no gateway_url"):
        preflight_targets([], {"gateway_url": "x"})
