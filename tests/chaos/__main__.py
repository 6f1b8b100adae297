"""Kill reconcile at each step that changes something, and run it again: make chaos.

    python -m tests.chaos [--skip N] [add replace remove]

The steps are those that a run changes something in, found by one that nobody kills. Each is killed
as it begins, within it, and after it. What follows has to converge: the same command, at most
three times. A witness watches the data all the while.
"""

from __future__ import annotations

import argparse
import itertools
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import psutil

from tests.integration.conftest import Ansible, Running
from tests.integration.inventories import Host, Site, ended
from tests.integration.repository import Repository, followed
from tests.integration.witness import Witness

TRIES = 3
# Within a task: long enough for its module to have begun on a busy machine, mostly.
WITHIN = 0.7
MOMENTS = ("begin", "within", "after")


class Kill(NamedTuple):
    """When a run is killed: at which task, and whether as it begins, within it or after it."""

    task: str
    moment: str

    def seen(self, running: Running) -> bool:
        """Whether that is now."""
        if self.moment == "after":
            return running.has_done(self.task)
        begun = f"{self.task}]" in running.stdout
        if begun and self.moment == "within":
            time.sleep(WITHIN)
        return begun


class Chaos:
    """One cluster, and all that is done to it."""

    def __init__(self, site: Site, folder: Path, witness: Witness) -> None:
        self.site = site
        self.witness = witness
        self.repository = Repository(site, folder)
        self._ansible = Ansible(folder)
        self._hosts = 0

    def fresh(self) -> Host:
        """One more host."""
        self._hosts += 1
        return self.site.host(f"fresh-{self._hosts:02}")

    def add(self) -> Host:
        """Declare a host."""
        host = self.fresh()
        self.repository.declared = [*self.repository.declared, host]
        return host

    def remove(self) -> Host:
        """Declare the last one no more, and name it."""
        *left, host = self.repository.declared
        self.repository.declared = left
        self.repository.settings = {"stemedb_prune": [host.name]}
        return host

    def replace(self) -> Host:
        """Kill the last one, with a spare to take its place."""
        lost, spare = self.repository.declared[-1], self.fresh()
        self.repository.spares = [spare]
        self.witness.lost.add(lost.node_id)
        psutil.Process(lost.service["pid"]).kill()
        stay = [host for host in self.repository.declared if host is not lost]
        self.site.cluster.wait_until(
            lambda: all(host.node.states().get(lost.node_id) == "Dead" for host in stay), "death"
        )
        return spare

    def committed(self) -> None:
        """After a replacement: what the patch says."""
        if self.repository.spares:
            self.repository.declared = [*self.repository.declared[:-1], *self.repository.spares]
            self.repository.spares = []
        self.repository.settings = {}

    def run(self, kill: Kill | None = None) -> Running:
        """The playbook until it ends, or until it is killed."""
        self.repository.commit()
        running = self.repository.start(self._ansible)
        if kill is not None:
            running.until(kill.seen)
            running.kill()
        return running

    def close(self) -> None:
        self._ansible.close()


def steps(run: Any) -> list[str]:
    """The tasks that changed something, in their order."""
    return list(dict.fromkeys(one.task for one in run.tasks if one.result.get("changed")))


def converge(chaos: Chaos) -> int:
    """Run it until it is done; how often it took.

    :raises AssertionError: it was not done, or what is declared is not there.
    """
    for tried in range(1, TRIES + 1):
        run = ended(chaos.run())
        if run.ok:
            chaos.committed()
            declared = chaos.repository.declared
            ids = {host.node_id for host in declared}
            for host in declared:
                states = host.node.states()
                alive = {one for one, state in states.items() if state == "Alive"}
                assert alive == ids, f"{host.name} lists {states}"
            return tried
    raise AssertionError(f"not done after {TRIES} runs\n{run.stdout}\n{run.stderr}")


def rounds(chaos: Chaos, kinds: list[str], skip: int) -> Iterator[tuple[str, Kill, int, float]]:
    """Each kind at each of its kill points, with how many runs it then took, and how long.

    :param skip: how many kill points of each kind are left out, since an earlier run tried them.
    """
    begin: dict[str, Callable[[], Host]] = {
        "add": chaos.add,
        "replace": chaos.replace,
        "remove": chaos.remove,
    }
    for kind in kinds:
        prepare(chaos, kind)
        begin[kind]()
        found = ended(chaos.run())
        assert found.ok, found
        chaos.committed()
        kills = itertools.starmap(Kill, itertools.product(steps(found), MOMENTS))
        for kill in itertools.islice(kills, skip, None):
            prepare(chaos, kind)
            begin[kind]()
            started = time.monotonic()
            chaos.run(kill)
            yield kind, kill, converge(chaos), time.monotonic() - started


def prepare(chaos: Chaos, kind: str) -> None:
    """As many members as the change needs: four of which one is removed, three to be added to."""
    count = len(chaos.repository.declared)
    if kind == "remove" and count < 4:
        chaos.add()
        converge(chaos)
    if kind == "add" and count > 3:
        chaos.remove()
        converge(chaos)


def main() -> int:
    """Exit status 1 if anything did not converge, or the witness saw a loss."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    kinds = ("add", "replace", "remove")
    parser.add_argument("kinds", nargs="*", choices=[[], *kinds], metavar="KIND")
    parser.add_argument("--skip", type=int, default=0, metavar="N", help="of each kind")
    arguments = parser.parse_args()
    chosen = arguments.kinds or list(kinds)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    count = 0
    with TemporaryDirectory(prefix="stemedb-chaos-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "runs").mkdir()
        with followed(folder / "site") as site, Witness(site.cluster) as witness:
            chaos = Chaos(site, folder / "runs", witness)
            try:
                for kind, kill, runs, seconds in rounds(chaos, chosen, arguments.skip):
                    count += 1
                    said = f"{kind}: {kill.moment} {kill.task!r}: {runs} more, {seconds:.0f} s"
                    print(said, flush=True)
            except AssertionError as error:
                print(f"FAILED after {count} kill points: {error}")
                return 1
            finally:
                chaos.close()
        witness.verify()
        print(f"{count} kill points, all converged; {witness.samples} samples, nothing lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
