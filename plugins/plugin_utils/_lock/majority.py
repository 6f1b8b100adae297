# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster lock: what the answers of its lock hosts come to together.

Private to stemedb.cluster. Pure. A run holds the cluster lock while more than half of the
lock hosts say that it holds theirs. Two such halves share a host, and there one lock gave way. So a
host that does not answer counts against, and so does one that is not asked. What one host answers:
module_utils/_lock/record.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Union

from ansible_collections.stemedb.cluster.plugins.module_utils._lock import record as lock
from ansible_collections.stemedb.cluster.plugins.module_utils._times import span
from ansible_collections.stemedb.cluster.plugins.plugin_utils._typed import read

# More of them make a renewal slower and hardly likelier.
MOST_HOSTS = 5
# Seconds in which two runs that try at the same moment find each other. A lock that was written
# earlier is of a run that has it.
_RACE = 30.0

# Seconds for which a renewal is good: as many as the lease is longer than the step may take.
_GOOD = 60.0
# Of the names of its targets that a sentence holds.
_SHOWN = 100

Results = Sequence[Mapping[str, Any]]
Names = Union[str, Iterable[str], None]


class Answer(NamedTuple):
    """What came from one lock host.

    :param said: the result of `stemedb_operation_lock`, None where there is none.
    :param problem: why there is none.
    """

    host: str
    said: Mapping[str, Any] | None
    problem: str = ""

    @property
    def held(self) -> bool:
        """Whether the run that asked holds the lock there."""
        return self.said is not None and self.said["held"] is True

    @property
    def other(self) -> Mapping[str, Any] | None:
        """The holder, if that is another run; it may have expired."""
        holder = self.said["holder"] if self.said else None
        return holder if holder and self.said and holder["run_id"] != self.said["run_id"] else None

    @property
    def elsewhere(self) -> Mapping[str, Any] | None:
        """The other run that holds the lock there together with other lock hosts than this run.

        More than half of these and more than half of those need not share a host.
        """
        other = self.other
        if other is None or other["expired"] or other.get("running") is False or not self.said:
            return None
        known, mine = other.get("hosts"), self.said.get("hosts")
        return other if known and mine and set(known) != set(mine) else None


def lock_hosts(members: Names, named: Names = None, targets: Names = None) -> dict[str, Any]:
    """`{asked, of, hosts, foreign}`: whom to ask, how many lock hosts there are, all of them, and
    those that are no members and may keep the locks of other clusters too.

    :param members: the declared members. The first five by name are the lock hosts, unless
    :param named: names others.
    :param targets: what is to be changed. A member that is one is not asked, and counts: else two
        operations with other targets could both have a majority.
    """
    chosen = _names(named)
    if chosen:
        known = set(_names(members))
        foreign = [host for host in chosen if host not in known]
        return {"asked": chosen, "of": len(chosen), "hosts": chosen, "foreign": foreign}
    first = sorted(_names(members))[:MOST_HOSTS]
    spared = set(_names(targets))
    asked = [host for host in first if host not in spared]
    return {"asked": asked, "of": len(first), "hosts": first, "foreign": []}


def majority(of: int) -> int:
    """How many lock hosts are more than half of them."""
    return of // 2 + 1


def answers(results: Results) -> list[Answer]:
    """What came of the module, run in a loop over lock hosts."""
    found = []
    for result in results:
        host = str(result[result.get("ansible_loop_var", "item")])
        if result.get("unreachable") or result.get("failed") or "held" not in result:
            found.append(Answer(host, None, str(result.get("msg") or "it gave no answer")))
        else:
            found.append(Answer(host, result))
    return found


