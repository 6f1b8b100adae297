# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was found of a host's node, as the variables of the node role.

Private to stemedb.cluster. Pure. What is not known has no variable: a remark and a finding say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import endpoint
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import (
    ERROR,
    NOTE,
    WARNING,
    Finding,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._host import command_line
from ansible_collections.stemedb.cluster.plugins.module_utils._host.secrets import HIDDEN
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.facts import (
    Found,
    Part,
    finding,
    is_running,
    settings_of,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.find import (
    Candidate,
    argv_of,
    described,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.ports import (
    PORTS,
    Known,
    ports,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.service import (
    environment,
    service,
    user,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.identity import (
    Claims,
    resolve,
)


def bare(defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Defaults of the node role by their names without `stemedb_node_`."""
    return {name.removeprefix("stemedb_node_"): value for name, value in defaults.items()}


def look_at(candidate: Candidate, said: Mapping[str, Any], defaults: Mapping[str, Any]) -> Any:
    """The files that tell more of a node: `{config, data_dir, node_id_file, data_dir_file}`."""
    argv = argv_of(candidate)
    line = command_line.parse(argv) if argv else None
    config = str(said["config_path"] or (line and _absolute(line.config, candidate)) or "")
    config = config or str(defaults["config_path"])
    data_dir = (line and _absolute(line.data_dir, candidate)) or said["data_dir"]
    beside = config.rpartition("/")[0]
    return {
        "config": config,
        "data_dir": data_dir or defaults["data_dir"],
        "node_id_file": f"{beside}/node_id",
        "data_dir_file": f"{beside}/data_dir",
    }


def _absolute(path: str | None, candidate: Candidate) -> str | None:
    """A path of a command line, from where its process stands; None if that is not known."""
    if not path or path.startswith("/"):
        return path or None
    base = (candidate.process or {}).get("cwd")
    return f"{base.rstrip('/')}/{path.removeprefix('./')}" if base else None


def describe(found: Found) -> dict[str, Any]:
    """`{host, node_id, variables, remarks, findings, seeds, running, cluster_names}`.

    `node_id` is None, and the host can not be adopted, where its identity is not certain.
    `cluster_names` are those that its configuration has.
    """
    line, reading = _read_line(found)
    identity = _identity(found, line)
    node_id = identity.variables.get("id")
    member = _member(found, node_id)
    seeds, of_seeds = _seeds(found, line)
    parts = [
        identity,
        _address(found, member),
        service(found),
        user(found),
        reading,
        _files(found, line),
        of_seeds,
        environment(found),
        _ports(found, member, seeds),
        _membership(found, node_id, member),
    ]
    return {
        "host": found.host,
        "node_id": node_id,
        "variables": {key: value for part in parts for key, value in part.variables.items()},
        "remarks": [remark for part in parts for remark in part.remarks],
        "findings": [one._asdict() for part in parts for one in part.findings],
        "seeds": seeds,
        "running": is_running(found.candidate),
        "cluster_names": settings_of(found, "cluster_name"),
    }


def _read_line(found: Found) -> tuple[command_line.CommandLine | None, Part]:
    """The command line taken apart: flags, and what cannot be understood of it."""
    unit, process = found.candidate
    argv = argv_of(found.candidate)
    if not argv:
        problem = "its command line cannot be read, or is a script's"
        if unit and unit["argv"] and not process and not unit["literal"]:
            problem = f"{unit['name']} does not run, and its ExecStart has quotes or variables"
        shown = f" ({described([found.candidate])})" if any(found.candidate) else ""
        detail = (
            f"{problem}{shown}, so flags, paths and seeds are not known. Run the node, or accept "
            "this and write its variables yourself."
        )
        remark = "binary, flags, data directory and seeds: not known; write them here"
        return None, Part({}, (remark,), (finding(found, "not_understood", ERROR, detail),))
    line = command_line.parse(argv)
    return line, _flags(found, line)


def _flags(found: Found, line: command_line.CommandLine) -> Part:
    remarks, findings = [], []
    if any(HIDDEN in flag for flag in line.flags):
        remarks.append(
            "secrets on its command line, which anybody on the host can read, were not copied: "
            "put them into vault_stemedb_node_flags, by flag"
        )
        detail = "its command line holds secrets, which anybody on the host can read."
        findings.append(finding(found, "secret_flag", WARNING, detail))
    if line.words:
        words = " ".join(line.words)
        remarks.append(
            f"its command line has '{words}' before the flags; the unit of this collection has "
            "not: stemedb_node_unit_template takes one of your own"
        )
        detail = f"'{words}' stands before the flags; a unit template of your own can do that."
        findings.append(finding(found, "words_before_flags", WARNING, detail))
    if line.cut:
        detail = f"{line.cut} is the last word of its command line and has no value."
        findings.append(finding(found, "not_understood", ERROR, detail))
    return Part({"flags": list(line.flags)}, tuple(remarks), tuple(findings))


def _identity(found: Found, line: command_line.CommandLine | None) -> Part:
    unit, process = found.candidate
    argv = argv_of(found.candidate)
    service = {
        "name": unit["name"] if unit else f"process {process['pid']}" if process else "the service",
        "running": is_running(found.candidate),
        "state": unit["state"] if unit else "running" if process else "stopped",
        "argv": argv if process else None,
        "unit_argv": argv if unit else None,
        "node_id": line.node_id if line else None,
    }
    # Whose files they are is no question of which node it is: what the node role makes of that, the
    # comparison with it tells.
    owner = {"uid": (found.probe.get("data_dir") or {}).get("uid")}
    members = [dict(member) for member in found.members or ()]
    claims = Claims(
        node_id=str(found.said["node_id"]) or None,
        probe={**found.probe, "service": service, "user": owner},
        members=members,
        names=found.names,
        rpc_port=_rpc_port(found),
    )
    try:
        resolved = resolve(claims, new_id="new")
    except StemeDBError as error:
        return Part({}, (), (finding(found, "identity", ERROR, error.message),))
    if resolved["source"] == "new":
        detail = "it has no id and no data, so it is no node yet; add_node makes it one."
        return Part({}, (), (finding(found, "identity", ERROR, detail),))
    return Part({"id": resolved["node_id"]})


def _rpc_port(found: Found) -> int:
    """The port of the members at this address if it is one, so that others than 18182 match."""
    at_host = (endpoint(member.get("address")) for member in found.members or ())
    told = {one.port for one in at_host if one.host in found.names and one.port}
    default = found.said["rpc_port"] or found.defaults["rpc_port"]
    return told.pop() if len(told) == 1 and not found.said["rpc_port"] else int(default)


def _member(found: Found, node_id: Any) -> Mapping[str, Any] | None:
    return next((one for one in found.members or () if one["node_id"] == node_id), None)


def _membership(found: Found, node_id: Any, member: Mapping[str, Any] | None) -> Part:
    findings = []
    if node_id and found.members is not None and member is None:
        detail = (
            f"its node {node_id} is none that the cluster lists. Correct stemedb_gateway_url, or "
            "take the host out of stemedb_nodes; a node that stood still for long may have aged "
            "out of the list."
        )
        findings.append(finding(found, "not_a_member", ERROR, detail))
    if is_running(found.candidate) is False:
        state = f" and is listed as {member['state']}" if member else ""
        findings.append(finding(found, "not_running", WARNING, f"its node does not run{state}."))
    return Part({}, (), tuple(findings))


def _address(found: Found, member: Mapping[str, Any] | None) -> Part:
    """The address, unless it is what the host is reached by anyway."""
    plain = str(found.defaults["address"])
    said = str(found.said["address"] or plain)
    listed = endpoint((member or {}).get("address")).host
    value = said if said != plain or listed is None or listed in found.names else listed
    return Part({"address": value} if value != plain else {})


def _files(found: Found, line: command_line.CommandLine | None) -> Part:
    """Binary, data directory and configuration."""
    process = found.candidate.process
    variables: dict[str, Any] = {}
    findings = []
    program = process["program"] if process else line.program if line else None
    if program and program.startswith("/"):
        variables["binary"] = program
    elif line:
        detail = f"where its program {line.program} lies is not known; set stemedb_node_binary."
        findings.append(finding(found, "unknown_binary", WARNING, detail))
    if process and process["replaced"]:
        detail = f"{program} was replaced since the node was started; a restart would use it."
        findings.append(finding(found, "binary_replaced", WARNING, detail))
    looked = look_at(found.candidate, found.said, found.defaults)
    variables["config_path"] = looked["config"]
    if found.probe.get("config") is None:
        detail = f"its configuration {looked['config']} cannot be read; let Ansible become root."
        findings.append(finding(found, "unknown_config", WARNING, detail))
    if line:
        findings.extend(_data_dir(found, line, looked["data_dir"]))
        findings.extend(_relative(found, "config_path", "configuration", line.config))
    is_lost = line is None or (line.data_dir and not _absolute(line.data_dir, found.candidate))
    if found.said["data_dir"] or not is_lost:
        variables["data_dir"] = looked["data_dir"]
    return Part(variables, (), tuple(findings))


def _data_dir(found: Found, line: command_line.CommandLine, looked: str) -> Iterable[Finding]:
    said = found.said["data_dir"]
    yield from _relative(found, "data_dir", "data directory", line.data_dir)
    if line.data_dir is None:
        yield from _unsaid_data_dir(found, looked)
    elif line.data_dir.startswith("/") and said and looked != said:
        detail = f"it runs with {looked}, and stemedb_node_data_dir was {said}."
        yield finding(found, "variable_differs", WARNING, detail)


def _relative(found: Found, variable: str, what: str, word: str | None) -> Iterable[Finding]:
    """A path that says something only where its process was started."""
    if not word or word.startswith("/"):
        return
    path = _absolute(word, found.candidate) or found.said[variable]
    if path:
        detail = f"its {what} is {word}, from where it was started: {path}."
        if variable == "config_path":
            detail += " A service starts elsewhere: name all of it in stemedb_node_flags."
        yield finding(found, "relative_path", WARNING, detail)
    else:
        detail = (
            f"its {what} is {word}, from where it was started, and where that was cannot be read. "
            f"Let Ansible become root, or set stemedb_node_{variable}."
        )
        yield finding(found, "not_understood", ERROR, detail)


def _unsaid_data_dir(found: Found, looked: str) -> Iterable[Finding]:
    """Without --data-dir it may be anywhere; a directory with data is taken at its word."""
    told = [value for value in settings_of(found, "data_dir") if value not in (None, looked)]
    data = found.probe.get("data_dir")
    if told or not data or data["empty"]:
        by_file = f", and its configuration says {told[0]}" if told else ""
        detail = f"it has no --data-dir{by_file}. Set stemedb_node_data_dir for this host."
        yield finding(found, "not_understood", ERROR, detail)


def _seeds(found: Found, line: command_line.CommandLine | None) -> tuple[list[str] | None, Part]:
    """The seeds that it is started with; of a configuration's, that they are not its own."""
    if line is None:
        return None, Part({})
    if line.seed_nodes is not None:
        return list(line.seed_nodes), Part({})
    where = "only in its configuration" if settings_of(found, "seed_nodes") else "nowhere"
    detail = f"it has no --seed-nodes; seeds are {where}."
    return [], Part({}, (), (finding(found, "no_seeds", NOTE, detail),))


def _ports(found: Found, member: Mapping[str, Any] | None, seeds: list[str] | None) -> Part:
    own = endpoint((member or {}).get("address")).host
    known = Known(
        said=found.said,
        settings={name: (settings_of(found, name) or [None])[0] for name in PORTS},
        defaults=found.defaults,
        names=found.names | ({own} if own else set()),
        member_address=(member or {}).get("address"),
        seeds=seeds or (),
        gateway_urls=found.gateway_urls,
        listens=(found.candidate.process or {}).get("listens"),
    )
    numbers, doubts = ports(known)
    findings = (finding(found, "port", WARNING, f"{doubt}.") for doubt in doubts)
    return Part({name: numbers[name] for name in PORTS}, (), tuple(findings))
