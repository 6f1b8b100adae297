"""The filter seeds_without says which members do not know a host that came back."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.seeds_without import FilterModule

seeds_without = FilterModule().filters()["seeds_without"]


def test_a_list_that_names_the_host_by_any_of_its_names_is_not_told() -> None:
    members: dict[str, Any] = {
        "node-01": {"stemedb_seed_nodes": ["10.0.0.1:18183"]},
        "node-02": {"stemedb_seed_nodes": "10.0.0.1:18183, 10.0.0.4:18183"},
        "node-03": {"stemedb_seed_nodes": ["NODE-04:18183"]},
        "node-05": {},
        "node-04": {"ansible_host": "10.0.0.4", "stemedb_seed_nodes": []},
    }
    assert seeds_without(members, "node-04") == ["node-01", "node-05"]


def test_what_is_no_host_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="documented form"):
        seeds_without(["node-01"], "node-01")
