# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a playbook must not run as it was called. Private to stemedb.cluster. Pure.

What --limit or an empty inventory leaves out is skipped, and Ansible calls that a success.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# With -e they would beat what the procedures hand over, such as whether a stop is for good.
COMPUTED = re.compile(
    r"stemedb_(add_node_step_of"
    r"|diagnose_(before|failed|names|next|release_lock|replaces|result|shards|target)"
    r"|lock_(beyond|for|leaves|operation|outcome|step|target)"
    r"|node_(command_line|known_members|locked|look_at)"
    r"|preflight_(cluster_exists|known_cluster)"
    r"|stop_(disable|former|host|node_id|permanent|zones))"
)
_MAX_HOSTS = 5
_MEMBERS = ("stemedb_nodes", "stemedb_new_nodes")


def refusal(variables: Mapping[str, Any], needs_members: bool, gateway: str) -> str | None:
    """A sentence, or None where nothing is left out.

    :param variables: those of a task on any host of the play.
    :param needs_members: whether the members have to be hosts of the run, or localhost alone.
    :param gateway: the gateway that the environment names.
    """
    limited = _limited(variables, needs_members)
    if limited is not None:
        return limited
    named = "stemedb_gateway_url" in variables or gateway
    if not named and not variables["groups"].get("all"):
        return (
            "No host and no gateway is known: the inventory is empty, or none was named. Name it "
            "with -i INVENTORY, or as inventory in ansible.cfg. Nothing was changed."
        )
    computed = sorted(name for name in variables if COMPUTED.fullmatch(name))
    if computed:
        return (
            f"{', '.join(computed)} cannot be set by -e or in the inventory: the procedures "
            "compute it for each node and step. Nothing was changed. Leave it out."
        )
    return None


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
