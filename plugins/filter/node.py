# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of stemedb_node. Each is documented in the .yml of its name."""

from __future__ import annotations

import uuid
from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.plugin_utils._filters import checked


@checked
def node_drift(before: Any, texts: Any, wanted: Any, settings: Any) -> list[dict[str, Any]]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._node import drift

    return drift.drift(before, texts, wanted, settings)


@checked
def node_identity(
    probe: dict[str, Any],
    node_id: Any = None,
    members: list[dict[str, Any]] | None = None,
    address: str | None = None,
    rpc_port: int | str = 18182,
    new_id: str | None = None,
    whatever_its_data: bool = False,
) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
        endpoint,
        names_of,
    )
    from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.identity import (
        Claims,
        member,
        resolve,
    )

    claims = Claims(
        node_id=str(node_id) if node_id not in (None, "") else None,
        probe=probe,
        members=list(members or []),
        names=names_of(endpoint(address).host, probe.get("ports")),
        rpc_port=int(rpc_port),
    )
    try:
        if whatever_its_data:
            return {"node_id": member(claims), "source": None, "write_file": False, "refused": None}
        return dict(resolve(claims, new_id or str(uuid.uuid4())), refused=None)
    except StemeDBError as error:
        # As data, so that the play that asserts it shows the sentence and nothing around it.
        return {"node_id": None, "source": None, "write_file": False, "refused": error.message}


@checked
def node_restart_reasons(probe: Any, files: Any, changed: Any, arguments: Any) -> list[str]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._node import service

    return service.restart_reasons(probe, files, changed, arguments)


@checked
def node_same_file(there: Any, text: str, what: str) -> bool:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._node import drift

    return drift.same_file(there, text, what)


@checked
def node_seeds(probe: dict[str, Any]) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._node import service

    return service.seeds(probe)


@checked
def node_startup(probe: Any, before: Any = None) -> dict[str, str]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._node import service

    return service.startup(probe, before)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "node_drift": node_drift,
            "node_identity": node_identity,
            "node_restart_reasons": node_restart_reasons,
            "node_same_file": node_same_file,
            "node_seeds": node_seeds,
            "node_startup": node_startup,
        }
