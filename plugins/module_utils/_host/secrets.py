# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be a secret on a command line, in a configuration or in a unit, and is not shown.

Private to stemedb.cluster. Pure. Standard library only, because it runs on nodes too: what it hides
never leaves them. Where it cannot tell, it hides.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable

HIDDEN = "(hidden)"
# What Ansible writes above a file, and the one comment of a configuration that is shown.
_MANAGED = "Ansible managed"

_WORDS = r"(?:key|token|secret|passw(?:or)?d|passphrase|credentials?)"
_SECRET_FLAG = re.compile(
    rf"--?(?:[\w.-]*[-_.])?(?:api)?(?P<word>{_WORDS})(?:[-_.][\w.-]*)?", re.IGNORECASE
)
# These name a place, and what is called a key is a file more often than not.
_PLACE = re.compile(r"[-_.](?:file|path|dir)$", re.IGNORECASE)
_API_KEY = re.compile(r"api[-_.]?key", re.IGNORECASE)

_VALUE = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']\S*)"""
_FLAG_IN_TEXT = re.compile(rf"(?<!\S)(--?[A-Za-z][\w.-]*)(=|\s+)({_VALUE})")
_ASSIGNMENT = re.compile(rf"(?<![\w-])([A-Z][A-Z0-9_]*)=({_VALUE})")
_USER_IN_URL = re.compile(r"://[^/@\s]+@")

_HEADING = re.compile(r"\[\[?[\w.\"-]+\]\]?")
_SETTING = re.compile(r"(\s*(?:[#;]\s*)?)(\"[^\"]*\"|[\w.-]+)(\s*[=:]\s*)(.*)")
_WITH_COMMENT = re.compile(r"""((?:"(?:[^"\\]|\\.)*"|'[^']*'|[^"'#])*)(#.*)?""")
# Directives of a unit that hold values for the process and nothing else.
_FOR_PROCESS = re.compile(r"(\s*[#;]?\s*)(Environment|SetCredential|SetCredentialEncrypted)=(.*)")


def is_secret(flag: str, value: str) -> bool:
    """Whether the value of a flag such as `--api-key` is to be hidden."""
    found = _SECRET_FLAG.fullmatch(flag)
    if not found or _PLACE.search(flag):
        return False
    is_file = found["word"].lower() == "key" and not _API_KEY.search(flag)
    return not (is_file and value.startswith("/"))


def masked_argv(argv: Iterable[str]) -> list[str]:
    """A command line, word for word, with its secrets hidden."""
    masked: list[str] = []
    flag = ""
    for word in argv:
        name, equals, value = word.partition("=")
        if flag and not word.startswith("--") and is_secret(flag, word):
            masked.append(HIDDEN)
        elif equals and is_secret(name, value):
            masked.append(f"{name}={HIDDEN}")
        else:
            masked.append(masked_text(word))
        flag = word if word.startswith("-") and not equals else ""
    return masked


def masked_text(text: str) -> str:
    """A command as one text, such as a shell's script, with its secrets hidden."""

    def flag(found: re.Match[str]) -> str:
        hide = is_secret(found[1], found[3].strip("\"'"))
        return f"{found[1]}{found[2]}{HIDDEN}" if hide else found[0]

    text = _USER_IN_URL.sub(f"://{HIDDEN}@", text)
    # Variables before a command: of an environment every value is a secret.
    text = _ASSIGNMENT.sub(rf"\1={HIDDEN}", text)
    return _FLAG_IN_TEXT.sub(flag, text)


def masked_settings(text: str, keys: Collection[str]) -> str:
    """A configuration such as node.toml: the values of `keys` are shown, all else is hidden.

    :param keys: with or without their tables.
    """
    lines = []
    shown = False
    for line in text.splitlines():
        setting = _SETTING.fullmatch(line)
        bare = line.strip()
        if not bare or _HEADING.fullmatch(bare):
            shown = False
            lines.append(line)
        elif setting:
            shown = setting[2].strip('"').rpartition(".")[2] in keys
            value = _without_comment(setting[4]) if shown else HIDDEN
            lines.append(f"{setting[1]}{setting[2]}{setting[3]}{value}")
        elif bare[0] in "#;":
            managed = bare[1:].strip() == _MANAGED
            lines.append(line if managed else f"{bare[0]} {HIDDEN}")
        else:
            # The next line of a list, or of a text.
            lines.append(_without_comment(line) if shown else HIDDEN)
    return "".join(f"{line}\n" for line in lines)


def _without_comment(value: str) -> str:
    found = _WITH_COMMENT.fullmatch(value)
    if found is None:
        return HIDDEN
    return f"{found[1]}# {HIDDEN}" if found[2] else value


def masked_unit(text: str) -> str:
    """A systemd unit with its secrets hidden; of `Environment=` only the names are shown."""
    lines: list[str] = []
    parts: list[str] = []
    for line in [*text.splitlines(), ""]:
        parts.append(line)
        if line.endswith("\\"):
            continue
        whole = parts[0]
        for part in parts[1:]:
            whole = f"{whole[:-1].rstrip()} {part.strip()}"
        masked = _masked_directive(whole)
        # Lines that hide nothing stay as they are, so that a comparison sees what differs.
        lines.extend(parts if masked == whole else [masked])
        parts = []
    return "".join(f"{line}\n" for line in lines[:-1])


def _masked_directive(line: str) -> str:
    found = _FOR_PROCESS.fullmatch(line)
    if not found:
        return masked_text(line)
    names = assigned_names(found[3]) if found[2] == "Environment" else None
    shown = HIDDEN if names is None else " ".join(f"{name}={HIDDEN}" for name in names)
    return f"{found[1]}{found[2]}={shown}"


def assigned_names(text: str) -> list[str] | None:
    """The names in `A=1 "B=two words"`, in their order; None if it cannot be understood."""
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    names = [word.partition("=")[0] for word in words]
    plain = all(re.fullmatch(r"[A-Za-z_]\w*", name) and "=" in w for name, w in zip(names, words))
    return names if plain else None
