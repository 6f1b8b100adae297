# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks a gateway to change something, once. Private to stemedb.cluster.

Whom to ask is found out by reading, so that a change is sent to one gateway and never again.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import (
    check_cluster_name,
    get_node,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.client import (
    Gateway,
    GatewayOptions,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.reader import first_answer


class Sent(NamedTuple):
    """What was sent, or would be: the URL of the gateway, the path, and the JSON that came back."""

    gateway: str
    path: str
    answer: Any = None


def send(
    urls: tuple[str, ...],
    options: GatewayOptions,
    log: Callable[[str], None] | None,
    call: str,
    node: str | None = None,
    shard: int | None = None,
    check_mode: bool = False,
    cluster_name: str | None = None,
) -> Sent:
    """POST to an endpoint of the first gateway that answers.

    :param call: its key.
    :param node: which node it is about: an id, a unique prefix of it, or an address.
    :param check_mode: read all that is needed, and send nothing that changes anything.
    :param cluster_name: the cluster to which the gateway must belong; empty for any.
    :raises StemeDBError: `config`, before anything is asked, where there is no such call; `config`
        where the gateway belongs to another cluster; as the first gateway failed, when none
        answered; and as the call failed.
    """
    given = {name: value for name, value in (("node", node), ("shard", shard)) if value is not None}
    gateways = [Gateway(url, options, log) for url in urls]
    gateways[0].call_path(call, **given)
    place, values = first_answer(
        gateways, lambda gateway: _read(gateway, node, shard, cluster_name)
    )
    gateway = gateways[place]
    path = gateway.call_path(call, **values)
    return Sent(gateway.url, path, None if check_mode else gateway.call(call, **values))


def _read(
    gateway: Gateway, node: str | None, shard: int | None, cluster_name: str | None
) -> dict[str, Any]:
    """What to send: a node's full id, and a shard that is there, spelt as this gateway does."""
    values: dict[str, Any] = {}
    status = None
    if cluster_name:
        status = gateway.status()
        check_cluster_name(cluster_name, {gateway.url: status.name})
    if node is not None:
        values["node"] = get_node(node, gateway.nodes(status)).node_id
    if shard is not None:
        values["shard"] = gateway.shard(shard).shard_id
    if not values and status is None:
        gateway.health()
    return values
