"""The plan that is measured is one of ten steps, whatever the size."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.client import GatewayOptions
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.observers import (
    Observers,
    Policy,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.plan import plan

from tests.bench import planning, served
from tests.bench.running import Gateways

SIZE = served.Size(20, 60)


def test_it_takes_time_and_ten_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    with Gateways(SIZE, 3) as gateways:
        snapshot = Observers(tuple(gateways.urls), GatewayOptions(), Policy()).sample()
    assert planning.taken(snapshot, SIZE) > 0
    known = planning.facts(snapshot, SIZE)
    assert len(plan(known)["steps"]) == 10
    monkeypatch.setattr(planning, "planned", lambda _facts: {"steps": [], "refused": []})
    with pytest.raises(ValueError, match="another plan"):
        planning.taken(snapshot, SIZE)
