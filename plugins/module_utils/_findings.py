# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was found, and what of it an operator has accepted by name in `stemedb_accept`.

Private to stemedb.cluster. Pure. A blocker is an error that was not accepted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

ERROR = "error"
WARNING = "warning"
NOTE = "note"


class Finding(NamedTuple):
    """What is wrong with what, how bad that is, and what to try."""

    kind: str
    severity: str
    subject: str
    detail: str


def blocker(kind: str, subject: str, detail: str) -> Finding:
    """A finding that speaks against going on."""
    return Finding(kind, ERROR, subject, detail)


def accepted(
    finding: Finding, accept: Collection[str], acceptable: Collection[str] | None = None
) -> bool:
    """Whether it would block, and an operator has accepted its kind by name.

    :param acceptable: the kinds that may be accepted; None for all.
    """
    may_be = acceptable is None or finding.kind in acceptable
    return finding.severity == ERROR and may_be and finding.kind in accept


def judged(
    findings: Sequence[Finding], acceptable: Collection[str], accept: Collection[str]
) -> dict[str, Any]:
    """`{blockers, accepted, refusal}` of a plan: each `{kind, subject, detail}`, and a sentence of
    those that block, "" if nothing does.
    """
    passes = [finding for finding in findings if accepted(finding, accept, acceptable)]
    stay = [finding for finding in findings if finding.severity == ERROR and finding not in passes]
    return {
        "blockers": [_row(finding) for finding in stay],
        "accepted": [_row(finding) for finding in passes],
        "refusal": _refusal(stay),
    }


def judgement_lines(found: Mapping[str, Any]) -> list[str]:
    """What an operator reads of `judged`: what was accepted, and what blocks."""
    lines = []
    for title, key in (("Accepted by name:", "accepted"), ("Blocked by:", "blockers")):
        rows = [f"  {each['kind']}: {each['subject']}: {each['detail']}" for each in found[key]]
        lines += [title, *rows] if rows else []
    return lines


def labelled(
    findings: Iterable[Finding], accept: Collection[str], never: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Findings as results show them: `{kind, severity, subject, detail, accepted, acceptable,
    text}`.

    :param never: the kinds that are not acceptable.
    """
    shown = []
    for finding in findings:
        acceptable = finding.kind not in never
        passes = acceptable and accepted(finding, accept)
        label = "ACCEPTED" if passes else finding.severity.upper()
        text = f"{label:<8} {finding.kind}: {finding.subject}: {finding.detail}"
        more = {"accepted": passes, "acceptable": acceptable, "text": text}
        shown.append({**finding._asdict(), **more})
    return shown


def _row(finding: Finding) -> dict[str, str]:
    return {"kind": finding.kind, "subject": finding.subject, "detail": finding.detail}


def _refusal(blockers: Sequence[Finding]) -> str:
    if not blockers:
        return ""
    kinds = ", ".join(dict.fromkeys(finding.kind for finding in blockers))
    # The lines of the plan say what each of them is.
    return f"Blocked by {kinds}: see above. Nothing was changed."
