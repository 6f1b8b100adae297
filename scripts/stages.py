"""The stages of `make test`, quick ones first: python -m scripts.stages [STAGE or GROUP ...].

Every stage runs, also after one has failed; the summary and the last line say which failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from scripts import guarded, home, runner

ROOT = home.ROOT
COLLECTION = "ansible_collections.stemedb.cluster"
REFS = "--validate-collection-refs=self"
# What users and contributors read; pyproject.toml says what is not ready yet.
TEXTS = (
    "README.md CONTRIBUTING.md docs scripts/site roles changelogs/fragments plugins/modules"
    " plugins/lookup plugins/inventory plugins/doc_fragments extensions/eda"
    " tests/devcluster/README.md examples/gitops/README.md"
)
# Where each environment comes from: its Python, its requirements.
VENVS = {
    ".venv": ("3.11", "requirements.txt"),
    ".venv-2.21": ("3.13", "requirements-2.21.txt"),
    ".venv-3.9": ("3.9", "requirements-3.9.txt"),
    ".venv-pipelines": ("3.11", "requirements-pipelines.txt"),  # of tests, not of a stage
}
# Without these Pythons a developer's run is still worth something; the project's own is not.
REQUIRED_IN_CI = {".venv-2.21"}


# Both of them run beside each other: what one's last file leaves of the processors is the other's.
INTEGRATION = "pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 20 tests/integration"
# Each module and plugin is tried on both; what is long, and about the decisions of the collection
# more than about Ansible, on one of the two. Of each procedure, but for adopting and healing, some
# part runs on both, on real hosts if not on loopback.
ONLY_ON = {
    "2.19": (
        "add_node",
        "bootstrap",
        "commands_of_docs",
        "gates_remove_node",
        "operation",
        "reconcile",
        "remove_node",
        "resume_add_node",
        "stemedb_diagnose",
        "stemedb_heal",
        "stemedb_preflight",
        "stemedb_stop",
        "witness",
    ),
    "2.21": (
        "adopt",
        "contract_check",
        "diagnose_findings",
        "gates_add_node",
        "gitops",
        "gitops_jobs",
        "gitops_scripts",
        "kubernetes_page",
        "lock_of_procedures",
        "replace_node",
        "resume_remove_node",
        "rolling_restart",
        "stemedb_lock",
        "stemedb_node",
        "stemedb_node_compare",
        "stemedb_node_systemd",
    ),
}


# Unit tests of how this project is made, which no ansible-core and no other Python changes.
OF_THE_PROJECT = (
    "bench",
    "test_demo.py",
    "test_docs_site.py",
    "test_eda.py",
    "test_extra.py",
    "test_language.py",
    "test_module_python.py",
    "test_molecule.py",
    "test_mutation.py",
    "test_packaging.py",
    "test_red_tests.py",
    "test_release.py",
    "test_stages.py",
    "test_tour.py",
    "test_workflows.py",
)


def without(version: str) -> str:
    """pytest's flags that leave out what runs on that ansible-core only."""
    return ignoring("tests/integration", (f"test_{name}.py" for name in ONLY_ON[version]))


def ignoring(folder: str, names: Iterable[str]) -> str:
    """pytest's flags that leave these out."""
    return "".join(f" --ignore={folder}/{name}" for name in names)


@dataclass(frozen=True)
class Stage:
    name: str
    group: str
    command: str
    minutes: float = 5
    venv: str = ".venv"
    beside: bool = False  # it keeps one core busy: others of that kind run beside it


