#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_service
short_description: "[INTERNAL] Start or stop the service of a node, or verify that it has run since"
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Starts or stops the service by systemd (M(ansible.builtin.systemd_service)) or by a command of
    the inventory, then asks the host (M(stemedb.cluster.stemedb_host_info)) until the service runs
    and listens, or has ended.
  - Whether a stop is safe is not asked here. The role P(stemedb.cluster.stemedb_stop#role) does.
options:
  state:
    description:
      - What it is to come to. V(steady) changes nothing, and fails unless the same process has run
        since O(since).
    type: str
    choices: [started, stopped, steady]
    required: true
  service:
    description: The service, as for O(stemedb.cluster.stemedb_host_info#module:service).
    type: dict
    required: true
  command:
    description: The shell command that starts or stops it where no systemd does.
    type: str
    default: ""
  environment_file:
    description: A file of variables that O(command) is run with.
    type: str
  check_msg:
    description: What is printed in check mode if something would change.
    type: str
    default: ""
  fail_msg:
    description: Why nothing may be done. The task fails with it unless it is empty.
    type: str
    default: ""
  since:
    description:
      - With O(state=steady), an earlier result of this module or of
        M(stemedb.cluster.stemedb_host_info), of after the start.
    type: dict
  after:
    description:
      - With O(state=started), a time of the host in seconds since the epoch. Fails if what runs was
        not started later.
    type: float
  disable:
    description: With O(state=stopped), whether the service is not started with its host any more.
    type: bool
    default: false
  ports:
    description:
      - With O(state=started), where it has to listen, as for
        O(stemedb.cluster.stemedb_host_info#module:ports).
    type: list
    elements: dict
    default: []
  timeout:
    description: Seconds until it must have started or ended.
    type: float
    default: 60.0
  interval:
    description: Seconds between two looks.
    type: float
    default: 1.0
extends_documentation_fragment:
  - stemedb.cluster.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
seealso:
  - module: stemedb.cluster.stemedb_host_info
"""

EXAMPLES = r"""
- name: Stop the service, and do not start it with its host
  stemedb.cluster.stemedb_service:
    state: stopped
    disable: true
    service:
      name: stemedb-node
    timeout: 300
"""

RETURN = r"""
service:
  description:
    - The service at the end, with the keys C(exists), C(running), C(state), C(pid), C(started_at),
      C(restarts), C(result) and C(enabled) of RV(stemedb.cluster.stemedb_host_info#module:service).
  returned: success, and not in check mode
  type: dict
ports:
  description: RV(stemedb.cluster.stemedb_host_info#module:ports).
  returned: success, and not in check mode
  type: list
  elements: dict
clock:
  description: The time of the host at the end, in seconds since the epoch.
  returned: success, and not in check mode
  type: float
  sample: 1795823456.2
at:
  description: When it was seen, as P(stemedb.cluster.clock#lookup) with V(passed) counts.
  returned: success, and not in check mode
  type: float
  sample: 81321.4
before:
  description: The service before the change, with C(service), C(ports) and C(clock) as above.
  returned: success
  type: dict
"""
