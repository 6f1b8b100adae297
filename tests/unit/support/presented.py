"""A cluster that is not whole, for what is presented of it, and what is refused to be."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    A,
    B,
    C,
    D,
    cluster,
    nodes,
    shard,
)

SHARDS = [
    shard(7, B, (A, B, C)),
    shard(0, A, (A, B, D), 0),
    shard(3, None, (B, C), None),
    shard(5, D, (A, B, C)),
]
MIXED = cluster(members=nodes(C, A, B, D, d="Dead"), shards=SHARDS, node_count=3)


def refused(code: str, call: Any, *given: Any, **options: Any) -> str:
    """The message of the error of that code with which the call ends."""
    with pytest.raises(StemeDBError) as error:
        call(*given, **options)
    assert error.value.code == code
    return error.value.message
