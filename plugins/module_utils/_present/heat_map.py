# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which node holds how much of which shards, small enough for one picture.

Private to stemedb.cluster. Pure. Shards stand together in columns, in the order of their ids.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE, Snapshot
from ansible_collections.stemedb.cluster.plugins.module_utils._present.shards import is_listed

MOST_COLUMNS = 200
MOST_ROWS = 300

# A shard: its id, who holds its replicas (None if unknown), who leads it.
Placed = tuple[int, "Sequence[str] | None", "str | None"]


def heat_map(snapshot: Snapshot) -> dict[str, Any] | None:
    """The replicas of each node by columns of shards; None if an observer leaves out a list."""
    if not is_listed(snapshot) or any(view.shards is None for view in snapshot.views):
        return None
    states = {node_id: node.state for node_id, node in snapshot.nodes.items()}
    return drawn(
        states, [(s.shard_id, s.replica_nodes, s.leader_node) for s in snapshot.shards.values()]
    )


def drawn(states: Mapping[str, str | None], shards: Iterable[Placed]) -> dict[str, Any]:
    """The same of plain values.

    :param states: the states of the nodes by id.
    """
    ordered = sorted(shards, key=lambda shard: shard[0])
    wide = max(1, -(-len(ordered) // MOST_COLUMNS))
    columns = [ordered[place : place + wide] for place in range(0, len(ordered), wide)]
    # A replica may be on a node that is listed no more.
    held: dict[str, list[int]] = defaultdict(lambda: [0] * len(columns))
    led: dict[str, list[int]] = defaultdict(lambda: [0] * len(columns))
    for node_id in states:
        held[node_id] = [0] * len(columns)
    for place, column in enumerate(columns):
        for _shard_id, replicas, leader in column:
            for node_id in replicas or ():
                held[node_id][place] += 1
            if leader is not None:
                led[leader][place] += 1
    for node_id in led.keys() - held.keys():
        held[node_id] = [0] * len(columns)
    shown = _most_telling(held, states)
    return {
        "shard_count": len(ordered),
        "shards_per_column": wide,
        "columns": [_label(column) for column in columns],
        "rows": [
            {
                "node_id": node_id,
                "state": states.get(node_id),
                # As text, since Ansible looks at each value of a list.
                "replicas": " ".join(map(str, held[node_id])),
                "leaders": " ".join(map(str, led[node_id])),
            }
            for node_id in shown
        ],
        "rows_left_out": len(held) - len(shown),
    }


def _most_telling(held: Mapping[str, Sequence[int]], states: Mapping[str, str | None]) -> list[str]:
    """All nodes; of too many those that are not Alive, and then the fullest and the emptiest."""
    if len(held) <= MOST_ROWS:
        return sorted(held)
    mean = sum(map(sum, held.values())) / len(held)
    order = sorted(held, key=lambda n: (states.get(n) == ALIVE, -abs(sum(held[n]) - mean), n))
    return sorted(order[:MOST_ROWS])


def _label(column: Sequence[Placed]) -> str:
    first, last = column[0][0], column[-1][0]
    return str(first) if first == last else f"{first}-{last}"
