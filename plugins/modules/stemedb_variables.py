#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_variables
short_description: "[INTERNAL] Check the variables of the roles, and how a playbook was called"
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Checks the variables of the roles of this collection, on every host of the inventory, and fails
    with each one that has the wrong type. Procedures do this first.
  - Strings are converted, because C(-e NAME=VALUE) passes only strings. C(true), C(yes), C(on),
    C(1) and their opposites are booleans; C(300) and C(0.5) are numbers; C(a,b) and the JSON text
    of a list are lists; the JSON text of a dictionary is a dictionary.
options:
  defined_on:
    description:
      - Hosts on which the role P(stemedb.cluster.stemedb_node#role) will write. Each of its
        variables that they set must have a value; a variable that refers to a vault that is not
        loaded has none. With this option types and other hosts are not checked.
      - The effect of commands is not known before they run.
    type: list
    elements: str
  needs_members:
    description:
      - Check how the playbook was called as well. It is refused if C(--limit) leaves out localhost,
        if neither a host nor a gateway is known, or if variables are set that the procedures
        compute.
      - V(true) if the members and new nodes have to be hosts of the run too.
    type: bool
extends_documentation_fragment:
  - stemedb.cluster.attributes
  - stemedb.cluster.attributes.info_module
notes:
  - Runs on the controller.
"""

EXAMPLES = r"""
- name: Check how the playbook was called, and that all variables can be read
  stemedb.cluster.stemedb_variables:
    needs_members: true
  run_once: true

- name: Check that no variable is missing on the remaining members
  stemedb.cluster.stemedb_variables:
    defined_on: [node-01, node-02]
"""

RETURN = r"""
msg:
  description:
    - Which variables cannot be read or have no value, on which hosts, and what is expected.
  returned: failure
  type: str
  sample: >-
    Nothing was changed. Correct these variables: stemedb_stop_timeout is "abc", and wanted is a
    number (db-01).
"""
