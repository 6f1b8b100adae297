# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of modules that decide: as that of those that show, and all gateways to ask.

Private to stemedb.cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.observers import (
    Observers,
    Policy,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._module.options import (
    gateway_options,
    gateway_spec,
    gateway_urls,
    observers_spec,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._module.reader import (
    ReaderSession,
    UnfulfilledError,
    run,
)

__all__ = ["Session", "UnfulfilledError", "observer_policy", "run_decider"]


class Session(ReaderSession):
    """What a module's body works with: its options, and the gateways they name."""

    def observers(self, without: Iterable[str] = ()) -> Observers:
        """Asks all gateways.

        :param without: nodes that are not asked either, besides those in `exclude_nodes`.
        """
        options = gateway_options(self.params, self._call_timeout)
        policy = observer_policy(self.params)
        names = dict.fromkeys((*policy.exclude_nodes, *without))
        policy = policy._replace(exclude_nodes=tuple(names))
        return Observers(gateway_urls(self.params), options, policy, self.requests.append)


def run_decider(
    spec: dict[str, dict[str, Any]],
    body: Callable[[Session], dict[str, Any]],
    call_timeout: str = "timeout",
) -> None:
    """Run a module whose answer something is decided by: it asks all gateways.

    :param call_timeout: the option for one call, where `timeout` is the module's own.
    """
    common = gateway_spec()
    if call_timeout != "timeout":
        common[call_timeout] = common.pop("timeout")
    run({**common, **observers_spec(), **spec}, body, Session, call_timeout)


def observer_policy(params: Mapping[str, Any]) -> Policy:
    """Which of the named gateways are asked."""
    return Policy(
        params["observers"],
        tuple(params["exclude_nodes"]),
        params["discover_observers"],
        # What explains a failure asks any cluster.
        params.get("cluster_name"),
    )