def plan(results: Results, of: int, named: str = "") -> dict[str, Any]:
    """Whether the lock may be taken, after a look at it on all lock hosts.

    :param of: how many lock hosts there are.
    :param named: the run whose lock an operator has named to be broken.
    :returns: `free`; `sentence`, which says why not, or that it is; `replace`, the runs whose lock
        gives way as the module wants them; `left`, what is known of those, a line each.
    """
    found = answers(results)
    ways = {answer.host: _way(answer, named) for answer in found}
    takeable = [answer for answer in found if ways[answer.host] is not None]
    elsewhere = [answer for answer in found if answer.elsewhere and answer not in takeable]
    if elsewhere or len(takeable) < majority(of):
        return {
            "free": False,
            "sentence": (
                _refusal(found, of, [a for a in found if a not in takeable], named)
                + _other_hosts(elsewhere)
            ),
            "replace": [],
            "left": [],
        }
    replaced = {a.other["run_id"]: ways[a.host] for a in takeable if a.other is not None}
    return {
        "free": True,
        "sentence": f"The lock is free on {len(takeable)} of {of} lock hosts.",
        "replace": [{"run_id": run_id, "why": why} for run_id, why in sorted(replaced.items())],
        "left": _left(found, takeable, replaced),
    }


def taking(
    results: Results,
    hosts: Mapping[str, Any],
    named: str = "",
    *,
    cluster: str = "",
    outcome: str = "failed",
    check: bool = False,
    replaced: Sequence[Mapping[str, str]] = (),
    tries: int = 0,
) -> dict[str, Any]:
    """What comes next, after the lock hosts were asked for the lock, or looked at by a check.

    A run asks for what is free first. Only who has seen whose locks are in its way, and has shown
    what their runs left, has them replaced: once in each try.

    :param hosts: of `lock_hosts`.
    :param cluster: the name of the cluster that the lock is of.
    :param outcome: what the run says that it came to before it has begun.
    :param check: whether nothing is to be taken. Then who holds it is told, and refuses nothing.
    :param replaced: `replace` as the lock hosts were given it.
    :param tries: how many more there may be.
    :returns: `plan`, and `held`, whether the run holds the lock and nothing is left to do;
        `replace`, with which to ask again at once; `again`, whether to try again after a pause;
        `tries` from then on; `give_back`, whether something was taken in vain; `lines` to show;
        `refusal`, "" where there is none.
    """
    found, judged = plan(results, hosts["of"], named), verdict(results, hosts["of"])
    replace = [] if replaced or check else found["replace"]
    held = judged["held"] and not replace
    vain = not (held or replace or check)
    again = vain and judged["again"] and tries > 0
    lines = ["", *found["left"]] if found["left"] and (replace or check) else []
    refusal = unfit(hosts, cluster, outcome)
    if check:
        lines.append(f"No lock is taken by --check. {found['sentence']}")
    elif vain and not again and not refusal:
        refusal = judged["sentence"] if found["free"] else found["sentence"]
    return {
        **found,
        "held": held,
        "replace": replace,
        "again": again,
        "tries": tries - again,
        "give_back": vain and any(a.held or a.said is None for a in answers(results)),
        "lines": lines,
        "refusal": refusal,
    }


def unfit(hosts: Mapping[str, Any], cluster: str, outcome: str) -> str:
    """Why no operation may ask for the lock like that, "" if one may."""
    if outcome != "failed":
        # With -e it would beat what each operation says of itself, and a failure be a success.
        return (
            "stemedb_lock_outcome cannot be set by -e: the operation sets it when it ends. Nothing "
            "was changed. Leave it out."
        )
    if hosts["foreign"] and not cluster:
        return (
            f"Set stemedb_cluster_name: stemedb_lock_hosts names {', '.join(hosts['foreign'])}, "
            f"which the group stemedb_nodes has not, and where another cluster may keep its lock "
            f"too. Nothing was changed."
        )
    return ""


def verdict(results: Results, of: int) -> dict[str, Any]:
    """Whether the run holds the cluster lock, after it was taken or renewed.

    :returns: `held`; `again`, whether another try may be luckier; `sentence`, which says how it is.
    """
    found = answers(results)
    have = sum(answer.held for answer in found)
    elsewhere = [answer for answer in found if answer.elsewhere]
    held = have >= majority(of) and not elsewhere
    answered = sum(answer.said is not None for answer in found)
    sentence = f"This run holds the lock on {have} of {of} lock hosts"
    if not held:
        reasons = "; ".join(f"{a.host}: {_lost(a)}" for a in found if not a.held)
        sentence += f", {majority(of)} are needed" + (f" ({reasons})" if reasons else "")
    holder, count = most(found)
    race = count < majority(of) and (count == 0 or float(holder["renewed_seconds"]) < _RACE)
    return {
        "held": held,
        "again": not held and answered >= majority(of) and race,
        "sentence": f"{sentence}.{_other_hosts(elsewhere)}",
    }


