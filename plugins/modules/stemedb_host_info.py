#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: stemedb_host_info
short_description: Gather facts about a host that StemeDB nodes need
version_added: 1.0.0
description:
  - Gathers in one call, on the host, what the operators' guide checks there by hand. Which ports
    and gateways the host reaches (C(nc -zv), C(curl)), free space (C(df -h)), C(node.toml), the
    identity of the node, the owner of its data, its service and log, settings of the kernel, and
    the version of the binary.
  - The module reports and never judges. A closed port is a result, not a failure.
  - Sections are independent. A section that was not asked for is V(null). A section that could not
    be read is V(null) too, and RV(errors) says why. Unknown never becomes V(0) or an empty list.
  - Needs only Python 3.9 or later on the host. All network probes run in parallel.
author:
  - stemedb.cluster contributors (@stemedb)
extends_documentation_fragment:
  - stemedb.cluster.attributes
  - stemedb.cluster.attributes.info_module
options:
  ports:
    description: Ports to reach from this host.
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description: A name or an address, IPv6 without brackets.
        type: str
        required: true
      port:
        description: The port.
        type: int
        required: true
      protocol:
        description: V(any) asks by TCP, then by UDP, and takes the better answer.
        type: str
        choices: [tcp, udp, any]
        default: tcp
  urls:
    description:
      - URLs to C(GET), such as a gateway's C(/v1/health). Any HTTP status counts as reachable.
      - No proxy is used, no redirect followed, no API key sent.
    type: list
    elements: str
    default: []
  addresses:
    description:
      - Addresses of members, with or without a port, to compare with the addresses of this host.
    type: list
    elements: str
    default: []
  validate_certs:
    description: Whether to verify the certificates of O(urls).
    type: bool
    default: true
  ca_path:
    description: A file or folder of certificates on this host to verify O(urls) with.
    type: path
  timeout:
    description:
      - Seconds for one probe of one port or URL. One command has as many, and at least 20, since
        a busy host takes longer to start a program than a port to answer.
    type: float
    default: 3
  paths:
    description: Paths to read the free space of, or of their nearest parent that exists.
    type: list
    elements: path
    default: []
  user:
    description: A user to look up.
    type: str
  files:
    description: Files to read the kind and the time of change of. Links are not followed.
    type: list
    elements: path
    default: []
  node_id_file:
    description: The file that records the identity of the node.
    type: path
  replaces_file:
    description: The file that records whose place the node takes.
    type: path
  data_dir_file:
    description: The file that records where the data of the node are.
    type: path
  data_dir:
    description: The data directory.
    type: path
  sysctls:
    description: Kernel settings to read, such as V(fs.nr_open).
    type: list
    elements: str
    default: []
  binary:
    description:
      - A binary to run with C(--version), without a shell, input or environment, as C(nobody) if
        this module runs as root. It is ended after O(timeout).
    type: path
  config:
    description: The configuration file (C(node.toml)).
    type: path
  config_keys:
    description:
      - The keys of O(config) to return, with or without their tables. No other key is returned,
        because a configuration may hold secrets.
    type: list
    elements: str
    default: [cluster_name, seed_nodes, gateway_port, rpc_port, gossip_port]
  service:
    description: The service to examine.
    type: dict
    suboptions:
      name:
        description: The name of the service, or of its systemd unit.
        type: str
        required: true
      manager:
        description: What runs the service.
        type: str
        choices: [systemd, command]
        default: systemd
      status_command:
        description:
          - For O(service.manager=command). Exit status 0 says running, 1 to 3 stopped, any other
            unknown. It is run without a shell.
          - If it prints a JSON object with a C(pid), or C(pid 123), that process is examined too.
        type: str
      log_command:
        description:
          - For O(service.manager=command). Prints the log, the newest line last. It is run without
            a shell.
          - C({since}) in it becomes O(log_since) in whole seconds.
        type: str
  log_since:
    description:
      - Read the log of O(service) since this time, in seconds since the epoch. A line whose own
        time is earlier is left out, whatever the log command prints.
      - A time is read at the start of a line, after brackets or a level at most, or of a line of
        JSON or of C(ts=). A time without a zone is UTC or the host's own.
      - A line without a time goes with the line before it. Where there is none, it counts.
    type: float
  log_patterns:
    description:
      - Regular expressions by name, searched in every line since O(log_since), without its colours.
    type: dict
    default: {}
  log_lines:
    description: How many of the last lines to return.
    type: int
    default: 20
  find_nodes:
    description:
      - Find nodes among the processes and the systemd units of the host. These are the names that
        the program may have.
      - Any process with C(--node-id) or C(--seed-nodes) on its command line is found too.
    type: list
    elements: str
    default: []
  texts:
    description: Files to return the text of. Everything that may be a secret is hidden.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The file.
        type: path
        required: true
      kind:
        description:
          - V(settings) is a configuration, of which only the values of O(config_keys) are shown.
            V(unit) is a systemd unit, of whose C(Environment=) only the names are. V(hidden) is
            not shown at all.
        type: str
        choices: [settings, unit, hidden]
        default: settings
