"""Change the deciding code in small ways and see that a test notices: python -m tests.mutation.

mutation [FILE ...]     only these, such as _impact/assess

A change that no test notices is a survivor. Each is listed in tests/mutation/survivors.txt with
the reason why it may live; any other fails, and so does a listed one that is gone, or noticed now.
The usual tools do not fit: one leaves out what is decorated, which is most of _cluster/model; one
starts pytest anew for each change and knows `|` only as a number's; another knows no sets.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple, NoReturn, Optional

from tests.mutation.mutants import Mutant, mutants

ROOT = Path(__file__).resolve().parents[2]
UTILS = "ansible_collections.stemedb.cluster.plugins.module_utils"
KEPT = ROOT / "tests" / "mutation" / "survivors.txt"
TESTS = ROOT / "tests" / "unit" / "plugins" / "module_utils"
# The tests of each file, quick ones first: the first that fails is the last that runs.
FILES = {
    "_impact/assess": "_impact/test_assess* _impact/test_properties_safety",
    "_impact/evidence": "_impact/test_evidence _impact/test_assess* _impact/test_properties_safety",
    "_wait/conditions": "_wait/test_conditions* _wait/test_replicated _wait/test_loop*",
    "_cluster/model": (
        "_cluster/test_model _cluster/test_predicates* _wait/test_conditions* "
        "_present/test_results _present/test_shards _cluster/test_properties_words"
    ),
}
# Neither a loop without end nor one that eats memory is to stop the machine.
MEMORY = 2 << 30
# A change that makes tests so many times slower, and some seconds, is noticed, as it were.
PATIENCE = 5.0
GRACE = 10.0


class Subject(NamedTuple):
    """A file to change: how it is called, how it is imported, where it is, and its tests."""

    name: str
    module: str
    path: Path
    tests: tuple[Path, ...]


def subject(name: str) -> Subject:
    tests = [
        path for pattern in FILES[name].split() for path in sorted(TESTS.glob(f"{pattern}.py"))
    ]
    path = ROOT / "plugins" / "module_utils" / f"{name}.py"
    return Subject(name, f"{UTILS}.{name.replace('/', '.')}", path, tuple(dict.fromkeys(tests)))


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from code that is given."""

    def __init__(self, name: str, path: Path, code: CodeType) -> None:
        self._name, self._path, self._code = name, path, code

    def find_spec(
        self, fullname: str, path: object = None, target: Optional[ModuleType] = None
    ) -> Optional[importlib.machinery.ModuleSpec]:
        if fullname != self._name:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=str(self._path))

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)


def survivors(subjects: Iterable[Subject], workers: int) -> Iterator[tuple[str, bool]]:
    """Each mutant's name, and whether no test noticed it."""
    # What takes long to import and knows nothing of what is changed, once for all children.
    import hypothesis.strategies  # noqa: F401
    import pytest  # noqa: F401

    for one in subjects:
        original = compile(one.path.read_text(encoding="utf-8"), str(one.path), "exec")
        start = time.monotonic()
        process = _start(one, original, quiet=False)
        if os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]):
            sys.exit(f"The tests of {one.name} fail as it is: mend that first.")
        seconds = PATIENCE * (time.monotonic() - start) + GRACE
        source = one.path.read_text(encoding="utf-8")
        for mutant, survived in _all(one, mutants(source, str(one.path)), workers, seconds):
            yield f"{one.name} {mutant.name}", survived


def _all(
    one: Subject, waiting: Iterator[Mutant], workers: int, seconds: float
) -> Iterator[tuple[Mutant, bool]]:
    running: dict[int, tuple[Mutant, float]] = {}
    try:
        while True:
            while len(running) < workers:
                mutant = next(waiting, None)
                if mutant is None:
                    break
                running[_start(one, mutant.code)] = mutant, time.monotonic() + seconds
            if not running:
                return
            process, status = os.waitpid(-1, os.WNOHANG)
            if process:
                mutant, _end = running.pop(process)
                yield mutant, os.waitstatus_to_exitcode(status) == 0
                continue
            for late in [p for p, (_m, end) in running.items() if time.monotonic() > end]:
                os.kill(late, signal.SIGKILL)
            time.sleep(0.01)
    finally:
        for process in running:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)


def _start(one: Subject, code: CodeType, quiet: bool = True) -> int:
    """A child that runs the tests with this code; its exit status is that of pytest."""
    sys.stdout.flush()
    process = os.fork()
    if not process:
        _test(one, code, quiet)
    return process


def _test(one: Subject, code: CodeType, quiet: bool) -> NoReturn:
    status = 1
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3 if quiet else 1):
            os.dup2(nothing, stream)
        import hypothesis
        import pytest

        # The same examples each time, or a survivor would come and go.
        hypothesis.settings.register_profile(
            "mutation",
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        sys.meta_path.insert(0, _Changed(one.module, one.path, code))
        options = ["-x", "-p", "no:cacheprovider", "--hypothesis-profile=mutation"]
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # it is imported on purpose
        status = int(pytest.main([*options, *map(str, one.tests)]))
        sys.stdout.flush()
    finally:
        os._exit(status)


def listed(text: str) -> dict[str, str]:
    """The survivors of a list, with the reasons: a line each, the reason indented below."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith(" "):
            found[name] = f"{found[name]} {line.strip()}".strip()
        else:
            name = line.strip()
            found[name] = ""
    return found


def problems(found: Iterable[tuple[str, bool]], kept: dict[str, str]) -> list[str]:
    """What is wrong: survivors that are not listed, and what the list has of others."""
    survived = dict(found)
    wrong = [
        f"survived, not listed: {n}" for n, lives in survived.items() if lives and n not in kept
    ]
    for name, reason in kept.items():
        if name not in survived:
            wrong.append(f"listed, but there is no such change any more: {name}")
        elif not survived[name]:
            wrong.append(f"listed, but a test notices it: {name}")
        elif not reason:
            wrong.append(f"listed without a reason: {name}")
    return wrong


def told(results: Iterable[tuple[str, bool]]) -> Iterator[tuple[str, bool]]:
    """The same, with a line for each survivor and, now and then, for how far it is."""
    start = time.monotonic()
    for number, (name, survived) in enumerate(results, 1):
        if survived:
            print(f"survived: {name}", flush=True)
        if number % 50 == 0:
            print(f"[{time.monotonic() - start:5.0f} s] {number} changes tried", flush=True)
        yield name, survived


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="mutation")
    parser.add_argument("files", nargs="*", metavar="FILE", help=f"of: {', '.join(FILES)}")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    unknown = [name for name in options.files if name not in FILES]
    if unknown:
        parser.error(f"no file {unknown[0]!r}; there are: {', '.join(FILES)}")
    os.nice(10)
    os.chdir(ROOT)
    names = options.files or list(FILES)
    kept = listed(KEPT.read_text(encoding="utf-8"))
    kept = {name: reason for name, reason in kept.items() if name.split()[0] in names}
    start = time.monotonic()
    found = list(told(survivors([subject(name) for name in names], options.workers)))
    lived = sum(survived for _name, survived in found)
    print(f"{len(found)} changes in {time.monotonic() - start:.0f} s: {lived} survived.")
    wrong = problems(found, kept)
    if wrong:
        print(*wrong, sep="\n")
        sys.exit(f"FAILED: write a test, or list it with a reason in {KEPT.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])
