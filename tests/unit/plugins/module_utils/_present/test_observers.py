"""Who was asked, as results show it."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Observer
from ansible_collections.stemedb.cluster.plugins.module_utils._present.observers import observers
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    OTHER_URL,
    URL,
    A,
)


def test_observers() -> None:
    found = observers(
        [Observer(URL, A, True, node_count=3, meta_version=41), Observer(OTHER_URL, excluded=True)]
    )
    assert found[0] == {
        "url": URL,
        "node_id": A,
        "reachable": True,
        "excluded": False,
        "error": None,
        "node_count": 3,
        "meta_version": 41,
    }
    assert (found[1]["reachable"], found[1]["excluded"], found[1]["node_count"]) == (
        False,
        True,
        None,
    )
