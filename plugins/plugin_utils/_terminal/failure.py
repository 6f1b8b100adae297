# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failed task as lines, and the command that is run again.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.plugin_utils._screen import continued

_LINES = 10
_TAIL = 4
_NOT_FOUND = 127
_SECRET = re.compile(
    r"key|pass|secret|token|page_url|webhook|cookie|auth|bearer|credential|://[^/\s]*@",
    re.IGNORECASE,
)
# The option for variables, also abbreviated or joined with options that take no value.
_EXTRA = re.compile(r"(--e[\w-]*(?:=|$)|-[bCDJkKv]*e)(.*)", re.DOTALL)


def failure_lines(host: str, task: str, result: Mapping[str, Any]) -> list[str]:
    """What failed, and why: of a loop, the items that did."""
    reasons = list(_reasons(result))
    more = len(reasons) - _LINES
    shown = reasons[:_LINES] + ([f"and {more} more lines; -v shows all"] if more > 0 else [])
    return [f"✗ {host}: {task}", *(f"  {line}" for line in shown)]


def first_reason(result: Mapping[str, Any]) -> str:
    """Why something failed, in one line."""
    return next(_reasons(result))


def _reasons(result: Mapping[str, Any]) -> Iterator[str]:
    items = [item for item in result.get("results") or () if isinstance(item, Mapping)]
    failed = [item for item in items if item.get("failed") or item.get("unreachable")]
    for item in failed:
        label = item.get("_ansible_item_label") or item.get(item.get("ansible_loop_var", "item"))
        for line in _own(item):
            yield f"{label}: {line}"
    if not failed:
        yield from _own(result)


def _own(result: Mapping[str, Any]) -> Iterator[str]:
    message = str(result.get("msg") or "").strip()
    yield from (message or "it failed without a message").splitlines()
    if "rc" in result:
        yield f"exit status {result['rc']}"
    # Of a module that is a shell which found no Python to run it by.
    if result.get("rc") == _NOT_FOUND and "module_stdout" in result:
        yield "No Python: set ansible_python_interpreter for this host, such as to /usr/bin/python3"
    for name in ("stderr", "module_stderr", "stdout", "module_stdout"):
        lines = str(result.get(name) or "").strip().splitlines()
        # The first line of a shell or a wrapper often says why; all other text ends with that.
        yield from lines if len(lines) <= _TAIL else [lines[0], "[...]", *lines[2 - _TAIL :]]


def command(argv: Sequence[str], columns: int) -> list[str]:
    """A command line to be copied, in which a variable that may be secret has no value.

    :param columns: how long a line may be; what is longer is continued.
    """
    words = ["ansible-playbook"]
    variable = False
    for word in argv[1:]:
        option = None if variable else _EXTRA.match(word)
        if variable:
            word = _without_secret(word)
        elif option:
            word = option[1] + _without_secret(option[2])
        variable = bool(option and not option[2])
        quoted = shlex.quote(word)
        # An option and its value stay together.
        if words[-1].startswith("-") and " " not in words[-1] and not word.startswith("-"):
            words[-1] += f" {quoted}"
        else:
            words.append(quoted)
    return continued(words, columns)


def _without_secret(given: str) -> str:
    if not _SECRET.search(given) or given.startswith("@"):
        return given
    name, equals, _value = given.partition("=")
    plain = equals and not {" ", "{"} & set(given)
    return f"{name}=..." if plain else "..."
