"""The filter `lock_hosts`: the plugin around its function, which has its own tests."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.filter.lock_hosts import FilterModule

lock_hosts = FilterModule().filters()["lock_hosts"]


def test_members_are_the_input() -> None:
    assert lock_hosts(["b", "a"]) == {"asked": ["a", "b"], "of": 2, "hosts": ["a", "b"]}
    assert lock_hosts(["b", "a"], targets=["b"]) == {"asked": ["a"], "of": 2, "hosts": ["a", "b"]}
    assert lock_hosts(["b", "a"], named=["c"]) == {"asked": ["c"], "of": 1, "hosts": ["c"]}
