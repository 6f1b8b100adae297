# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints lines for people, as they are, and fails by what they refuse."""

from __future__ import annotations

from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

display = Display()


class ActionModule(ActionBase):
    """All of `stemedb_show`: it runs on the controller."""

    _supports_check_mode = True
    _requires_connection = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The lines that were printed, and the failure."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(
            {
                "lines": {"type": "list", "elements": "str", "required": True},
                "fail_msg": {"type": "str", "default": ""},
            }
        )
        # What a machine reads from standard output must stay what its callback makes of it.
        elsewhere = constants.DEFAULT_STDOUT_CALLBACK not in ("default", "ansible.builtin.default")
        for line in args["lines"]:
            display.display(line, stderr=elsewhere)
        failure = {"failed": True, "msg": args["fail_msg"]} if args["fail_msg"] else {}
        return result | {"changed": False, "lines": args["lines"]} | failure