STAGES = (
    Stage("ruff", "lint", "ruff check ."),
    Stage("format", "lint", "ruff format --check ."),
    Stage("yamllint", "lint", "yamllint --strict ."),
    Stage("imports", "lint", "python -m scripts.imports"),
    Stage("words", "lint", f"codespell {TEXTS}"),
    Stage("mypy-plugins", "lint", f"mypy -p {COLLECTION}.plugins"),
    Stage("mypy-rest", "lint", "mypy scripts tests extensions/eda"),
    Stage("changelog", "lint", "antsibull-changelog lint"),
    Stage("unit-2.19", "unit", "pytest -n 2 tests/unit", 10),
    Stage(
        "unit-2.21",
        "unit",
        "pytest -n 2 tests/unit" + ignoring("tests/unit", OF_THE_PROJECT),
        10,
        ".venv-2.21",
    ),
    Stage("sanity-2.19", "sanity", "python -m scripts.sanity", 10, beside=True),
    Stage("sanity-2.21", "sanity", "python -m scripts.sanity", 10, ".venv-2.21", beside=True),
    Stage(
        "unit-3.9",
        "unit",
        "python -m scripts.ansible_free_tests",
        10,
        ".venv-3.9",
        beside=True,
    ),
    Stage(
        "ansible-lint",
        "lint",
        "python -m scripts.in_copy ansible-lint --offline --nocolor",
        10,
        beside=True,
    ),
    Stage(
        "docs",
        "docs-lint",
        f"python -m scripts.in_copy antsibull-docs lint-collection-docs --plugin-docs {REFS} .",
        beside=True,
    ),
    Stage(
        "devcluster",
        "devcluster-tests",
        "pytest -n 2 tests/devcluster/tests",
        10,
        beside=True,  # it waits for most of its time
    ),
    Stage("integration-2.19", "integration", INTEGRATION + without("2.21"), 60, beside=True),
    Stage(
        "integration-2.21",
        "integration",
        INTEGRATION + without("2.19"),
        60,
        ".venv-2.21",
        beside=True,
    ),
)


def chosen(words: list[str]) -> list[Stage]:
    known = {stage.name for stage in STAGES} | {stage.group for stage in STAGES}
    unknown = [word for word in words if word not in known]
    if unknown:
        sys.exit(f"Unknown stage {unknown[0]!r}; there are: {' '.join(sorted(known))}")
    return [stage for stage in STAGES if not words or {stage.name, stage.group} & set(words)]


def missing(venv: str) -> str:
    """Make the environment; an empty string, or one line that says why there is none."""
    version, requirements = VENVS[venv]
    return make(venv, version, f"tests/{requirements}")


def make(venv: str, version: str, requirements: str) -> str:
    """The same, of that version of Python and that file of requirements."""
    finder = ["sh", "scripts/find_python.sh", version]
    found = subprocess.run(finder, cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode:
        return found.stderr.strip()
    script = [found.stdout.strip(), "scripts/make_venv.py", venv, requirements]
    if subprocess.run(script, cwd=ROOT, check=False).returncode:
        sys.exit(f"FAILED: setting up {venv}")
    return ""


def absence(venv: str) -> tuple[str, str]:
    """FAILED or skipped, and why, where there can be no such environment; else nothing."""
    reason = missing(venv)
    required = os.environ.get("CI") == "true" and venv in REQUIRED_IN_CI
    return (("FAILED" if required else "skipped") if reason else ""), reason


def job(stage: Stage) -> runner.Job:
    words = guarded.command(stage.minutes, stage.command.split())
    return runner.Job(stage.name, words, home.environment(ROOT / stage.venv), stage.beside)


def main() -> None:
    guarded.clean_up_when_stopped()
    stages = chosen(sys.argv[1:])
    home.prepare()
    venvs = list(dict.fromkeys(stage.venv for stage in stages))
    with ThreadPoolExecutor() as pool:  # pip keeps less than one core busy
        absences = dict(zip(venvs, pool.map(absence, venvs), strict=True))
    jobs, names, lines = [], [], []
    for stage in stages:
        word, reason = absences[stage.venv]
        if word:
            lines.append(f"{stage.name:19} {word:8}{0:6} s  {reason}")
            names += [stage.name] if word == "FAILED" else []
        else:
            jobs.append(job(stage))
    runner.exit_with(runner.run(jobs, os.cpu_count() or 1, names, lines), "stages")


if __name__ == "__main__":
    main()
