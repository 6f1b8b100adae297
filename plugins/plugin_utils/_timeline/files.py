# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbook `health` may write: the heat map of a cluster, and its metrics.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import renamer
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.metrics import (
    health_metrics,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.page import heat_page

_VERDICTS = {
    True: "Cluster is healthy.",
    False: "Cluster is not healthy.",
    None: "Cluster health is unknown.",
}
_REASONS = 10


def health_files(
    found: Mapping[str, Any], heat_map_dest: str, metrics_dest: str, names: Mapping[str, str]
) -> list[dict[str, str]]:
    """The files that are wanted, each `{dest, content, mode}`.

    :param found: a result of `stemedb_cluster_info`, with the heat map if that is wanted.
    :param heat_map_dest: where the heat map goes, "" for nowhere; `metrics_dest` likewise.
    :param names: how to call a node, by its id.
    """
    files = []
    cluster = found["cluster"]
    if heat_map_dest:
        if not found["heat_map"]:
            lines = ["A gateway gives no list of nodes or of shards, so there is no heat map."]
        else:
            lines = []
        named = renamer(names)
        reasons = [named(reason) for reason in cluster["unhealthy_reasons"][:_REASONS]]
        lines = [_VERDICTS[cluster["healthy"]], *lines, *reasons]
        content = heat_page(found["heat_map"], names, cluster["name"], lines)
        files.append({"dest": heat_map_dest, "content": content, "mode": "0600"})
    if metrics_dest:
        # The collector runs as a user of its own.
        content = health_metrics(cluster)
        files.append({"dest": metrics_dest, "content": content, "mode": "0644"})
    return files
