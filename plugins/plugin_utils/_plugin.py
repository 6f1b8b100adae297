# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of lookups and inventories: options of a plugin in, `AnsibleError` out.

Private to stemedb.cluster. The counterpart of `_module.reader`, on the controller only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.observers import (
    Observers,
    Policy,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.reader import Reader
from ansible_collections.stemedb.cluster.plugins.module_utils._module.options import (
    gateway_options,
    gateway_spec,
    gateway_urls,
)


def reader(
    get_option: Callable[[str], Any],
    log: Callable[[str], None],
    respell: Callable[[str], str] | None = None,
) -> Reader:
    """Asks the first gateway that answers, as the options of a plugin say.

    :param get_option: the plugin's own.
    :param log: gets one line for each request.
    :param respell: changes the JSON of each answer before it is read.
    """
    params = {name: get_option(name) for name in gateway_spec()}
    return Reader(gateway_urls(params), gateway_options(params), log, respell)


def observers(
    get_option: Callable[[str], Any],
    log: Callable[[str], None] | None,
    cluster_name: str | None = None,
) -> Observers:
    """Asks all gateways, as the options of a plugin say.

    :param cluster_name: the cluster to which all of them must belong; empty for any.
    """
    params = {name: get_option(name) for name in gateway_spec()}
    policy = Policy(cluster_name=cluster_name)
    return Observers(gateway_urls(params), gateway_options(params), policy, log)


@contextmanager
def clear_errors(kind: type[Exception], who: str) -> Iterator[None]:
    """Turns an error of ours into one of Ansible's, with the same sentence.

    :param kind: such as `AnsibleError`.
    :param who: the plugin that it happened in.
    """
    try:
        yield
    except StemeDBError as error:
        # Not "from error": Ansible would say its sentence once more.
        raise kind(f"{who}: {error.message} (code {error.code})") from None
