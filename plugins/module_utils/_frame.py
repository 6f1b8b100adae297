# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of every module: options in, one result or one clear failure out.

Private to stemedb.cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._observers import Observers
from ansible_collections.stemedb.cluster.plugins.module_utils._options import (
    gateway_options,
    gateway_spec,
    gateway_urls,
    observer_policy,
    observers_spec,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._readers import Reader

# From this verbosity on a result shows one line for each request.
_VERBOSE = 3

Body = Callable[["Session"], "dict[str, Any]"]


class UnfulfilledError(Exception):
    """A failure that carries what was found until then, as the result of the module."""

    def __init__(self, error: StemeDBError, found: dict[str, Any]) -> None:
        super().__init__(error.message)
        self.error = error
        self.found = found


class Session:
    """What a module's body works with: its options, and the gateways they name."""

    def __init__(
        self, params: Mapping[str, Any], call_timeout: str, check_mode: bool = False
    ) -> None:
        self.params = params
        self.check_mode = check_mode
        self.requests: list[str] = []
        self._call_timeout = call_timeout

    def reader(self) -> Reader:
        """Asks the first gateway that answers."""
        options = gateway_options(self.params, self._call_timeout)
        return Reader(gateway_urls(self.params), options, self.requests.append)

    def observers(self, without: Iterable[str] = ()) -> Observers:
        """Asks all gateways.

        :param without: nodes that are not asked either, besides those in `exclude_nodes`.
        """
        options = gateway_options(self.params, self._call_timeout)
        policy = observer_policy(self.params)
        names = dict.fromkeys((*policy.exclude_nodes, *without))
        policy = policy._replace(exclude_nodes=tuple(names))
        return Observers(gateway_urls(self.params), options, policy, self.requests.append)


def run_reader(spec: dict[str, dict[str, Any]], body: Body) -> None:
    """Run a module that shows the cluster as the first answering gateway sees it."""
    _run({**gateway_spec(), **spec}, body, "timeout")


def run_decider(spec: dict[str, dict[str, Any]], body: Body, call_timeout: str = "timeout") -> None:
    """Run a module whose answer something is decided by: it asks all gateways.

    :param call_timeout: the option for one call, where `timeout` is the module's own.
    """
    common = gateway_spec()
    if call_timeout != "timeout":
        common[call_timeout] = common.pop("timeout")
    _run({**common, **observers_spec(), **spec}, body, call_timeout)


def _run(spec: dict[str, dict[str, Any]], body: Body, call_timeout: str) -> None:
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    session = Session(module.params, call_timeout, module.check_mode)
    shown: dict[str, Any] = {}
    if module._verbosity >= _VERBOSE:
        shown["requests"] = session.requests
    try:
        result = body(session)
    except UnfulfilledError as failed:
        error = failed.error
        module.fail_json(msg=error.message, failure=error.as_failure(), **failed.found, **shown)
    except StemeDBError as error:
        module.fail_json(msg=error.message, failure=error.as_failure(), **shown)
    module.exit_json(**{"changed": False, **result, **shown})
