# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of everything that asks a gateway, once for modules and once for plugins.

Private to stemedb.cluster. Documented in the `gateway` and `observers` documentation fragments.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.basic import env_fallback
from ansible.module_utils.common.validation import check_type_float
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.client import (
    GatewayOptions,
    parse_urls,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.decode import parse_shard_id
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.paths import DEFAULT_URL


def gateway_spec() -> dict[str, dict[str, Any]]:
    """The argument spec of the `gateway` fragment."""
    return {
        "gateway_url": {
            "type": "list",
            "elements": "str",
            "default": [DEFAULT_URL],
            "fallback": (env_fallback, ["STEMEDB_GATEWAY_URL"]),
        },
        "api_key": {
            "type": "str",
            "no_log": True,
            "fallback": (env_fallback, ["STEMEDB_API_KEY"]),
        },
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path", "fallback": (env_fallback, ["STEMEDB_CA_PATH"])},
        "client_cert": {"type": "path", "fallback": (env_fallback, ["STEMEDB_CLIENT_CERT"])},
        "client_key": {
            "type": "path",
            "no_log": False,
            "fallback": (env_fallback, ["STEMEDB_CLIENT_KEY"]),
        },
        "timeout": {
            "type": "float",
            "default": 10.0,
            "fallback": (env_fallback, ["STEMEDB_TIMEOUT"]),
        },
        "retries": {"type": "int", "default": 2},
        "endpoints": {"type": "dict", "default": {}},
        "max_body_mib": {"type": "int", "default": 64},
    }


def cluster_name_spec() -> dict[str, dict[str, Any]]:
    """The argument spec of `gateway.cluster_name`."""
    return {"cluster_name": {"type": "str"}}


def observers_spec() -> dict[str, dict[str, Any]]:
    """The argument spec of the `observers` fragment."""
    return {
        "observers": {"type": "str", "choices": ["all", "quorum"], "default": "all"},
        "exclude_nodes": {"type": "list", "elements": "str", "default": []},
        "discover_observers": {"type": "bool", "default": False},
    }


def gateway_urls(params: Mapping[str, Any]) -> tuple[str, ...]:
    """The gateways that were named.

    :raises StemeDBError: `config`.
    """
    return parse_urls(params["gateway_url"])


def gateway_options(params: Mapping[str, Any], timeout: str = "timeout") -> GatewayOptions:
    """How to reach them; whoever has another `timeout` of its own names the option for a call."""
    return GatewayOptions(
        api_key=params["api_key"] or None,
        validate_certs=params["validate_certs"],
        ca_path=params["ca_path"],
        client_cert=params["client_cert"],
        client_key=params["client_key"],
        timeout=params[timeout],
        retries=params["retries"],
        endpoints=params["endpoints"] or {},
        max_body=params["max_body_mib"] * 2**20,
        timeout_option=timeout,
    )


def shard_ids(given: Iterable[Any]) -> tuple[int, ...]:
    """The numbers of shards named in any spelling.

    :raises StemeDBError: `config`.
    """
    try:
        return tuple(parse_shard_id(shard) for shard in given)
    except ValueError as error:
        raise StemeDBError("config", str(error)) from error


def wait_seconds(options: Mapping[str, Any]) -> float | None:
    """Seconds of a wait with all its stages, None if one has no finite number of them above 0."""
    stages = options.get("stages")
    own = [s.get("timeout") for s in stages if isinstance(s, dict)] if stages else [None]
    found = [_seconds(options.get("timeout") if one is None else one) for one in own]
    known = [seconds for seconds in found if seconds is not None]
    return sum(known) if known and len(known) == len(found) else None


def _seconds(given: Any) -> float | None:
    try:
        timeout = check_type_float(300.0 if given is None else given)
    except (TypeError, ValueError):
        return None
    return timeout if timeout > 0 and math.isfinite(timeout) else None
