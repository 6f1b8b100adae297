# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gather facts about a host, section by section, as `stemedb_host_info` returns them.

Private to stemedb.cluster. Standard library only, because it runs on nodes. All sections are one
call, because each round trip to a host costs more than all of them.
"""

from __future__ import annotations

import re
import subprocess
import time
import urllib.parse
from functools import partial
from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.module_utils._host import (
    files,
    kernel,
    net,
    processes,
    service,
    units,
)

# A busy host, or one whose disk is slow, takes longer to start a program than a port to answer.
COMMAND_SECONDS = 20.0


class Sections:
    """Runs one section after the other; what one of them cannot read is null and explained."""

    def __init__(self) -> None:
        self.result: dict[str, Any] = {}
        self.errors: list[dict[str, str]] = []

    def add(self, name: str, asked: object, read: Callable[[], Any]) -> None:
        """:param asked: an empty list or None leaves the section null."""
        self.result[name] = None
        if asked is None or asked == []:
            return
        try:
            self.result[name] = read()
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self.explain(name, str(error))

    def explain(self, section: str, message: str) -> None:
        self.errors.append({"section": section, "message": message})


def check_options(params: dict[str, Any]) -> dict[str, re.Pattern[str]]:
    """Refuse what can never work, ValueError with a sentence; returns the compiled patterns."""
    if params["timeout"] <= 0:
        raise ValueError("timeout must be more than 0 seconds")
    if params["log_lines"] < 1:
        raise ValueError("log_lines must be 1 or more")
    for target in params["ports"]:
        if not target["host"] or not 1 <= target["port"] <= 65535:
            raise ValueError(
                f"ports: {target['host']!r} port {target['port']} is no target; "
                "give a host and a port from 1 to 65535"
            )
    for url in params["urls"]:
        check_url(url)
    for name in params["sysctls"]:
        if not kernel.SYSCTL.fullmatch(name):
            raise ValueError(f"sysctls: {name!r} is no name of a setting, such as fs.nr_open")
    if params["log_since"] is not None and params["service"] is None:
        raise ValueError("log_since reads the log of a service: name it with service")
    return compiled(params["log_patterns"])


def check_url(url: str) -> None:
    """Refuse what leads nowhere."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"urls: {url!r} is no URL with http:// or https:// and a host")
    if parts.port == 0:
        raise ValueError(f"urls: {url!r} has no usable port")


def compiled(patterns: dict[str, Any]) -> dict[str, re.Pattern[str]]:
    """The patterns ready to search; ValueError names the one that is none."""
    ready = {}
    for name, pattern in patterns.items():
        try:
            ready[name] = re.compile(str(pattern))
        except re.error as error:
            raise ValueError(f"log_patterns: {name} is no regular expression: {error}") from error
    return ready


def probe_network(params: dict[str, Any], sections: Sections) -> None:
    """Ports, URLs and addresses together, all of them at once."""
    timeout, targets, urls = params["timeout"], params["ports"], params["urls"]
    addresses = params["addresses"]
    sections.result.update(ports=None, urls=None, addresses=None)
    calls: list[Callable[[], dict[str, Any]]] = [
        partial(net.probe_port, target, timeout) for target in targets
    ]
    try:
        secured = any(url.lower().startswith("https:") for url in urls)
        context = net.tls_context(params["validate_certs"] and secured, params["ca_path"])
    except OSError as error:
        sections.explain("urls", f"ca_path {params['ca_path']} cannot be read: {error}")
        urls = []
    calls += [partial(net.probe_url, url, timeout, context) for url in urls]
    calls += [partial(net.probe_address, address) for address in addresses]
    # Twice the timeout, because `any` asks by TCP and then by UDP.
    answers = net.in_parallel(calls, 2 * timeout + net.GRACE)
    for target, answer in zip(targets, answers):
        if answer is None:
            sections.explain("ports", f"{target['host']} port {target['port']}: no end in time")
            answer = dict(target, state=None, error="ETIMEDOUT", addresses=[], ms=None)
        sections.result["ports"] = (sections.result["ports"] or []) + [answer]
    for url, answer in zip(urls, answers[len(targets) :]):
        if answer is None:
            sections.explain("urls", f"{url}: no end in time")
            answer = net.no_answer(url, None, "ETIMEDOUT")
        sections.result["urls"] = (sections.result["urls"] or []) + [answer]
    for address, answer in zip(addresses, answers[len(targets) + len(urls) :]):
        answer = answer or {"address": address, "own": None}
        sections.result["addresses"] = (sections.result["addresses"] or []) + [answer]


def read_sysctls(names: list[str], sections: Sections) -> None:
    """Each by itself: a container hides some of them."""
    sections.result["sysctls"] = dict.fromkeys(names) if names else None
    for name in names:
        try:
            sections.result["sysctls"][name] = kernel.sysctl(name)
        except OSError as error:
            sections.explain("sysctls", f"{name}: {error}")


def probe_nodes(params: dict[str, Any], sections: Sections, patience: float) -> None:
    """Processes and units; what was asked for as `service` is among them."""
    programs, asked = params["find_nodes"], params["service"]
    running = sections.result["service"] or {}
    pids = [running["pid"]] if running.get("pid") else []
    sections.add("node_processes", programs, lambda: processes.find(programs, pids))
    found = sections.result["node_processes"] or []
    # What runs in a container, or for a user, has no unit of this systemd.
    ours = (one for one in found if not one["user_manager"] and one["contained"] is not True)
    names = {one["unit"] for one in ours if one["unit"]}
    if asked and asked["manager"] == "systemd":
        name = asked["name"]
        names.add(name if name.endswith(".service") else f"{name}.service")
    sections.add("node_units", programs, lambda: units.find(programs, names, patience))


def probe(params: dict[str, Any], patterns: dict[str, re.Pattern[str]]) -> dict[str, Any]:
    """The whole result but for `changed`."""
    sections = Sections()
    patience = max(params["timeout"], COMMAND_SECONDS)
    probe_network(params, sections)
    for name, asked, read in (
        ("user", params["user"], files.user),
        ("node_id_file", params["node_id_file"], files.node_id_file),
        ("replaces_file", params["replaces_file"], files.node_id_file),
        ("data_dir_file", params["data_dir_file"], files.data_dir_file),
        ("data_dir", params["data_dir"], files.data_dir),
        ("config", params["config"], partial(files.config, keys=params["config_keys"])),
        ("binary", params["binary"], partial(kernel.binary, timeout=patience)),
    ):
        sections.add(name, asked, partial(read, asked))
    read_sysctls(params["sysctls"], sections)
    paths, named = params["paths"], params["files"]
    sections.add("free_space", paths, lambda: [files.free_space(path) for path in paths])
    sections.add("files", named, lambda: [files.file_facts(path) for path in named])
    unit = params["service"]
    sections.add(
        "service",
        unit,
        lambda: service.service(unit["manager"], unit["name"], unit["status_command"], patience),
    )
    probe_nodes(params, sections, patience)
    texts, keys = params["texts"], params["config_keys"]
    sections.add(
        "texts",
        texts,
        lambda: [files.masked_file(text["path"], text["kind"], keys) for text in texts],
    )
    sections.add(
        "log",
        params["log_since"],
        lambda: service.log(
            unit["manager"],
            unit["name"],
            unit["log_command"],
            params["log_since"],
            patterns,
            params["log_lines"],
            patience,
        ),
    )
    booted_at = kernel.booted_at()
    more = {"booted_at": booted_at, "load": kernel.load(), "errors": sections.errors}
    return dict(sections.result, clock=time.time(), **more)
