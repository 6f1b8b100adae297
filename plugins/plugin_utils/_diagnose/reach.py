# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who cannot reach whom: a new node its cluster, or the members the new node.

Private to stemedb.cluster. Pure. A firewall often lets one direction through, and a node that joins
needs both: so a sentence names who, whom, the port and what came back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_MEANING = {"closed": "refused", "silent": "no answer", None: "not known"}


def blocked(facts: Mapping[str, Any]) -> list[str]:
    """A sentence for each port that is not reached, in either direction.

    :param facts: `host` (the new node's), `probe` (of stemedb_host_info, there) and `inbound` (of
        the same, on members: the results of a loop over their names); the last two may be None.
    """
    host, probe = facts["host"], facts.get("probe") or {}
    found = [_sentence(host, "", port) for port in _shut(probe.get("ports"))]
    # Where nothing runs nothing listens, and a refusal says that the way is open.
    listens = (probe.get("service") or {}).get("running") is True
    for answer in facts.get("inbound") or ():
        for port in _shut(answer.get("ports")):
            if listens or port["state"] != "closed":
                found.append(_sentence(answer["item"], f"{host} at ", port))
    return found


def not_asked(facts: Mapping[str, Any]) -> list[str]:
    """A sentence for each member that could not be asked whether it reaches the new node."""
    return [
        f"whether {answer['item']} reaches {facts['host']} is not known: "
        f"{answer.get('msg') or 'it was not probed'}"
        for answer in facts.get("inbound") or ()
        if answer.get("ports") is None
    ]


def _shut(ports: Iterable[Mapping[str, Any]] | None) -> list[Mapping[str, Any]]:
    return [port for port in ports or () if port["state"] != "open"]


def _sentence(who: str, whom: str, port: Mapping[str, Any]) -> str:
    where = f"[{port['host']}]" if ":" in port["host"] else port["host"]
    protocol = "tcp or udp" if port["protocol"] == "any" else port["protocol"]
    why = f", {port['error']}" if port.get("error") else ""
    return (
        f"{who} does not reach {whom}{where}:{port['port']} "
        f"({protocol}: {_MEANING.get(port['state'], port['state'])}{why})"
    )