"""

EXAMPLES = r"""
- name: Gather facts about a new host
  stemedb.cluster.stemedb_host_info:
    ports:
      - {host: gateway, port: 18181}
      - {host: gateway, port: 18182}
      - {host: gateway, port: 18183, protocol: any}
    urls: [http://gateway:18181/v1/health]
    paths: [/var/lib/stemedb]
    config: /etc/stemedb/node.toml
  register: probe

- name: Fail unless the disk is large enough
  ansible.builtin.assert:
    that: probe.free_space[0].free_bytes > 100 * 1000 ** 3

- name: Find errors in the log of the last five minutes
  stemedb.cluster.stemedb_host_info:
    service:
      name: stemedb-node
    log_since: "{{ probe.clock - 300 }}"
    log_patterns:
      error: ERROR|panic
"""

RETURN = r"""
clock:
  description: The time of this host, in seconds since the epoch.
  returned: always
  type: float
  sample: 1767225600.25
booted_at:
  description: When this host was started, in seconds since the epoch by RV(clock).
  returned: always
  type: float
  sample: 1767139200.5
load:
  description:
    - How many processes ran or waited for a disk in the last minute. V(null) if it is not known.
  returned: always
  type: float
  sample: 0.42
ports:
  description: One entry for each of O(ports), in their order.
  returned: always, V(null) if not asked for
  type: list
  elements: dict
  contains:
    host:
      description: As asked for.
      type: str
    port:
      description: As asked for.
      type: int
    protocol:
      description: As asked for.
      type: str
    state:
      description:
        - V(open), V(closed) if it refuses (for V(any), if both refuse), V(silent) otherwise.
        - V(null) if that cannot be known because the name does not resolve in time.
      type: str
    error:
      description: The name of the system's error, such as V(ECONNREFUSED).
      type: str
    addresses:
      description: The addresses that the host's name has here.
      type: list
      elements: str
    ms:
      description: Milliseconds that the answer took.
      type: float
urls:
  description: One entry for each of O(urls), in their order.
  returned: always, V(null) if not asked for
  type: list
  elements: dict
  contains:
    url:
      description: As asked for.
      type: str
    reachable:
      description:
        - Whether an HTTP answer came, or a trusted gateway demanded a client certificate, which
          this module does not send. V(null) if that is not known.
      type: bool
    status:
      description: The HTTP status, V(null) without an HTTP answer.
      type: int
    error:
      description: Why no HTTP answer came.
      type: str
    date:
      description:
        - The clock of the other side, in seconds since the epoch, as its C(Date) header says it.
          That is cut to whole seconds. V(null) without the header, and where a cache has answered
          (C(Age)).
      type: float
    asked_at:
      description: The clock of this host just before, in seconds since the epoch.
      type: float
    answered_at:
      description: The clock of this host just after, in seconds since the epoch.
      type: float
    ms:
      description: Milliseconds that the answer took.
      type: float
addresses:
  description: One entry for each of O(addresses), in their order.
  returned: always, V(null) if not asked for
  type: list
  elements: dict
  contains:
    address:
      description: As asked for.
      type: str
    own:
      description:
        - Whether it is an address of this host. V(null) if that is not known, as of a name that
          does not resolve or of a loopback address, which every host has.
      type: bool
free_space:
  description: One entry for each of O(paths).
  returned: always, V(null) if not asked for or unknown
  type: list
  elements: dict
  contains:
    path:
      description: As asked for.
      type: str
    checked_path:
      description: The path itself or its nearest parent that exists.
      type: str
    free_bytes:
      description: Bytes that an unprivileged user may still write.
      type: int
    total_bytes:
      description: Bytes of the file system.
      type: int
user:
  description: The user.
  returned: always, V(null) if not asked for
  type: dict
  contains:
    name:
      description: As asked for.
      type: str
    exists:
      description: Whether the host knows this user.
      type: bool
    uid:
      description: The numeric id.
      type: int
files:
  description: One entry for each of O(files).
  returned: always, V(null) if not asked for or unknown
  type: list
  elements: dict
  contains:
    path:
      description: As asked for.
      type: str
    exists:
      description: Whether something is there.
      type: bool
    kind:
      description: V(file), V(link), V(directory) or V(other).
      type: str
    mtime:
      description: When it changed last, in seconds since the epoch.
      type: float
    target:
      description: Where a link points.
      type: str
node_id_file:
  description: The recorded identity.
  returned: always, V(null) if not asked for or unknown
  type: dict
  contains:
    path:
      description: As asked for.
      type: str
    exists:
      description: Whether the file is there.
      type: bool
    node_id:
      description: The id in it.
      type: str
replaces_file:
  description: Whose place the node takes, with the same fields as RV(node_id_file).
  returned: always, V(null) if not asked for or unknown
  type: dict
data_dir_file:
  description: The recorded place of the data.
  returned: always, V(null) if not asked for or unknown
  type: dict
  contains:
    path:
      description: As asked for.
      type: str
    exists:
      description: Whether the file is there.
      type: bool
    data_dir:
      description: The path in it.
      type: str
data_dir:
  description: The data directory.
  returned: always, V(null) if not asked for or unknown
  type: dict
  contains:
    path:
      description: As asked for.
      type: str
    exists:
      description: Whether it is there.
      type: bool
    empty:
      description:
        - Whether it holds nothing but C(lost+found). One that is not there is empty.
      type: bool
    uid:
      description: The owner's numeric id.
      type: int
    user:
      description: The owner's name.
      type: str
    entries:
      description: Up to 20 names in it.
      type: list
      elements: str
    mark:
      description:
        - Whose data it holds, C(node_id) and C(cluster_name), as
          M(stemedb.cluster.stemedb_data_mark) has marked it. V(null) without a mark.
      type: dict
    markable:
      description: Whether its file system keeps marks. V(null) if it is not there.
      type: bool
sysctls:
  description:
    - The value of each of O(sysctls) by its name, blanks made one. V(null) for one that cannot be
      read.
  returned: always, V(null) if not asked for
  type: dict
  sample: {"fs.nr_open": "1048576"}
binary:
  description: The binary.
  returned: always, V(null) if not asked for or unknown
  type: dict
  contains:
    path:
      description: As asked for.
      type: str
    exists:
      description: Whether it is there.
      type: bool
    executable:
      description: Whether the user of the module may execute it.
      type: bool
    sha256:
      description: The SHA-256 of its content, in hexadecimal digits.
      type: str
    version:
      description: The first line that C(--version) prints, 200 characters of it.
      type: str
    error:
      description: Why there is no version.
      type: str
config:
  description: The configuration file.
  returned: always, V(null) if not asked for or unknown
  type: dict
  contains:
    path:
      description: As asked for.
      type: str
    exists:
      description: Whether it is there.
      type: bool
    settings:
      description:
        - The values of O(config_keys), those in tables as C(table.key). V(null) for a value that is
          no string, integer, boolean or list of these.
      type: dict
service:
  description: The service.
  returned: always, V(null) if not asked for or unknown
  type: dict
  contains:
    manager:
      description: As asked for.
      type: str
    name:
      description: As asked for.
      type: str
    exists:
      description: Whether systemd has such a unit. V(null) for V(command).
      type: bool
    running:
      description: Whether it runs. V(null) while it starts or stops.
      type: bool
    state:
      description: The state as the manager calls it.
      type: str
      sample: active/running
    pid:
      description: The main process.
      type: int
    started_at:
      description: When the main process started, in seconds since the epoch.
      type: float
    restarts:
      description: How often systemd has restarted it by itself since it was started.
      type: int
    needs_reload:
      description: Whether systemd has yet to read a changed unit. V(null) for V(command).
      type: bool
    enabled:
      description: Whether it starts with the host. V(null) for V(command).
      type: bool
    result:
      description: How it ended last, as systemd says it.
      type: str
    argv:
      description: The command line of the main process.
      type: list
      elements: str
    unit_argv:
      description: The command line in the unit.
      type: list
      elements: str
    node_id:
      description: The value of C(--node-id) of the process, else of the unit.
      type: str
    data_dir:
      description: The value of C(--data-dir) of the process, else of the unit.
      type: str
log:
  description: The log of the service.
  returned: always, V(null) if not asked for or unknown
  type: dict
  contains:
    since:
      description: As asked for.
      type: float
    line_count:
      description: How many lines there are since then.
      type: int
    lines:
      description: The last O(log_lines) of them, 500 characters of each.
      type: list
      elements: str
    matches:
      description:
        - By name of the pattern, C(count) and the first 20 C(lines) that match.
        - C(undated) tells how many of them may be older than O(log_since), as their time cannot be
          read. It is there only if some may be.
      type: dict
node_processes:
  description:
    - Processes that are, or may be, nodes. What only starts one, such as C(sudo), is left out.
    - Secrets on command lines are hidden.
  returned: always, V(null) if not asked for or unknown
  type: list
  elements: dict
  contains:
    pid:
      description: The process.
      type: int
    parent:
      description: Its parent.
      type: int
    parent_is_shell:
      description: Whether that is a shell, such as one that runs a script.
      type: bool
    argv:
      description: Its command line.
      type: list
      elements: str
    certain:
      description: V(false) if nothing but a C(--data-dir) speaks for a node.
      type: bool
    program:
      description: The absolute path of the program.
      type: str
    replaced:
      description: Whether the program's file was replaced since. V(null) if not known.
      type: bool
    cwd:
      description: Its working directory. V(null) if it may not be read.
      type: str
    uid:
      description: The numeric id of the user that it runs as.
      type: int
    user:
      description: The name of that user, V(null) if it has none.
      type: str
    unit:
      description: The service of systemd in whose control group it is.
      type: str
    user_manager:
      description: Whether that is a user's own systemd.
      type: bool
    contained:
      description: Whether it runs in a container. V(null) if not known.
      type: bool
    started_at:
      description: When it started, in seconds since the epoch.
      type: float
    environment:
      description: The names of its variables, never a value. V(null) if they may not be read.
      type: list
      elements: str
    listens:
      description:
        - Its sockets that wait, C(protocol), C(address) and C(port). V(null) if they may not be
          read.
      type: list
      elements: dict
node_units:
  description: Units of systemd that run, or would run, a node.
  returned: always, V(null) if not asked for or unknown
  type: list
  elements: dict
  contains:
    name:
      description: The unit.
      type: str
    mentions:
      description: Whether its C(ExecStart=) speaks of a node.
      type: bool
    state:
      description: The state as the manager calls it.
      type: str
    running:
      description: Whether it runs. V(null) while it starts or stops.
      type: bool
    enabled:
      description: Whether it starts with the host, in systemd's word.
      type: str
      sample: enabled
    user:
      description: The user in the unit.
      type: str
    dynamic_user:
      description: Whether systemd makes that user up at each start.
      type: bool
    path:
      description: The file of the unit.
      type: str
    drop_ins:
      description: Files that change the unit.
      type: list
      elements: str
    main_pid:
      description: The main process.
      type: int
    process:
      description: The main process, as in RV(node_processes).
      type: dict
    argv:
      description: Its command line as systemd shows it, secrets hidden.
      type: list
      elements: str
    literal:
      description:
        - Whether that is what a process gets, without quotes and variables. V(null) if not known.
      type: bool
    environment:
      description: The names of the variables that it sets. V(null) if they may not be read.
      type: list
      elements: str
    environment_files:
      description: Files with more of them.
      type: list
      elements: str
texts:
  description: One entry for each of O(texts).
  returned: always, V(null) if not asked for or unknown
  type: list
  elements: dict
  contains:
    path:
      description: As asked for.
      type: str
    exists:
      description: Whether it is there.
      type: bool
    text:
      description: Its text, secrets hidden. V(null) for V(hidden).
      type: str
    sha256:
      description: The checksum of all its text.
      type: str
    meaning:
      description:
        - A checksum that is the same for texts that say the same, whatever their comments. That of
          V(hidden) is one of a file of variables.
      type: str
    mode:
      description: Its mode.
      type: str
      sample: "0644"
errors:
  description: Why a section, or an entry of one, is V(null).
  returned: always
  type: list
  elements: dict
  contains:
    section:
      description: The key of the section in this result.
      type: str
    message:
      description: The reason.
      type: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stemedb.cluster.plugins.module_utils._host import probe

ARGUMENTS: dict[str, Any] = {
    "ports": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "host": {"type": "str", "required": True},
            "port": {"type": "int", "required": True},
            "protocol": {"type": "str", "choices": ["tcp", "udp", "any"], "default": "tcp"},
        },
    },
    "urls": {"type": "list", "elements": "str", "default": []},
    "addresses": {"type": "list", "elements": "str", "default": []},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "timeout": {"type": "float", "default": 3},
    "paths": {"type": "list", "elements": "path", "default": []},
    "user": {"type": "str"},
    "files": {"type": "list", "elements": "path", "default": []},
    "node_id_file": {"type": "path"},
    "replaces_file": {"type": "path"},
    "data_dir_file": {"type": "path"},
    "data_dir": {"type": "path"},
    "sysctls": {"type": "list", "elements": "str", "default": []},
    "binary": {"type": "path"},
    "config": {"type": "path"},
    "config_keys": {
        "type": "list",
        "elements": "str",
        "default": ["cluster_name", "seed_nodes", "gateway_port", "rpc_port", "gossip_port"],
        # These are names of settings, whatever they sound like.
        "no_log": False,
    },
    "service": {
        "type": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "manager": {"type": "str", "choices": ["systemd", "command"], "default": "systemd"},
            "status_command": {"type": "str"},
            "log_command": {"type": "str"},
        },
    },
    "log_since": {"type": "float"},
    "log_patterns": {"type": "dict", "default": {}},
    "log_lines": {"type": "int", "default": 20},
    "find_nodes": {"type": "list", "elements": "str", "default": []},
    "texts": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "path": {"type": "path", "required": True},
            "kind": {
                "type": "str",
                "choices": ["settings", "unit", "hidden"],
                "default": "settings",
            },
        },
    },
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        patterns = probe.check_options(module.params)
    except ValueError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **probe.probe(module.params, patterns))


if __name__ == "__main__":
    main()
