"""The filter `lock_hosts`: the plugin around its function, which has its own tests."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.filter.lock_hosts import FilterModule

lock_hosts = FilterModule().filters()["lock_hosts"]


def test_members_are_the_input() -> None:
    both = {"of": 2, "hosts": ["a", "b"], "foreign": []}
    assert lock_hosts(["b", "a"]) == {"asked": ["a", "b"], **both}
    assert lock_hosts(["b", "a"], targets=["b"]) == {"asked": ["a"], **both}
    told = {"asked": ["c", "a"], "of": 2, "hosts": ["c", "a"], "foreign": ["c"]}
    assert lock_hosts(["b", "a"], named=["c", "a"]) == told
