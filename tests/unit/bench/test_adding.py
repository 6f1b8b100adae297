"""How long a cluster itself took to take in a node, by that node's log."""

from __future__ import annotations

import pytest

from tests.bench.adding import own_time
from tests.bench.running import BenchError

LOG = """\
2026-11-24T16:37:09.944Z INFO service: starting stemedb-node
2026-11-24T16:37:10.215Z INFO joined cluster devcluster
2026-11-24T16:37:10.932Z INFO rebalance: assign shard 0 to a8bf0c94-37bb-44e3-905d-0c92841863d6
2026-11-24T16:37:11.053Z INFO replication of shard 0 complete (1048576 bytes from 73c81634)
2026-11-24T16:37:11.312Z INFO rebalance: shard 0 left 9aee1caa-ec0c-48dc-9091-75f06b81ee67
2026-11-24T16:37:19.312Z INFO membership: 9aee1caa-ec0c-48dc-9091-75f06b81ee67 is Suspect
"""


def test_it_is_from_the_start_to_the_last_change() -> None:
    assert own_time(LOG) == pytest.approx(1.368)


def test_a_log_that_tells_of_no_change_is_no_time() -> None:
    with pytest.raises(BenchError, match="tells of no change"):
        own_time("\n".join(LOG.splitlines()[:2]))
