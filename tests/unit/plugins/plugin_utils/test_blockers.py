"""What may be accepted, and was."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._blockers import Blocker, divided

ONE = Blocker("one", "node-01", "why")


@pytest.mark.parametrize(
    ("acceptable", "accept", "passes"),
    [((), (), False), (("one",), (), False), ((), ("one",), False), (("one",), ("one",), True)],
)
def test_what_is_not_both_acceptable_and_accepted_stays(
    acceptable: tuple[str, ...], accept: tuple[str, ...], passes: bool
) -> None:
    found = divided([ONE], acceptable, accept)
    assert found["accepted"] == ([ONE._asdict()] if passes else [])
    assert found["blockers"] == ([] if passes else [ONE._asdict()])
