"""The clock of what has to be recent."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.plugin_utils._clock import passed


def test_it_only_goes_forward_and_counts_seconds() -> None:
    first = passed()
    second = passed()
    assert first <= second < first + 60
