"""What starts the scripts of `examples/gitops`: hooks, and the jobs of GitHub and GitLab."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.fake_playbook import PLAN, SECRET, Fake, declared
from tests.support.git_http import served
from tests.support.gitops import STRANGER, Repository, pipeline_tools, tools_path


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    return Fake(tmp_path / "fake")


@pytest.fixture
def made(tmp_path: Path, fake: Fake) -> Repository:
    return Repository(tmp_path / "repository", tools_path(fake.bin))


@pytest.fixture
def hooked(tmp_path: Path, fake: Fake) -> Repository:
    repository = Repository(tmp_path / "repository", tools_path(fake.bin), hooks=True)
    settings = f"STEMEDB_ALLOWED_SIGNERS={repository.signers}\n"
    (repository.bare / "stemedb.env").write_text(settings, encoding="utf-8")
    return repository


def log_of(made: Repository, commit: str) -> str:
    """What a hook has kept of the run for a commit."""
    (log,) = (made.bare / "stemedb-logs").glob(f"*-{commit[:12]}.log")
    return log.read_text(encoding="utf-8")


def test_hooks_plan_a_branch_and_apply_main(hooked: Repository, fake: Fake) -> None:
    declared(hooked, "change", "db-05", "db-15")
    pushed = hooked.push("change")
    assert pushed.returncode == 0, pushed.stdout
    assert "remote: Stored the plan as refs/plans/" in pushed.stdout
    commit = hooked.merge("change")
    pushed = hooked.push("main")
    assert pushed.returncode == 0, pushed.stdout
    applied = fake.runs[-1]
    assert applied["arguments"] == ["reconcile.yml", "-e"]
    assert json.loads(applied["plan"]) == PLAN
    assert applied["environment"]["BUILD_URL"] == f"push to {hooked.bare}"
    assert "PLAY RECAP" in log_of(hooked, commit)
    assert list(hooked.temporary.iterdir()) == []


def test_hooks_say_what_failed(hooked: Repository, fake: Fake) -> None:
    fake.plans(status=2, refused=[{"kind": "too_many_changes"}])
    declared(hooked, "change", "db-05", "db-15")
    pushed = hooked.push("change")
    assert "remote: ERROR: The plan is refused" in pushed.stdout
    assert "remote: ERROR: change: see above" in pushed.stdout


@pytest.mark.parametrize("by", [None, STRANGER])
def test_hooks_refuse_a_main_that_no_listed_key_has_signed(
    hooked: Repository, fake: Fake, by: str | None
) -> None:
    hooked.commit("Change", by=by)
    refused = hooked.push("HEAD:main")
    assert refused.returncode == 1
    assert "is not signed by a listed key" in refused.stdout
    assert fake.runs == []


def test_hooks_refuse_to_take_main_back(hooked: Repository, fake: Fake) -> None:
    hooked.git("commit", "--quiet", "--amend", "--message=Other", "--gpg-sign")
    assert "Revert them instead" in hooked.push("+HEAD:main").stdout
    hooked.git("config", "receive.denyDeleteCurrent", "ignore", cwd=hooked.bare)
    assert "it is what is applied, and stays" in hooked.push(":main").stdout
    assert fake.runs == []


def test_hooks_refuse_plans_from_elsewhere(hooked: Repository) -> None:
    assert "stored by this repository's own hook only" in hooked.push("HEAD:refs/plans/x").stdout


def test_what_is_applied_outlives_the_client_that_pushed(hooked: Repository, fake: Fake) -> None:
    declared(hooked, "change", "db-05", "db-15")
    hooked.push("change")
    commit = hooked.merge("change")
    (fake.folder / "wait").touch()
    push = subprocess.Popen(
        ["git", "push", "--quiet", "origin", "main"],
        cwd=hooked.work,
        env=hooked.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    until(lambda: len(fake.runs) == 2)
    os.killpg(push.pid, signal.SIGKILL)
    push.communicate()
    (fake.folder / "wait").unlink()
    until(lambda: list(hooked.temporary.iterdir()) == [])
    assert "ERROR" not in log_of(hooked, commit)


@pytest.mark.parametrize("user", ["x-access-token", "gitlab-ci-token"])
def test_a_token_reads_and_writes_the_repository(made: Repository, fake: Fake, user: str) -> None:
    with served(made.folder, user, SECRET) as url:
        told = {"STEMEDB_REMOTE": f"{url}/{made.bare.name}", "GIT_TERMINAL_PROMPT": "0"}
        assert made.ci("plan", **told).returncode == 128
        told["STEMEDB_GIT_TOKEN"] = SECRET
        if user != "x-access-token":
            told["STEMEDB_GIT_USER"] = user
        for name in ("plan", "apply"):
            done = made.ci(name, **told)
            assert done.returncode == 0, done.stdout
            assert SECRET not in done.stdout
    assert len(made.refs("refs/plans")) == 1
    assert all(
        run["environment"].keys() <= {"STEMEDB_REMOTE", "STEMEDB_GIT_USER"} for run in fake.runs
    )


ACT = (
    *("-P", "self-hosted=-self-hosted", "-P", "stemedb=-self-hosted", "--action-offline-mode"),
    *("--cache-server-addr", "127.0.0.1", "--artifact-server-addr", "127.0.0.1"),
    *("-s", "GITHUB_TOKEN=token", "-s", f"STEMEDB_VAULT_PASSWORD={SECRET}"),
)


def test_the_jobs_of_the_workflow_run(made: Repository, fake: Fake) -> None:
    """By act, on this machine, without containers."""
    event = made.folder / "event.json"
    repository = {"full_name": "ops/stemedb"}
    content = {"repository": repository, "pull_request": {"head": {"repo": repository}}}
    event.write_text(json.dumps(content), encoding="utf-8")

    def act(name: str, *flags: str) -> str:
        signers = f"STEMEDB_ALLOWED_SIGNERS={made.signers.read_text(encoding='utf-8')}"
        environment = ("--env", f"GITHUB_REPOSITORY={repository['full_name']}")
        command = (str(pipeline_tools() / "act"), name, *ACT, *environment, *flags)
        done = made.run(*command, "--var", signers)
        assert done.returncode == 0, done.stdout
        assert SECRET not in done.stdout
        return done.stdout

    declared(made, "change", "db-05", "db-15")
    said = act("pull_request", "-e", str(event))
    assert said.count("Job succeeded") == 2
    assert "Stored the plan as refs/plans/" in said
    made.merge("change")
    made.push("HEAD:main")
    assert act("push").count("Job succeeded") == 1
    said = act("schedule")
    assert said.count("Job succeeded") == 2
    assert "There is nothing to propose" in said
    # A request of a fork is checked only.
    repository_of_fork = {"head": {"repo": {"full_name": "somebody/stemedb"}}}
    event.write_text(json.dumps({**content, "pull_request": repository_of_fork}), encoding="utf-8")
    assert act("pull_request", "-e", str(event)).count("Job succeeded") == 1
    planned, applied, *scheduled = fake.runs
    assert "db-15" in planned["hosts"]
    assert json.loads(applied["plan"]) == PLAN
    assert [run["arguments"][1] for run in scheduled] == ["--check"] * 2
    for run in fake.runs:
        assert run["secret"] == f"{SECRET}\n"
        assert run["environment"] == {}


def test_the_jobs_of_gitlab_run(made: Repository, fake: Fake) -> None:
    """By gcil, on this machine, without containers."""

    def gcil(*names: str) -> str:
        told = {"STEMEDB_ALLOWED_SIGNERS": str(made.signers), "NO_COLOR": "1"}
        done = made.run(str(pipeline_tools() / "gcil"), "--host", *names, env=told)
        assert done.returncode == 0, done.stdout
        return done.stdout

    declared(made, "change", "db-05", "db-15")
    said = gcil("check", "plan")
    assert "Stored the plan as refs/plans/" in said
    made.merge("change")
    made.push("HEAD:main")
    gcil("apply")
    assert "There is nothing to propose" in gcil("drift", "propose")
    planned, applied, *scheduled = fake.runs
    assert "db-15" in planned["hosts"]
    assert json.loads(applied["plan"]) == PLAN
    assert [run["arguments"][1] for run in scheduled] == ["--check"] * 2


def until(seen: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.02)
