# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which path the gateway is asked for what. Private to stemedb.cluster. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError

if TYPE_CHECKING:
    from collections.abc import Mapping

# The default of gateway_url.
DEFAULT_URL = "http://gateway:18181"

AUTH_HEADER = "X-API-Key"

# The first path is the usual one, the others are tried on 404. The four without a path are calls
# that no document of StemeDB describes: only the `endpoints` option switches them on.
PATHS: dict[str, tuple[str, ...]] = {
    "health": ("/v1/health",),
    "status": ("/v1/cluster/status", "/v1/admin/cluster"),
    "nodes": ("/v1/nodes", "/v1/admin/nodes"),  # asked only where the status lists no nodes
    "ranges": ("/v1/admin/ranges",),
    "shard": ("/v1/shards/{shard}",),
    "sync": ("/v1/admin/sync",),
    "drain": (),
    "remove": (),
    "elect_leader": (),
    "rebalance": (),
}
# What a path may hold. The first one it must: without it, something else than was meant would be
# asked or acted on. A rebalance may be of all.
_PLACEHOLDERS: dict[str, tuple[str, ...]] = {
    "shard": ("{shard}",),
    "drain": ("{node}",),
    "remove": ("{node}",),
    "elect_leader": ("{shard}", "{node}"),
    "rebalance": ("{node}", "{shard}"),
}


def check_endpoints(endpoints: Mapping[str, str]) -> dict[str, str]:
    """The `endpoints` option, checked. Raises `config` naming the key and what it could be."""
    for key, path in endpoints.items():
        if key not in PATHS:
            raise StemeDBError(
                "config", f"endpoints has the unknown key {key!r}: use one of {', '.join(PATHS)}."
            )
        if not isinstance(path, str) or not re.fullmatch(r"/[!-\"$-~]*", path):
            raise StemeDBError(
                "config",
                f"endpoints.{key} must be a path that starts with '/' and holds neither blanks"
                f" nor '#', such as {(PATHS[key] or ('/v1/...',))[0]}, not {path!r}.",
            )
        allowed = _PLACEHOLDERS.get(key, ())
        if allowed and key != "rebalance" and allowed[0] not in path:
            raise StemeDBError(
                "config", f"endpoints.{key} must hold {allowed[0]}, which {path!r} does not."
            )
        unknown = [item for item in re.findall(r"\{[^}]*\}?|\}", path) if item not in allowed]
        if unknown:
            raise StemeDBError(
                "config",
                f"endpoints.{key} holds {unknown[0]!r}, which is nothing that can be filled in"
                f" there: allowed are {' and '.join(allowed) or 'no placeholders'}.",
            )
    return dict(endpoints)


def fill(path: str, **values: object) -> str:
    """`path` with its `{node}` and `{shard}` filled in, percent-encoded."""
    for name, value in values.items():
        text = str(value)
        if text in ("", ".", ".."):  # URL rules would drop it, and another path would be asked
            raise StemeDBError("config", f"{text!r} cannot be used as a {name} in {path}.")
        path = path.replace("{" + name + "}", quote(text, safe=""))
    return path


def shard_spellings(shard_id: int) -> tuple[str, ...]:
    """How one shard may be called in a path, in the order to try."""
    return (str(shard_id), f"shard_{shard_id}")


def repeated(url: str, path: str) -> str | None:
    """The first part of a path, if a URL ends with it: `/v1` of `http://g:1/v1`; else None."""
    first = "/" + path.split("/")[1]
    return first if url.endswith(first) else None