def lost(results: Results, now: float | None = None) -> str:
    """Why the run may make no further change, "" while it holds the lock.

    :param results: of a renewal, each with `asked_at`, when it was asked for.
    :param now: the time, as `asked_at` is counted, where the renewal may be old. It is good for as
        many seconds as the lease is longer than the step may take.
    """
    # A host that did not answer does not say how many there are.
    of = max((len(result.get("hosts") or ()) for result in results), default=0)
    judged = verdict(results, of or len(results))
    if not judged["held"]:
        why = judged["sentence"]
    elif now is not None and any(now - float(one.get("asked_at", 0)) > _GOOD for one in results):
        why = f"It was not renewed within the last {_GOOD:g} seconds."
    else:
        return ""
    return (
        f"This run has lost the cluster lock and makes no further changes. {why} Was the "
        "controller suspended, or did a step take longer than its timeout? Look at the cluster, "
        "then run the same again from its beginning."
    )


def _other_hosts(found: Sequence[Answer]) -> str:
    """Why the lock of a run with other lock hosts counts even where it has no majority of these."""
    if not found or found[0].elsewhere is None or found[0].said is None:
        return ""
    theirs, mine = found[0].elsewhere["hosts"], found[0].said["hosts"]
    return (
        f" That operation has other lock hosts ({', '.join(theirs)}) than this run "
        f"({', '.join(mine)}), as after a change of the inventory that not everybody has. Use the "
        "same inventory, or name the same stemedb_lock_hosts everywhere."
    )


def _way(answer: Answer, named: str) -> str | None:
    """Why the lock can be had on a host, "" where nobody has it; None where it cannot."""
    if answer.said is None:
        return None
    other = answer.other
    if other is None:
        return ""
    if other["expired"]:
        return lock.EXPIRED
    if named and other["run_id"] == named:
        return lock.NAMED
    return lock.PROCESS_GONE if other.get("running") is False else None


def _refusal(found: list[Answer], of: int, blocked: list[Answer], named: str) -> str:
    if of == 0:
        return (
            "There is no lock host: name the inventory with -i, put the members of the cluster "
            "into the group stemedb_nodes, or name hosts in stemedb_lock_hosts."
        )
    needed = majority(of)
    silent = [answer for answer in found if answer.said is None]
    sentences = []
    if any(answer.other for answer in blocked):
        holder, _count = most(blocked)
        sentences.append(_in_use(holder, [a.host for a in blocked if _holds(a, holder)], of))
        if named:
            sentences.append(f"stemedb_lock_break names {named}, which is another run.")
    if len(found) < needed:
        sentences.append(
            f"Only {len(found)} of {of} lock hosts can be asked, because a target is not, and "
            f"{needed} are needed: name hosts in stemedb_lock_hosts, the same for everybody."
        )
    elif silent:
        reasons = "; ".join(f"{answer.host}: {answer.problem}" for answer in silent)
        sentences.append(
            f"{len(found) - len(silent)} of {of} lock hosts answered, and {needed} are needed to "
            f"hold the lock: fix the others, or name hosts in stemedb_lock_hosts, the same for "
            f"everybody ({reasons})."
        )
    return " ".join(sentences)


def _holds(answer: Answer, holder: Mapping[str, Any]) -> bool:
    return answer.other is not None and answer.other["run_id"] == holder["run_id"]


def most(found: Iterable[Answer]) -> tuple[Mapping[str, Any], int]:
    """The other run that holds the lock on most hosts as it was heard of last, and on how many."""
    held: dict[str, list[Mapping[str, Any]]] = {}
    for answer in found:
        if answer.other is not None and not answer.other["expired"]:
            held.setdefault(answer.other["run_id"], []).append(answer.other)
    if not held:
        return {}, 0
    run_id = max(sorted(held), key=lambda run: len(held[run]))
    return _newest(held[run_id]), len(held[run_id])


