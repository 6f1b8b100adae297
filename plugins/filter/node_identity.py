# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter stemedb.cluster.node_identity; its documentation is in node_identity.yml."""

from __future__ import annotations

import uuid
from typing import Any, Callable


def node_identity(
    probe: dict[str, Any],
    node_id: Any = None,
    members: list[dict[str, Any]] | None = None,
    address: str | None = None,
    rpc_port: int = 18182,
    new_id: str | None = None,
    whatever_its_data: bool = False,
) -> dict[str, Any]:
    """`{node_id, source, write_file, refused}` of the host that was probed."""
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


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"node_identity": node_identity}
