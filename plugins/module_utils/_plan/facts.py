# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan is made of: what Git declares, what the cluster is, what earlier runs left.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Optional, TypeVar, Union

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import split_host
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Snapshot
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.assess import Limits

# What changes the members.
ADD, REPLACE, REMOVE = "add_node", "replace_node", "remove_node"

# A plan that was reviewed is good for a day.
EXPIRES = 86400.0

# True: until somebody unsets it. A number: until then, in seconds since the epoch.
Maintenance = Union[bool, float]

_YES = ("true", "yes", "on", "1", "y", "t")
_NO = ("", "false", "no", "off", "0", "n", "f", "none", "null")
# What somebody writes who means all of them.
_ALL = (*_YES, "all", "*")


class Host(NamedTuple):
    """A host of the inventory.

    :param address: where members reach its node; a port in it has to match too.
    :param node_id: what the inventory says it is, None if it says nothing.
    """

    host: str
    address: str
    node_id: Optional[str] = None
    zone: Optional[str] = None

    @property
    def names(self) -> frozenset[str]:
        """What it is called, in lower case and without a port."""
        return frozenset(filter(None, map(split_host, (self.host, self.address))))


class Settings(NamedTuple):
    """What the run was told.

    :param spares: hosts that may take the place of a dead node, in order of preference.
    :param others: further hosts of the inventory, which `prune` may name.
    :param prune: hosts or full node ids that may be removed although nobody declares them.
    :param lock_hosts: `stemedb_lock_hosts`; empty if the default is derived from the members.
    :param accept: kinds that are accepted by name.
    :param unattended: only replacements of Dead nodes, and only into spares.
    :param max_replacements: in 24 hours, unattended.
    :param expires: seconds for which a reviewed plan is good.
    :param limits: of the guard, without zones: those are of the declared hosts.
    """

    spares: tuple[Host, ...] = ()
    others: tuple[Host, ...] = ()
    prune: tuple[str, ...] = ()
    lock_hosts: tuple[str, ...] = ()
    max_changes: int = 1
    accept: frozenset[str] = frozenset()
    maintenance: Maintenance = False
    unattended: bool = False
    max_replacements: int = 2
    expires: float = EXPIRES
    limits: Limits = Limits()


class Facts(NamedTuple):
    """All that a plan rests on.

    :param moment: seconds since the epoch.
    :param operations: what earlier runs did, as the filter `lock_operations` lists it; None if the
        lock hosts were not asked.
    :param replaces: by host the id in its file `replaces`, None where there is no such file. A host
        that is not in it was not asked.
    :param resolved: the addresses that names resolve to where the cluster is asked from.
    :param bound: the plan that was reviewed, None to plan anew.
    """

    declared: tuple[Host, ...]
    snapshot: Snapshot
    moment: float
    settings: Settings = Settings()
    operations: Optional[tuple[Mapping[str, Any], ...]] = None
    replaces: Mapping[str, Optional[str]] = {}
    resolved: Mapping[str, Sequence[str]] = {}
    bound: Optional[Mapping[str, Any]] = None

    @property
    def hosts(self) -> dict[str, Host]:
        """All hosts by name; what is declared goes before."""
        known = (*self.settings.others, *self.settings.spares, *self.declared)
        return {one.host: one for one in known}


def host(row: Mapping[str, Any]) -> Host:
    """A host as options give it.

    :raises StemeDBError: `config`, if it has no name.
    """
    name = _text(row.get("host"))
    if name is None:
        raise StemeDBError("config", "A host has no name: give each declared host its `host`.")
    return Host(
        name, _text(row.get("address")) or name, _text(row.get("node_id")), _text(row.get("zone"))
    )


def hosts(rows: Iterable[Mapping[str, Any]], option: str) -> tuple[Host, ...]:
    """Hosts as options give them, in their order.

    :param option: which option, for the message.
    :raises StemeDBError: `config`, if one has no name or a name is there twice.
    """
    found = tuple(map(host, rows))
    counts = Counter(one.host for one in found)
    twice = sorted(name for name, count in counts.items() if count > 1)
    if twice:
        raise StemeDBError("config", f"{option} names {', '.join(twice)} twice: name each once.")
    return found


def _text(value: Any) -> Optional[str]:
    text = "" if value is None else str(value).strip()
    return text or None


def replaced(told: Mapping[str, Any]) -> dict[str, Optional[str]]:
    """What the file `replaces` of each host says, None where there is none."""
    return {str(name): _text(node_id) for name, node_id in told.items()}


Number = TypeVar("Number", int, float)


def number(value: Number, option: str) -> Number:
    """A number that is not less than nothing.

    :raises StemeDBError: `config`.
    """
    if not value >= 0:
        raise StemeDBError("config", f"{option} ({value}) must be 0 or more.")
    return value


def prune(names: Iterable[str]) -> tuple[str, ...]:
    """`stemedb_prune`: names, never all.

    :raises StemeDBError: `config`.
    """
    found = tuple(str(name).strip() for name in names if str(name).strip())
    everything = [name for name in found if name.lower() in _ALL]
    if everything:
        raise StemeDBError(
            "config",
            f"stemedb_prune is {everything[0]}, which would remove whatever nobody declares. Name "
            "each host or full node id that is to be removed.",
        )
    return tuple(name for name in found if name.lower() not in _NO)


def maintenance(value: Any) -> Maintenance:
    """`stemedb_maintenance`: true, false, or a time until which, in any spelling.

    :raises StemeDBError: `config`, for another text, or a time without a zone.
    """
    text = str("" if value is None else value).strip()
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    try:
        until = datetime.fromisoformat(text.replace("Z", "+00:00").replace("z", "+00:00"))
    except ValueError:
        until = None
    if until is None or until.tzinfo is None:
        why = "is no time" if until is None else "does not say its zone"
        raise StemeDBError(
            "config",
            f"stemedb_maintenance is {text[:40]!r}, which {why}. Write true, false, or a time with "
            "its zone in quotes, such as '2026-11-23T06:00:00Z'.",
        )
    return until.timestamp()
