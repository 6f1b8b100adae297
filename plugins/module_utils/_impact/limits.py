# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be left, as options say it. Private to stemedb.cluster. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.replication import (
    fraction_problem,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.assess import Limits


def checked(params: Mapping[str, Any]) -> Limits:
    """The limits of a guard, for a permanent loss and without zones.

    :param params: `min_live_replicas`, `min_nodes`, `min_observers` and `replicated_fraction`.
    :raises StemeDBError: `config`, for a number that would let everything pass.
    """
    for option in ("min_live_replicas", "min_nodes", "min_observers"):
        if params[option] is not None and params[option] < 1:
            raise StemeDBError("config", f"{option} ({params[option]}) must be 1 or more.")
    problem = fraction_problem(params["replicated_fraction"])
    if problem:
        raise StemeDBError("config", f"{problem}.")
    return Limits(
        min_live_replicas=params["min_live_replicas"],
        min_nodes=params["min_nodes"],
        min_observers=params["min_observers"],
        fraction=params["replicated_fraction"],
    )
