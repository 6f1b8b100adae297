# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of a host's units and processes is its node. Private to stemedb.cluster. Pure.

What the inventory names wins. Otherwise there has to be one that can be it: of several, the
cluster tells them apart by their ids and addresses, or the operator does. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Callable, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._findings import (
    ERROR,
    NOTE,
    WARNING,
    Finding,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._host import command_line
from ansible_collections.stemedb.cluster.plugins.plugin_utils._probes import why

# Units of `systemd-run`, which are gone once they stop.
_TRANSIENT = "/run/systemd/transient/"
_MOST_SHOWN = 6
_LONGEST = 160


class Candidate(NamedTuple):
    """A unit of `node_units`, a process of `node_processes`, or a unit with its process."""

    unit: Mapping[str, Any] | None
    process: Mapping[str, Any] | None


class Choice(NamedTuple):
    """What was chosen, and what is to be said about it."""

    candidate: Candidate | None
    findings: tuple[Finding, ...] = ()


class Search(NamedTuple):
    """All that a choice is made from.

    :param host: the name in the inventory.
    :param probe: of stemedb_host_info with `find_nodes`.
    :param said: what the inventory says, empty where it says nothing: `service`, `manager`,
        `status_command`, `node_id`, `data_dir`, `gateway_service`.
    :param programs: names that the program may have.
    :param names: the host's address and what it resolves to.
    :param ids: of the members at this address.
    """

    host: str
    probe: Mapping[str, Any]
    said: Mapping[str, str]
    programs: tuple[str, ...]
    names: frozenset[str]
    ids: frozenset[str]


def choose(search: Search) -> Choice:
    """The host's node, or a finding that says why there is none."""
    if search.said["manager"] == "command" and search.said["status_command"]:
        choice = _by_status_command(search)
    else:
        choice = _by_name(search)
    others = _others_that_run(search, choice.candidate)
    if choice.candidate and not others:
        return choice
    return _by_search(search, (*choice.findings, *others))


def unit_name(name: str) -> str:
    """The full name of a unit."""
    return name if name.endswith(".service") else f"{name}.service"


def _by_name(search: Search) -> Choice:
    """The unit that the inventory names, if it is there."""
    name = search.said["service"]
    if not name:
        return Choice(None)
    for unit in search.probe.get("node_units") or ():
        if unit["name"] == unit_name(name):
            return Choice(Candidate(unit, _process_of(unit, search) or unit["process"]))
    detail = f"stemedb_node_service is {name}, and there is no such unit; the host was searched."
    return Choice(None, (Finding("service_missing", NOTE, search.host, detail),))


def _by_status_command(search: Search) -> Choice:
    """The process that the status command names."""
    service = search.probe.get("service")
    if service is None:
        detail = f"its stemedb_node_status_command tells nothing: {why(search.probe, 'service')}."
        return Choice(None, (Finding("status_command", WARNING, search.host, detail),))
    if service["running"] is False:
        return Choice(Candidate(None, None))
    processes = search.probe.get("node_processes") or ()
    named = [one for one in processes if one["pid"] == service["pid"]]
    # Of a wrapper it may be the child that is the node.
    children = [one for one in processes if one["parent"] == service["pid"] and one["certain"]]
    best = [one for one in named if one["certain"]] or children or named
    return Choice(Candidate(None, best[0]) if best else None)


def _others_that_run(search: Search, named: Candidate | None) -> list[Finding]:
    """What is named stands still, and the host's node was started otherwise.

    Who believed the inventory would start it once more, on the same data.
    """
    if named is None or named.process:
        return []
    running = [
        one
        for one in _candidates(search)
        if one.process
        and is_sure(one, search.programs)
        and any(is_it(one) for is_it in _tell(search))
    ]
    if not running:
        return []
    what = "stemedb_node_status_command" if named.unit is None else "stemedb_node_service"
    detail = (
        f"what {what} names does not run, and its node does: {described(running)}. Correct that "
        "variable, or take it out to have what runs described."
    )
    return [Finding("runs_otherwise", ERROR, search.host, detail)]


def _by_search(search: Search, findings: tuple[Finding, ...]) -> Choice:
    candidates = list(_candidates(search))
    sure = [one for one in candidates if is_sure(one, search.programs)]
    found = sure
    for criterion in _criteria(search):
        kept = [one for one in found if criterion(one)]
        found = kept or found
    if len(found) == 1:
        idle = [one for one in sure if one is not found[0] and one.process is None]
        passed = f"passed over, as another one is the node: {described(idle)}."
        notes = (Finding("other_unit", NOTE, search.host, passed),) if idle else ()
        return Choice(found[0], (*findings, *notes))
    problem = _several(search, found) if found else _none(search, candidates)
    return Choice(None, (*findings, problem))


def _criteria(search: Search) -> list[Callable[[Candidate], bool]]:
    """What tells several apart, the surest first; one that fits none of them is passed over."""
    return [*_tell(search), lambda one: one.process is not None]


def _tell(search: Search) -> list[Callable[[Candidate], bool]]:
    """What makes a node this host's: the inventory's word, the cluster's, its sockets."""
    said = search.said
    return [
        lambda one: bool(said["node_id"]) and _flag(one, "node_id") == said["node_id"],
        lambda one: bool(said["data_dir"]) and _flag(one, "data_dir") == said["data_dir"],
        lambda one: _flag(one, "node_id") in search.ids,
        lambda one: bool(_addresses(one) & search.names),
    ]


def _candidates(search: Search) -> Iterable[Candidate]:
    """Units with their processes, then processes that no unit of the host's systemd runs."""
    taken = set()
    for unit in search.probe.get("node_units") or ():
        process = _process_of(unit, search)
        is_gateway = unit["name"] == unit_name(search.said["gateway_service"])
        if process:
            taken.add(process["pid"])
        if is_transient(unit) and process:
            yield Candidate(None, process)
        elif not is_gateway and (process or unit["mentions"]):
            yield Candidate(unit, process or unit["process"])
    for process in search.probe.get("node_processes") or ():
        if process["pid"] not in taken and process["contained"] is not True:
            yield Candidate(None, process)


def is_transient(unit: Mapping[str, Any]) -> bool:
    """Whether the unit was made by `systemd-run` and is gone with its process."""
    return str(unit["path"] or "").startswith(_TRANSIENT)


def _process_of(unit: Mapping[str, Any], search: Search) -> Mapping[str, Any] | None:
    """The node among the processes of a unit.

    What a login or a scheduler has started is in their control group and none of their business.
    """
    for process in search.probe.get("node_processes") or ():
        is_main = process["pid"] == unit["main_pid"]
        is_child = process["parent"] == unit["main_pid"] and process["parent_is_shell"]
        inside = process["unit"] == unit["name"] and not process["user_manager"]
        if process["contained"] is not True and (
            is_main or (inside and (is_child or unit["mentions"]))
        ):
            return dict(process)
    return None


def is_sure(candidate: Candidate, programs: tuple[str, ...]) -> bool:
    """Whether it must be a node, and not only might be one."""
    unit, process = candidate
    if process:
        return bool(process["certain"])
    argv = (unit or {}).get("argv") or ()
    return command_line.is_node(argv, programs) is True or command_line.is_shell(argv)


def argv_of(candidate: Candidate) -> list[str] | None:
    """The command line of the process, else of the unit; None if it cannot be told.

    A script's text is no command line, nor is what systemd shows without quotes.
    """
    unit, process = candidate
    known = process["argv"] if process else unit["argv"] if unit and unit["literal"] else None
    return None if not known or command_line.runs_script_text(known) else list(known)


def _flag(candidate: Candidate, name: str) -> str | None:
    argv = argv_of(candidate)
    value = getattr(command_line.parse(argv), name) if argv else None
    return None if value is None else str(value)


def _addresses(candidate: Candidate) -> set[str]:
    listens = (candidate.process or {}).get("listens") or ()
    return {socket["address"] for socket in listens}


def described(candidates: Iterable[Candidate]) -> str:
    """Candidates for a person, in one line."""
    texts = []
    for unit, process in candidates:
        argv = (process or {}).get("argv") or (unit or {}).get("argv") or ()
        names = [unit["name"]] if unit else []
        names += [f"pid {process['pid']}"] if process else ["not running"]
        line = " ".join(argv)
        shown = line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
        texts.append(f"{', '.join(names)} ({shown})")
    more = len(texts) - _MOST_SHOWN
    return "; ".join(texts[:_MOST_SHOWN] + ([f"and {more} more"] if more > 0 else []))


def _several(search: Search, found: list[Candidate]) -> Finding:
    return Finding(
        "several_nodes",
        ERROR,
        search.host,
        f"{len(found)} could be its node: {described(found)}. Name the one for this host: "
        "stemedb_node_service for a unit, stemedb_node_id or stemedb_node_data_dir for a process.",
    )


def _none(search: Search, candidates: list[Candidate]) -> Finding:
    processes = search.probe.get("node_processes")
    contained = [Candidate(None, one) for one in processes or () if one["contained"] is True]
    if processes is None:
        detail = f"its processes cannot be read: {why(search.probe, 'node_processes')}."
    elif candidates:
        detail = (
            f"nothing is surely a node; perhaps {described(candidates)}. If so, name its unit "
            "with stemedb_node_service."
        )
    elif contained:
        detail = (
            f"its node runs in a container: {described(contained)}. What manages the container "
            "has to manage the node; this collection manages services of the host."
        )
    else:
        detail = (
            f"no process and no unit is called {' or '.join(search.programs)} or has --node-id or "
            "--seed-nodes. Name the unit with stemedb_node_service, the program with "
            "stemedb_adopt_programs, or take the host out of stemedb_nodes."
        )
    if search.probe.get("node_units") is None:
        detail += f" Its units are not known: {why(search.probe, 'node_units')}."
    return Finding("no_node", ERROR, search.host, detail)
