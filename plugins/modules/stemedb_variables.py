#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_variables
short_description: Refuse variables of the roles that cannot be read
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Looks at the variables that the roles of this collection take, on every host of the inventory,
    and fails with each one that is not what its role takes it for. Procedures do so before anything
    else.
  - A text is read, for C(-e NAME=VALUE) hands over nothing else. C(true), C(yes), C(on), C(1) and
    their opposites are truths; C(300) and C(0.5) are numbers; C(a,b) and the JSON text of a list
    are lists; the JSON text of a dictionary is a dictionary.
options: {}
extends_documentation_fragment:
  - stemedb.cluster.attributes
  - stemedb.cluster.attributes.info_module
notes:
  - Runs on the controller.
"""

EXAMPLES = r"""
- name: Check that all variables can be read
  stemedb.cluster.stemedb_variables:
  run_once: true
"""

RETURN = r"""
msg:
  description: Which variables cannot be read, on which hosts, and what is wanted.
  returned: failure
  type: str
  sample: >-
    Nothing was changed. Correct these variables: stemedb_stop_timeout is "abc", and wanted is a
    number (db-01).
"""
