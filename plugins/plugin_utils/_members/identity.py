# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which node a host is: one id from all that speaks of it, or a refusal.

Private to stemedb.cluster. Pure: facts in, an id out. A host that is taken for another node brings
that node's data into doubt, so whatever contradicts itself or is not known is refused, and nothing
is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    endpoint,
    names_of,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE, DEAD
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import (
    known_as,
    same_id,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.plugin_utils._probes import why

_UUID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Claims(NamedTuple):
    """All that is known about who a host is.

    :param node_id: what the inventory says (`stemedb_node_id`), None if it says nothing.
    :param probe: the result of stemedb_host_info: `node_id_file`, `data_dir_file`, `data_dir`,
        `user`, `service`, `addresses`, `errors`.
    :param members: the cluster's nodes as stemedb_node_info lists them, empty before there are any.
    :param names: the host's address and what it resolves to.
    :param rpc_port: the port of the host's own address in the cluster.
    """

    node_id: str | None
    probe: dict[str, Any]
    members: list[dict[str, Any]]
    names: frozenset[str]
    rpc_port: int


def identify(
    probe: dict[str, Any],
    node_id: str | None,
    members: Sequence[Mapping[str, Any]],
    address: str | None,
    rpc_port: int,
    new_id: str,
    leaves: bool,
) -> dict[str, Any]:
    """`{node_id, source, write_file}` of a host, in the terms of the inventory; see `Claims`.

    :param new_id: the id of a host that has none and holds nothing.
    :param leaves: only the id is asked for, which is then None where the host is no node.
    :raises StemeDBError: `config`, as `resolve` and `member`.
    """
    claims = Claims(
        node_id=node_id or None,
        probe=probe,
        members=[dict(one) for one in members],
        names=names_of(endpoint(address).host, probe.get("ports")),
        rpc_port=rpc_port,
    )
    if leaves:
        return {"node_id": member(claims), "source": None, "write_file": False}
    return resolve(claims, new_id)


def resolve(claims: Claims, new_id: str) -> dict[str, Any]:
    """`{node_id, source, write_file}`; source is variable, file, service, address or new.

    :param new_id: the id of a host that has none and holds nothing.
    :raises StemeDBError: `config`, with what to do, where the id is not certain; its detail is the
        kind of finding that it is in a preflight.
    """
    _demand_facts(claims.probe)
    at_address = _members_at(claims)
    source, node_id = (
        _named(claims) or _by_address(claims.probe, at_address) or _new(claims.probe, new_id)
    )
    if len(node_id.split()) != 1 or node_id.startswith("-"):
        _refuse("identity", f"{node_id!r} ({source}) is no node id: an id is one word")
    _refuse_foreign_address(node_id, source, at_address)
    _refuse_used_elsewhere(node_id, source, claims)
    _refuse_moved_data(claims.probe)
    _refuse_foreign_data(node_id, source, claims.probe)
    _refuse_lost_data(node_id, source, claims)
    write_file = not claims.probe["node_id_file"]["exists"]
    return {"node_id": node_id, "source": source, "write_file": write_file}


def member(claims: Claims) -> str | None:
    """The id of a host that is to leave; None where nothing says that it ever was a node.

    Its data may be lost, and decides nothing. Who it is must be certain all the same: what is
    stopped there is that node.

    :raises StemeDBError: `config`, with what to do, where the id is not certain.
    """
    if claims.probe.get("node_id_file") is None:
        _refuse(
            "unknown_identity",
            f"The file node_id of this host cannot be read ({why(claims.probe, 'node_id_file')}), "
            "so its identity is not certain; let Ansible connect as a user who may (become)",
        )
    at_address = _members_at(claims)
    found = _named(claims) or _by_address(claims.probe, at_address)
    if found is None:
        return None
    source, node_id = found
    _refuse_foreign_address(node_id, source, at_address)
    _refuse_used_elsewhere(node_id, source, claims)
    return node_id


def _refuse(kind: str, sentence: str) -> NoReturn:
    raise StemeDBError("config", f"{sentence}.", detail=kind)


def _demand_facts(probe: dict[str, Any]) -> None:
    for section, what in (
        ("data_dir", "data directory"),
        ("node_id_file", "file node_id"),
        ("data_dir_file", "file data_dir"),
    ):
        if probe.get(section) is None:
            _refuse(
                "unknown_identity",
                f"The {what} of this host cannot be read ({why(probe, section)}), so its identity "
                "is not certain; let Ansible connect as a user who may read it (become)",
            )


def _named(claims: Claims) -> tuple[str, str] | None:
    """The id that variable, file and service agree on, None if none of them speaks."""
    service = claims.probe.get("service") or {}
    recorded = claims.probe["node_id_file"]
    said = [
        ("variable", claims.node_id, "stemedb_node_id"),
        ("file", recorded["node_id"], str(recorded["path"])),
        ("service", service.get("node_id"), f"--node-id of the service {service.get('name')}"),
    ]
    found = [(source, node_id, where) for source, node_id, where in said if node_id]
    if len({str(node_id).lower() for _source, node_id, _where in found}) > 1:
        listed = ", ".join(f"{where} says {node_id}" for _source, node_id, where in found)
        _refuse(
            "identity",
            f"This host has more than one identity: {listed}; correct the one that is wrong",
        )
    if not found:
        return None
    # The cluster's spelling first, then the one that this host was started with: a node that is
    # told its id in another case may take itself for another node. A new id is in lower case.
    members = [str(member["node_id"]) for member in claims.members]
    written = [str(node_id) for source, node_id, _where in found if source != "variable"]
    spelled = written[0] if written else _lower_uuid(str(found[0][1]))
    return found[0][0], known_as(spelled, members)


def _lower_uuid(node_id: str) -> str:
    return node_id.lower() if _UUID.fullmatch(node_id) else node_id


def _members_at(claims: Claims) -> list[dict[str, Any]]:
    """The members that the cluster lists at this host's address."""
    found = []
    for member in claims.members:
        host, port = endpoint(member.get("address"))
        if host in claims.names and port in (None, claims.rpc_port):
            found.append(member)
    return found


def _by_address(probe: dict[str, Any], at_address: list[dict[str, Any]]) -> tuple[str, str] | None:
    service = probe.get("service")
    if service is None:
        _refuse(
            "unknown_identity",
            f"Whether this host runs a node already is not known ({why(probe, 'service')}); "
            "make the service manager answer, or set stemedb_node_id",
        )
    if service["running"] is not False and not (service["argv"] or service["unit_argv"]):
        _refuse(
            "unknown_identity",
            f"The service {service['name']} may be running ({service['state']}) and its command "
            "line cannot be read, so its --node-id is not known; set stemedb_node_id",
        )
    if len(at_address) > 1:
        listed = ", ".join(sorted(member["node_id"] for member in at_address))
        _refuse(
            "identity",
            f"The cluster lists {len(at_address)} nodes at this host's address: {listed}; "
            "set stemedb_node_id to the one it is",
        )
    return ("address", str(at_address[0]["node_id"])) if at_address else None


def _new(probe: dict[str, Any], new_id: str) -> tuple[str, str]:
    """A new id, only for a host that holds nothing and runs nothing."""
    data, service = probe["data_dir"], probe["service"]
    if not data["empty"]:
        listed = ", ".join(data["entries"][:5])
        mark = data.get("mark")
        says = f"only its mark says whose data it is ({_marked(mark)})" if mark else ""
        _refuse(
            "identity",
            f"The data directory {data['path']} is not empty ({listed}) and "
            f"{says or 'nothing says whose data it is'}; set stemedb_node_id to the id of the "
            "node that wrote it, or move the data aside",
        )
    if service["running"] is not False:
        _refuse(
            "identity",
            f"The service {service['name']} runs ({service['state']}) without a --node-id, and "
            "nothing else says which node it is; set stemedb_node_id",
        )
    return "new", new_id


def _refuse_foreign_address(node_id: str, source: str, at_address: list[dict[str, Any]]) -> None:
    for member in at_address:
        if not same_id(member["node_id"], node_id) and member.get("state") == ALIVE:
            _refuse(
                "address_in_use",
                f"This host is {node_id} ({source}), but the cluster lists {member['node_id']} "
                f"Alive at its address {member['address']}; correct the id, or if that node is "
                "gone, wait until it is listed as Dead",
            )


def _refuse_used_elsewhere(node_id: str, source: str, claims: Claims) -> None:
    """Two live nodes of one id: a machine cloned with its files, or an id that was copied."""
    known = {one["address"]: one["own"] for one in claims.probe.get("addresses") or ()}
    service = claims.probe.get("service") or {}
    runs_here = service.get("running") is True and same_id(service.get("node_id"), node_id)
    for member in claims.members:
        address = member.get("address")
        if not same_id(member["node_id"], node_id) or member.get("state") == DEAD:
            continue
        if endpoint(address).host in claims.names or known.get(address) is True:
            continue
        # Where the address tells nothing, a node that runs here is taken for the member.
        if known.get(address) is None and runs_here:
            continue
        _refuse(
            "node_id_in_use",
            f"This host is {node_id} ({source}), but the cluster lists that id "
            f"{member.get('state')} at {address}, which is not known to be this host: a machine "
            "that was cloned needs an id and data of its own (move its file node_id and its data "
            "aside). If it is this host, set stemedb_node_address to that address; if the node was "
            "there and is gone, wait until it is listed as Dead",
        )


def _refuse_moved_data(probe: dict[str, Any]) -> None:
    """The data lies elsewhere, by our own record or, on a host without one, by its service."""
    ours, service = probe["data_dir"]["path"], probe.get("service") or {}
    record = probe["data_dir_file"]
    path, where = service.get("data_dir"), f"--data-dir of the service {service.get('name')}"
    if record["exists"]:
        path, where = record["data_dir"], record["path"]
    if path and not _same_path(path, ours):
        _refuse(
            "data_dir_moved",
            f"The data of this host's node lies in {path} ({where}), but stemedb_node_data_dir is "
            f"{ours}; correct that, or if the data was moved, write its new place as the one line "
            "of the file data_dir beside the configuration",
        )


def _refuse_foreign_data(node_id: str, source: str, probe: dict[str, Any]) -> None:
    """Data of another node, by the mark that its directory bears, or of another user."""
    data = probe["data_dir"]
    if data["empty"]:
        return
    mark, user = data.get("mark"), probe.get("user")
    if mark and not same_id(mark["node_id"], node_id):
        _refuse(
            "data_dir_foreign",
            f"The data directory {data['path']} is marked as that of {_marked(mark)}, and this "
            f"host is {node_id} ({source}): mount the disk that belongs here, or correct the id. "
            "If it is this node's all the same, remove the mark: setfattr -x user.stemedb.cluster "
            f"{data['path']}",
        )
    if user is None:
        _refuse(
            "unknown_identity",
            f"Whether {data['path']} belongs to the user of the node is not known "
            f"({why(probe, 'user')}); set stemedb_node_user",
        )
    if data["uid"] != user["uid"]:
        _refuse(
            "data_dir_owner",
            f"The data directory {data['path']} holds data of the user "
            f"{data['user'] or data['uid']}, not of {user['name']}. Set stemedb_node_user to the "
            "one that owns it, or change the owner of all of it yourself",
        )


def _marked(mark: dict[str, Any]) -> str:
    return f"node {mark['node_id']} of cluster {mark['cluster_name']}"


def _same_path(said: str, ours: str) -> bool:
    """What systemd shows of a command line ends a path at its first blank."""
    said, ours = said.rstrip("/"), ours.rstrip("/")
    return said == ours or ours.startswith(f"{said} ")


def _refuse_lost_data(node_id: str, source: str, claims: Claims) -> None:
    """A known id without its data would claim replicas that it does not hold."""
    data = claims.probe["data_dir"]
    if not data["empty"]:
        return
    for member in claims.members:
        if not same_id(member["node_id"], node_id) or member.get("shards") == []:
            continue
        shards = member.get("shards")
        held = "an unknown number of shards" if shards is None else f"{len(shards)} shards"
        _refuse(
            "data_lost",
            f"The cluster knows {node_id} ({source}) with {held}, but the data directory "
            f"{data['path']} is empty: use replace_node, or correct stemedb_node_data_dir if the "
            "data lies elsewhere",
        )
