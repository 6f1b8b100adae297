"""A name in place of one that was mistyped."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.filter.near_name import FilterModule

HOSTS = ["node-01", "node-02", "DB-east-1"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nod-01", " Did you mean node-01?"),
        ("db-east-1", " Did you mean DB-east-1?"),
        ("4e3d61ea-0b3c-4f0e-9d52-2f6a1f2b3c4d", ""),
        ("", ""),
    ],
)
def test_the_most_alike_is_proposed_or_nobody(name: str, said: str) -> None:
    near_name = FilterModule().filters()["near_name"]
    assert near_name(name, HOSTS) == said
    assert near_name(name, []) == ""
