"""The module `stemedb_service`: it only documents the action of its name."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.action.stemedb_service import ARGUMENTS
from ansible_collections.stemedb.cluster.tests.unit.support.documented import demand_documented


def test_what_is_documented_is_what_the_action_takes() -> None:
    demand_documented("stemedb_service", ARGUMENTS)
