# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract check's report on one screen. Private to stemedb.cluster. Pure."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

_WIDTH = 100
_MARGIN = 14
# So many lines say why a path was not understood.
_EXPLAINED = 3

_NODE_COUNT = {
    "all": "all that are listed",
    "alive": "those Alive",
    "either": "all that are listed or those Alive, which is the same now",
    "neither": "neither those listed nor those Alive",
    None: "?",
}
_UNASKED = (
    "stemedb_sync, because it changes something; drain, remove, elect_leader and rebalance, which"
    " no document describes and only endpoints switches on"
)


def contract_report(report: Mapping[str, Any]) -> list[str]:
    """The lines of the `report` of `stemedb_contract_check`."""
    lines = [f"Contract check of {report['gateway']}", "", "PATHS"]
    used = {row["call"] for row in report["paths"] if row["used"]}
    for row in report["paths"]:
        if not _only_guessed(row):
            lines += _path(row, row["call"] in used)
    guessed = sum(_only_guessed(row) for row in report["paths"])
    if guessed:
        lines.append(f"  and {guessed} that were guessed and are not there")
    for title, entries in (
        ("DIALECT", _dialect(report)),
        ("FIELDS", _fields(report["fields"])),
        ("WHAT WORKS", _works(report["works"])),
        ("TO SET", _setting(report)),
    ):
        lines += ["", title]
        for name, text in entries:
            lines += _entry(name, text)
    return lines


def _only_guessed(row: Mapping[str, Any]) -> bool:
    return bool(row["origin"] == "guess" and row["status"] == 404)


def _path(row: Mapping[str, Any], spare: bool) -> list[str]:
    """The line of a path, and why it was not understood: at length where no other one was."""
    problem = row["problem"] or ""
    remark = problem if spare else ""
    if row["understood"]:
        remark = "used" if row["used"] else "understood, not used"
    path = row["path"] if row["origin"] == "contract" else f"{row['path']} ({row['origin']})"
    status = "-" if row["status"] is None else row["status"]
    line = f"  {row['call']:8}{path:30} {status:>4}{row['ms']:>7} ms{row['bytes']:>10} B  {remark}"
    line = line.rstrip() if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"
    return [line] if spare or not problem else [line, *_entry("", problem)[:_EXPLAINED]]


def _entry(name: str, text: str) -> list[str]:
    head = f"  {name}".ljust(_MARGIN)
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=head,
        subsequent_indent=" " * _MARGIN,
        break_on_hyphens=False,
    )


def _dialect(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    spoken = report["dialect"]
    nodes, shards, ids = spoken["node_list"], spoken["shard_list"], spoken["shard_ids"]
    if nodes["from"]:
        place = "in the status" if nodes["from"] == "status" else "at a path of their own"
        counted = _NODE_COUNT[spoken["node_count"]]
        yield "nodes", f"{place}, {_form(nodes['form'])}; node_count counts {counted}"
    if shards["form"]:
        yield "shards", f"{_form(shards['form'])}, replicas as {shards['replicas'] or '?'}"
    yield (
        "shard ids",
        f"listed as {_either(ids['listed'])}, asked for as {_either(ids['asked'])},"
        f" answered as {_either(ids['answered'])};"
        f" an unknown one gets {spoken['unknown_shard'] or '?'}",
    )
    states = ", ".join(
        word if word == state else f"{word} (read as {state})"
        for word, state in spoken["states"].items()
    )
    yield (
        "words",
        f"states {states or '?'}; health {spoken['health_word'] or '?'},"
        f" status {spoken['status_word'] or '?'}",
    )
    renamed: dict[str, list[str]] = {}
    for alias in spoken["aliases"]:
        place, _colon, words = alias.partition(": ")
        renamed.setdefault(place, []).append(words)
    shown = "; ".join(f"{place}: {', '.join(words)}" for place, words in renamed.items())
    yield "other keys", shown or "none: all have their usual names"


def _form(form: str) -> str:
    return "a bare list" if form == "bare" else f"a list under {form!r}"


def _either(words: list[str]) -> str:
    return " or ".join(words) or "?"


def _fields(fields: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for place, found in fields.items():
        if not found["objects"]:
            yield place, "none to look at"
            continue
        parts = [f"{len(found['understood'])} understood"]
        partly = [
            f"{field} ({sum(keys.values())} of {found['objects']})"
            for field, keys in found["understood"].items()
            if sum(keys.values()) < found["objects"]
        ]
        if partly:
            parts.append(f"in part {', '.join(partly)}")
        if found["missing"]:
            parts.append(f"missing {', '.join(found['missing'])}")
        if found["ignored"]:
            ignored = ", ".join(f"{key} ({kind})" for key, kind in found["ignored"].items())
            parts.append(f"ignored {textwrap.shorten(ignored, 200, placeholder=' …')}")
        yield place, "; ".join(parts)


def _works(works: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    yield "✓ works", ", ".join(one["name"] for one in works if one["works"]) or "nothing"
    for mark, state in (("✗ does not", False), ("? unknown", None)):
        reasons: dict[str, list[str]] = {}
        for one in works:
            if one["works"] is state:
                reasons.setdefault(one["reason"], []).append(one["name"])
        for reason, names in reasons.items():
            yield mark, f"{', '.join(names)}: {reason}"
    yield "- not asked", _UNASKED


def _setting(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    setting = report["endpoints"]
    yield "endpoints", json.dumps(setting) if setting else "nothing"
    for sentence in report["advice"]:
        yield "", sentence
