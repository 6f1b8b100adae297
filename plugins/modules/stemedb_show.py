#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_show
short_description: "[INTERNAL] Print lines or a plan, and fail if it is refused"
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Prints tables and reports on the controller without the quotes and brackets of a debug message.
  - Prints to standard output with Ansible's default callback and with
    P(stemedb.cluster.operation#callback). With any other callback it prints to standard error, so
    that machine-readable output is not changed.
options:
  lines:
    description: The lines. Required unless O(plan) has them.
    type: list
    elements: str
  short:
    description:
      - Lines that P(stemedb.cluster.operation#callback) prints instead of O(lines), because it
        shows the steps itself. If one of them begins with C(✗), they are a whole report of a
        failure, and the callback does not print O(fail_msg) below.
    type: list
    elements: str
  fail_msg:
    description: The failure message after the lines are printed. Empty for no failure.
    type: str
  plan:
    description:
      - A dictionary with C(lines) to print and C(refusal), with which the task fails unless it is
        empty. Whatever else it has is returned, so that C(register) stores the plan. Its C(cause)
        is O(cause), its C(short) is O(short).
      - Excludes O(lines), O(short), O(fail_msg) and O(cause).
    type: dict
  cause:
    description:
      - What a failure is about. If C(stemedb_unattended) and C(stemedb_page_url) are set, a failure
        is paged, once an hour for each cause. By default it is the message of the failure. An empty
        list is not paged.
    type: list
    elements: str
  files:
    description:
      - Files to write on the controller after the lines are printed and before the task fails, each
        a dictionary of C(dest), C(content) and C(mode), such as V(0600). A file appears whole or
        not at all. With C(--check) none is written.
    type: list
    elements: dict
extends_documentation_fragment:
  - stemedb.cluster.attributes
  - stemedb.cluster.attributes.info_module
notes:
  - Runs on the controller.
"""

EXAMPLES = r"""
- name: Show the nodes
  stemedb.cluster.stemedb_show:
    lines: "{{ (result.nodes | stemedb.cluster.table).splitlines() }}"

- name: Show what would break without the node, and fail if there is a blocker
  stemedb.cluster.stemedb_show:
    plan: "{{ impact | stemedb.cluster.impact_verdict([], 'node-04') }}"
  register: verdict
"""

RETURN = r"""
lines:
  description: What was printed.
  returned: success and O(plan) is not given
  type: list
  elements: str
  sample: ["Cluster is healthy"]
plan:
  description: O(plan).
  returned: success and O(plan) is given
  type: dict
  sample:
    lines: ["If node-04 stops, 3 nodes remain Alive."]
    refusal: ""
at:
  description: When it was shown, as P(stemedb.cluster.clock#lookup) with V(passed) counts.
  returned: success and O(plan) is given
  type: float
  sample: 81321.4
"""