def _newest(records: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    return min(records, key=lambda record: float(record["renewed_seconds"]))


def what(record: Mapping[str, Any]) -> str:
    """An operation in a few words: `remove_node of node-03 by alice on ctrl-01 (its disk fails)`.

    :param record: a holder, or an operation that is over.
    """
    who = record.get("owner") or record
    text = record["operation"] or "an operation"
    if record["target"]:
        target = str(record["target"])
        text += f" of {target[:_SHOWN]}{'...' if len(target) > _SHOWN else ''}"
    text += f" by {who.get('user') or 'somebody'} on {who.get('controller') or 'an unknown host'}"
    return text + (f" ({record['reason']})" if record["reason"] else "")


def operation_key(operation: Mapping[str, Any]) -> tuple[str, ...]:
    """What is one operation on all lock hosts: a run may do several.

    :param operation: a holder, or an operation that is over.
    """
    name = str(operation["operation"])
    # A rolling restart goes from target to target.
    target = "" if name.startswith("rolling_restart") else str(operation["target"])
    return str(operation["run_id"]), name, target


def _in_use(holder: Mapping[str, Any], hosts: list[str], of: int) -> str:
    where = f" It is process {holder['owner']['pid']} of this host." if _is_here(holder) else ""
    step = f', at the step "{holder["step"]}"' if holder["step"] else ""
    return (
        f"Another operation changes the cluster: {what(holder)}, since {holder['since']}{step}."
        f"{where} It holds the lock on {len(hosts)} of {of} lock hosts ({', '.join(hosts)}); there "
        f"it expires in {span(holder['expires_seconds'])} unless it is renewed. Wait for it; or, "
        f"if you know that it does not run any more, take over with "
        f"-e stemedb_lock_break={holder['run_id']}."
    )


def _is_here(holder: Mapping[str, Any]) -> bool:
    return holder.get("running") is True


def _lost(answer: Answer) -> str:
    """Why the run does not hold the lock on a host."""
    if answer.said is None:
        return answer.problem
    holder = answer.said["holder"]
    if holder is None:
        return "nobody holds it, so it was broken, or never taken"
    if answer.other is not None:
        return f"it is held by another operation, {what(holder)}, run {holder['run_id']}"
    return f"it expired {span(-holder['expires_seconds'])} ago and was not renewed in time"


_BECAUSE = {
    lock.EXPIRED: "its lock has expired",
    lock.PROCESS_GONE: "its process on this host is gone",
    lock.NAMED: "it was named in stemedb_lock_break",
}


def _left(
    found: list[Answer], takeable: list[Answer], replaced: Mapping[str, str | None]
) -> list[str]:
    """What is known of the runs whose lock gives way, but of those that are known to have ended."""
    over = {operation_key(o) for a in found if a.said for o in a.said.get("operations") or ()}
    lines = []
    for run_id in sorted(replaced):
        records = [a.other for a in takeable if a.other and a.other["run_id"] == run_id]
        unfinished = [record for record in records if operation_key(record) not in over]
        if unfinished:
            lines += _unfinished(_newest(unfinished), str(replaced[run_id]))
    return lines


def _unfinished(record: Mapping[str, Any], why: str) -> list[str]:
    last = f'its last step was "{record["step"]}"' if record["step"] else "it named no step"
    return [
        f"An operation before this one did not end: {what(record)}, since {record['since']}.",
        f"  It was heard of last {span(record['renewed_seconds'])} ago; {last}.",
        *(f"  It may have left behind: {text}" for text in record["leaves"]),
        f"  Its lock is taken over, because {_BECAUSE[why]}. Run {record['run_id']}.",
    ]


def _names(given: Names) -> list[str]:
    """Names from a list or a text that means one, each once."""
    items = read(given, "list") if isinstance(given, str) else given or ()
    return list(dict.fromkeys(name.strip() for name in items if name and name.strip()))
