# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a playbook must not run as it was called. Private to stemedb.cluster. Pure.

What --limit or an empty inventory leaves out is skipped, and Ansible calls that a success.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from typing import Any

# With -e they would beat what the procedures hand over, such as whether a stop is for good.
COMPUTED = re.compile(
    r"stemedb_(add_node_step_of"
    r"|diagnose_(before|failed|names|next|release_lock|replaces|result|shards|target)"
    r"|lock_(beyond|for|leaves|operation|outcome|step|target)"
    r"|node_(command_line|known_members|locked|look_at)"
    r"|preflight_(cluster_exists|known_cluster)"
    r"|reconcile_(due|plan)"
    r"|stop_(disable|former|host|node_id|permanent|zones))"
)
# Facts of an earlier play of the same run: of these, only -e has precedence.
_RECORDED = ("stemedb_reconcile_due", "stemedb_reconcile_plan")
# Known beside what roles document: a host's, and those of the playbooks contract_check and health.
_KNOWN = (
    "stemedb_node_zone",
    "stemedb_contract_capture",
    "stemedb_contract_report",
    "stemedb_heat_map_dest",
    "stemedb_metrics_dest",
)
# What playbooks record for later ones of the same run, and is like the name of a variable.
_FACTS = (
    "stemedb_diagnose_export",
    "stemedb_node_looked",
    "stemedb_rolling_restart_before",
    "stemedb_rolling_restart_order",
)
# How much a mistyped name is like the one that was meant, from 0 to 1; users may have names of
# their own with our prefix.
_ALIKE = 0.9
_MAX_HOSTS = 5
_MEMBERS = ("stemedb_nodes", "stemedb_new_nodes")


def refusal(
    variables: Mapping[str, Any],
    needs_members: bool,
    gateway: str,
    given: Collection[str] = (),
    documented: Collection[str] = (),
) -> str | None:
    """A sentence, or None where nothing is left out.

    :param variables: those of a task on any host of the play.
    :param needs_members: whether the members have to be hosts of the run, or localhost alone.
    :param gateway: the gateway that the environment names.
    :param given: names that `-e` sets.
    :param documented: names that roles take.
    """
    limited = _limited(variables, needs_members)
    if limited is not None:
        return limited
    named = "stemedb_gateway_url" in variables or gateway
    if not named and not variables["groups"].get("all"):
        return (
            "No host and no gateway is known: the inventory is empty, could not be read (Ansible "
            "warns of that above), or none was named. Name it with -i INVENTORY, or as inventory "
            "in ansible.cfg. Nothing was changed."
        )
    computed = sorted(
        name
        for name in variables
        if COMPUTED.fullmatch(name) and (name in given or name not in _RECORDED)
    )
    if computed:
        return (
            f"{', '.join(computed)} cannot be set by -e or in the inventory: the procedures "
            "compute it for each node and step. Nothing was changed. Leave it out."
        )
    return _mistyped(given, {*documented, *_KNOWN})


def _mistyped(given: Collection[str], known: set[str]) -> str | None:
    """Ansible ignores a variable that nobody reads, and the run would have another target."""
    for name in sorted(set(given) - known):
        meant = _alike(name, known)
        if meant is not None:
            return (
                f"-e sets {name}, which nothing reads. Did you mean {meant}? Nothing was "
                "changed. Correct the name."
            )
    return None


def mistyped(names: Collection[str], documented: Collection[str]) -> dict[str, str]:
    """Of names in an inventory those that nothing reads, each with the one that was meant.

    :param names: those of an inventory's variables, and of what earlier playbooks have recorded.
    :param documented: names that roles take.
    """
    known = {*documented, *_KNOWN}
    unknown = (
        name
        for name in names
        if name.startswith("stemedb_")
        and name not in known
        and name not in _FACTS
        and not COMPUTED.fullmatch(name)
    )
    found = {name: _alike(name, known) for name in unknown}
    return {name: meant for name, meant in found.items() if meant is not None}


def _alike(name: str, known: set[str]) -> str | None:
    alike = difflib.get_close_matches(name, known, 1, _ALIKE)
    return alike[0] if alike else None


def _limited(variables: Mapping[str, Any], needs_members: bool) -> str | None:
    groups = variables["groups"] if needs_members else {}
    needed = ["localhost", *(host for group in _MEMBERS for host in groups.get(group, ()))]
    missing = [host for host in needed if host not in variables["ansible_play_hosts_all"]]
    if not missing:
        return None
    limit = variables.get("ansible_limit", "")
    few = len(missing) <= _MAX_HOSTS
    more = "" if few else " and others"
    target = " (stemedb_target names the hosts to act on)" if needs_members else ""
    added = ",".join(missing) if few else "localhost,stemedb_nodes"
    return (
        f"--limit {limit} leaves out {', '.join(missing[:_MAX_HOSTS])}{more}, without which "
        "nothing can be done or verified. Nothing was changed. Run it without --limit"
        f"{target}, or add them: --limit '{limit},{added}'"
    )
