# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between a plan that was reviewed and the state now, in words.

Private to stemedb.cluster. Pure. The fingerprints say whether something differs. A plan lists hosts
and nodes, so that a difference of those has a name; spares, lock hosts and zones are in its
fingerprint alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Optional

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import DEAD

_DECLARED = ("matched", "to_add", "to_replace", "missing", "substituted")
_UNDECLARED = "undeclared"
_MOST = 5
_LONGEST = 60

Plan = Mapping[str, Any]
Row = Mapping[str, Any]


def sentence(was: Plan, now: Plan) -> str:
    """What has changed since a plan was made, or what may have.

    :param was: the plan, which may be any JSON of its form.
    :param now: the same lists as of now, and `cluster`.
    """
    found = list(_changes(was, now))
    if not found:
        return (
            "since it was made, the zone of a host, the spares or stemedb_lock_hosts have changed: "
            "these it does not list"
        )
    more = f"; and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return f"since it was made, this has changed: {'; '.join(found[:_MOST])}{more}"


def _changes(was: Plan, now: Plan) -> Iterator[str]:
    if was.get("cluster") != now.get("cluster"):
        yield f"the cluster was {_text(was.get('cluster'))} and is {_text(now.get('cluster'))}"
    before, after = _hosts(was), _hosts(now)
    for host in [*before, *(name for name in after if name not in before)]:
        if host not in after:
            yield f"{_text(host)} is no longer declared"
        elif host not in before:
            yield f"{_text(host)} is declared"
        elif before[host].get("address") != after[host].get("address"):
            old, new = before[host].get("address"), after[host].get("address")
            yield f"the address of {_text(host)} was {_text(old)} and is {_text(new)}"
    yield from _of_nodes(_nodes(was), _nodes(now))


def _of_nodes(before: Mapping[str, Row], after: Mapping[str, Row]) -> Iterator[str]:
    for node_id in [*before, *(one for one in after if one not in before)]:
        old, new = before.get(node_id), after.get(node_id)
        name = _named(node_id, new or old)
        if new is None:
            yield f"{name} is no longer listed"
        elif old is None:
            yield f"{name} is listed" + (" as Dead" if new.get("state") == DEAD else "")
        elif (old.get("state") == DEAD) != (new.get("state") == DEAD):
            yield f"{name} was {_text(old.get('state'))} and is {_text(new.get('state'))}"
        elif bool(old.get("prune")) != bool(new.get("prune")):
            yield f"stemedb_prune {'names' if new.get('prune') else 'no longer names'} {name}"


def _hosts(plan: Plan) -> dict[str, Row]:
    """The declared hosts, by name."""
    return {str(row["host"]): row for key in _DECLARED for row in _rows(plan, key) if "host" in row}


def _nodes(plan: Plan) -> dict[str, Row]:
    """The listed nodes, by id in lower case."""
    rows = [row for key in (*_DECLARED, _UNDECLARED) for row in _rows(plan, key)]
    return {
        str(row["node_id"]).lower(): row for row in rows if row.get("node_id") and row.get("state")
    }


def _rows(plan: Plan, key: str) -> list[Row]:
    rows = plan.get(key)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _named(node_id: str, row: Optional[Row]) -> str:
    host = (row or {}).get("host")
    return f"node {_text(node_id)}" + (f" of {_text(host)}" if host else "")


def _text(value: Any) -> str:
    return "unknown" if value is None else str(value)[:_LONGEST]
