#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_show
short_description: Print lines for people, as they are, and fail if they refuse something
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Prints tables and reports on the controller without the quotes and brackets of a debug message.
  - On standard output with Ansible's default output, else on standard error, so that the output of
    callbacks for machines stays what it is.
options:
  lines:
    description: The lines.
    type: list
    elements: str
    required: true
  fail_msg:
    description: What the task fails with after the lines were printed, unless it is empty.
    type: str
    default: ""
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

- name: Show what would break without the node, and stop if that is anything
  stemedb.cluster.stemedb_show:
    lines: "{{ verdict.lines }}"
    fail_msg: "{{ verdict.sentence }}"
  vars:
    verdict: "{{ impact | stemedb.cluster.impact_verdict([], 'node-04') }}"
"""

RETURN = r"""
lines:
  description: What was printed.
  returned: always
  type: list
  elements: str
  sample: ["Cluster is healthy"]
"""
