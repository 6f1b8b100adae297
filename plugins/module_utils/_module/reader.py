# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of modules that show: options in, one result or one clear failure out.

Private to stemedb.cluster. `decider` adds what those need that decide. The two are apart because
everything that a module imports is packed, sent and compiled each time it runs.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping
from typing import Any, Callable, TypeVar

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.reader import Reader
from ansible_collections.stemedb.cluster.plugins.module_utils._module.options import (
    gateway_options,
    gateway_spec,
    gateway_urls,
)

# From this verbosity on a result shows one line for each request.
_VERBOSE = 3

# Objects that are made until the collector looks for cycles among them. What a gateway tells of
# 10,000 shards is 50,000 objects that all live; with Python's 700 a third of the time goes there.
_COLLECT_AFTER = 100_000


class UnfulfilledError(Exception):
    """A failure that carries what was found until then, as the result of the module.

    :param stage: in which stage of the module's work, None where it has none.
    """

    def __init__(
        self, error: StemeDBError, found: dict[str, Any], stage: str | None = None
    ) -> None:
        super().__init__(error.message)
        self.error = error
        self.found = found
        self.failure = error.as_failure() | ({} if stage is None else {"stage": stage})


class ReaderSession:
    """What a module's body works with: its options, and the gateways they name."""

    def __init__(
        self, params: Mapping[str, Any], call_timeout: str, check_mode: bool = False
    ) -> None:
        self.params = params
        self.check_mode = check_mode
        self.requests: list[str] = []
        # Whether something may be decided by the result, so that nothing of it may be masked.
        self.decides = True
        self._call_timeout = call_timeout

    def reader(self) -> Reader:
        """Asks the first gateway that answers."""
        options = gateway_options(self.params, self._call_timeout)
        return Reader(gateway_urls(self.params), options, self.requests.append)


S = TypeVar("S", bound=ReaderSession)


def run_reader(
    spec: dict[str, dict[str, Any]], body: Callable[[ReaderSession], dict[str, Any]]
) -> None:
    """Run a module that shows the cluster as the first answering gateway sees it."""
    run({**gateway_spec(), **spec}, body, ReaderSession, "timeout")


def run(
    spec: dict[str, dict[str, Any]],
    body: Callable[[S], dict[str, Any]],
    session_of: Callable[[Mapping[str, Any], str, bool], S],
    call_timeout: str,
) -> None:
    """Run a module of any kind.

    :param session_of: what the body works with, of the options, `call_timeout` and check mode.
    :param call_timeout: the name of the option for one call.
    """
    gc.set_threshold(_COLLECT_AFTER)
    # What is imported lives to the end, where Python would search all of it for cycles: 20 ms.
    gc.freeze()
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    session = session_of(module.params, call_timeout, module.check_mode)
    shown: dict[str, Any] = {}
    if module._verbosity >= _VERBOSE:
        shown["requests"] = session.requests
    try:
        result = body(session)
    except UnfulfilledError as failed:
        module.fail_json(msg=failed.error.message, failure=failed.failure, **failed.found, **shown)
    except StemeDBError as error:
        module.fail_json(msg=error.message, failure=error.as_failure(), **shown)
    place = place_of(module.params["api_key"], result) if session.decides else None
    if place:
        part = StemeDBError(
            "config",
            f"The API key is part of the answer, in {place}. Ansible masks it there, so nothing "
            "that rests on it can be trusted. Give the cluster a key that is no word of its own, "
            "such as a long random one, and set stemedb_api_key to it.",
        )
        module.fail_json(msg=part.message, failure=part.as_failure(), **shown)
    module.exit_json(**{"changed": False, **result, **shown})


def place_of(secret: str | None, value: Any, place: str = "") -> str | None:
    """Where Ansible would mask a secret in a result, such as `nodes[0].state`; None if nowhere.

    It does so in texts and in numbers.
    """
    if not secret or value is None or isinstance(value, bool):
        return None
    inner: Iterable[tuple[str, Any]] = ()
    if isinstance(value, Mapping):
        inner = ((f"{place}.{key}" if place else str(key), item) for key, item in value.items())
    elif isinstance(value, (list, tuple)):
        inner = ((f"{place}[{number}]", item) for number, item in enumerate(value))
    elif secret in str(value):
        return place
    return next((found for name, item in inner if (found := place_of(secret, item, name))), None)
