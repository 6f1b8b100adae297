# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints lines for people, and fails with what a plan refuses, which is paged if nobody watches."""

from __future__ import annotations

import os
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.stemedb.cluster.plugins.module_utils import _json_file
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.plugin_utils._action import PrintedOnceError, say
from ansible_collections.stemedb.cluster.plugins.plugin_utils._clock import passed


class ActionModule(ActionBase):
    """All of `stemedb_show`: it runs on the controller."""

    _supports_check_mode = True
    _requires_connection = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """What was printed, or why it is refused."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(
            {
                "lines": {"type": "list", "elements": "str"},
                "short": {"type": "list", "elements": "str"},
                "fail_msg": {"type": "str"},
                "plan": {"type": "dict"},
                "cause": {"type": "list", "elements": "str"},
                "files": {"type": "list", "elements": "dict"},
            },
            mutually_exclusive=[
                ("plan", "lines"),
                ("plan", "fail_msg"),
                ("plan", "cause"),
                ("plan", "short"),
            ],
            required_one_of=[("plan", "lines")],
        )
        plan = args["plan"] or {}
        lines = args["lines"] if args["plan"] is None else plan.get("lines", [])
        refusal = args["fail_msg"] or plan.get("refusal", "")
        say(lines, plan.get("short", args["short"]))
        result["changed"] = self._written(args["files"] or [])
        if refusal:
            self._page(refusal, lines, plan.get("cause", args["cause"]), task_vars or {})
            # What was shown just now is printed again only with -vvv.
            report = any(line.startswith("✗") for line in args["short"] or ())
            shown = {"module_args": {"lines": lines, "report": report}}
            raise PrintedOnceError(refusal, result={**result, "invocation": shown})
        more = {"plan": plan, "at": passed()} if plan else {"lines": lines}
        return result | more

    def _written(self, files: list[dict[str, str]]) -> bool:
        """Whether any of these files was not as it should be, and is now.

        :raises PrintedOnceError: one cannot be written.
        """
        changed = False
        for file in files:
            path = os.path.abspath(os.path.expanduser(file["dest"]))
            mode = int(file["mode"], 8)
            try:
                wrote = _json_file.write_text(path, file["content"], self._task.check_mode, mode)
                changed |= wrote
                if not wrote and not self._task.check_mode:
                    _refresh(path, file["content"], mode)
            except StemeDBError as error:
                failure = {"failure": error.as_failure()}
                raise PrintedOnceError(error.message, result=failure) from None
        return changed

    def _page(
        self, refusal: str, lines: list[str], cause: list[str] | None, variables: dict[str, Any]
    ) -> None:
        """Page whoever is on call, if nobody watches the run."""
        told = {
            name: self._templar.template(variables.get(f"stemedb_{name}", ""))
            for name in ("unattended", "page_url", "cluster_name")
        }
        if cause == [] or not told["unattended"] or not told["page_url"]:
            return
        # Only here, since each task that shows something would load it.
        from ansible_collections.stemedb.cluster.plugins.plugin_utils._page import message, send

        page = message.page(
            told["cluster_name"], refusal, cause or [], lines, send.source(variables), send.now()
        )
        say(filter(None, [send.send(told["page_url"], page)]))


def _refresh(path: str, content: str, mode: int) -> None:
    """Set the time of a file, by which whoever collects metrics sees whether they are fresh.

    :raises StemeDBError: `config`, where that cannot be.
    """
    try:
        os.utime(path)
    except OSError:
        # Of another user; a new one can take its place if the folder allows it.
        try:
            _json_file.place(path, content, mode=mode)
        except OSError as error:
            raise StemeDBError(
                "config",
                f"{path} cannot be renewed ({error.strerror}): it is of another user. Run this as "
                f"its owner, or name another file.",
            ) from None
