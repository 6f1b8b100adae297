"""The scripts and hooks of `examples/gitops`, with a playbook that only notes how it was run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.git_http import served
from tests.support.gitops import OPERATOR, STRANGER, Repository, pipeline_tools, tools_path

# Notes how it is run, and leaves the plan that it is given.
PLAYBOOK = """#!{python}
import json, os, pathlib, shutil, sys, time
if {{"--graph", "--syntax-check"}} & set(sys.argv):
    sys.exit()
folder = pathlib.Path({folder!r})
told = dict(one.split("=", 1) for one in sys.argv if one.startswith("stemedb_"))
read = lambda path: pathlib.Path(path).read_text() if path else None
secret = os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE")
run = {{
    "arguments": [one for one in sys.argv[1:] if not one.startswith("stemedb_plan")],
    "hosts": read("inventory/hosts.yml"),
    "files": sorted(path.name for path in pathlib.Path("inventory").iterdir()),
    "plan": read(told.get("stemedb_plan_file")),
    "secret": read(secret),
    "mode": oct(os.stat(secret).st_mode)[-3:] if secret else None,
    "environment": {{k: v for k, v in os.environ.items() if k.startswith(("STEMEDB", "BUILD"))}},
}}
with open(folder / "runs", "a") as runs:
    print(json.dumps(run), file=runs)
print("PLAY RECAP", flush=True)
if "stemedb_plan_dest" in told:
    for path in (folder / "plan").iterdir():
        shutil.copy(path, pathlib.Path(told["stemedb_plan_dest"]).parent)
while (folder / "wait").exists():
    time.sleep(0.02)
status = folder / "status"
sys.exit(int(status.read_text()) if status.exists() else 0)
"""
PLAN: dict[str, Any] = {"refused": [], "substituted": [], "steps": []}
INVENTORY = "inventory/hosts.yml"
SECRET = "the-password-of-the-vault"


class Fake:
    """The playbook of this folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        (folder / "plan").mkdir()
        for name in ("ansible-playbook", "ansible-inventory"):
            path = self.bin / name
            path.write_text(
                PLAYBOOK.format(python=sys.executable, folder=str(folder)), encoding="utf-8"
            )
            path.chmod(0o755)
        self.plans()

    def plans(self, patch: str = "", status: int = 0, **changed: Any) -> None:
        """What a run with --check leaves, and its exit status."""
        plan = self.folder / "plan"
        (plan / "plan.json").write_text(json.dumps({**PLAN, **changed}), encoding="utf-8")
        (plan / "plan.md").write_text("# Plan\n", encoding="utf-8")
        (plan / "plan.patch").write_text(patch, encoding="utf-8")
        (self.folder / "status").write_text(str(status), encoding="utf-8")

    @property
    def runs(self) -> list[dict[str, Any]]:
        path = self.folder / "runs"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]


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


def declared(made: Repository, branch: str, old: str, new: str) -> None:
    """A branch that declares one host in the place of another."""
    made.branch(branch)
    made.edit(INVENTORY, old, new)
    made.commit(f"Declare {new}")


def test_the_plan_of_a_merge_is_applied_by_the_merge(made: Repository, fake: Fake) -> None:
    declared(made, "other", "db-01", "db-11")
    made.merge("other")
    made.push("HEAD:main")
    made.branch("change", "main~1")
    made.edit(INVENTORY, "db-05", "db-15")
    made.commit("Declare db-15")
    planned = made.ci("plan")
    assert planned.returncode == 0, planned.stdout
    (run,) = fake.runs
    assert run["arguments"] == ["reconcile.yml", "--check", "-e"]
    assert "db-11" in run["hosts"], "planned without what main has"
    assert "db-15" in run["hosts"]
    commit = made.merge("change")
    (ref,) = made.refs("refs/plans")
    assert ref == f"refs/plans/{made.git('rev-parse', 'HEAD^{tree}')}"
    assert f"Stored the plan as {ref}" in planned.stdout
    made.push("HEAD:main")
    applied = made.ci("apply")
    assert applied.returncode == 0, applied.stdout
    assert fake.runs[1]["arguments"] == ["reconcile.yml", "-e"]
    assert json.loads(fake.runs[1]["plan"]) == PLAN
    assert made.git("rev-parse", "HEAD") == commit
    assert list(made.temporary.iterdir()) == []
    assert len(made.git("worktree", "list").splitlines()) == 1


def test_a_second_merge_in_the_meantime_makes_the_plan_stale(made: Repository, fake: Fake) -> None:
    for branch, old in (("first", "db-01"), ("second", "db-05")):
        declared(made, branch, old, "db-09")
        assert made.ci("plan").returncode == 0
    for branch in ("second", "first"):
        made.merge(branch)
        made.push("HEAD:main")
    refused = made.ci("apply")
    assert refused.returncode == 1
    assert "ERROR: No plan was made of what main is now" in refused.stdout
    assert len(fake.runs) == 2
    # As the sentence says.
    assert made.ci("plan").returncode == 0
    assert made.ci("apply").returncode == 0
    assert fake.runs[-1]["plan"]


def test_without_a_plan_it_is_applied_only_if_that_is_told(made: Repository, fake: Fake) -> None:
    assert made.ci("apply").returncode == 1
    assert fake.runs == []
    done = made.ci("apply", STEMEDB_APPLY_UNREVIEWED="1")
    assert done.returncode == 0, done.stdout
    assert "No plan is used" in done.stdout
    assert [run["arguments"] for run in fake.runs] == [["reconcile.yml"]]


@pytest.mark.parametrize("by", [None, STRANGER])
def test_what_no_listed_key_has_signed_is_not_applied(
    made: Repository, fake: Fake, by: str | None
) -> None:
    made.commit("Change", by=by)
    made.push("HEAD:main")
    refused = made.ci("apply", STEMEDB_APPLY_UNREVIEWED="1")
    assert refused.returncode == 1
    assert "is not signed by a key that this runner knows" in refused.stdout
    assert fake.runs == []


def test_keys_and_secrets_may_be_given_by_content(made: Repository, fake: Fake) -> None:
    keys = made.signers.read_text(encoding="utf-8")
    told = {"STEMEDB_ALLOWED_SIGNERS": keys, "STEMEDB_VAULT_PASSWORD": SECRET}
    done = made.ci("apply", STEMEDB_APPLY_UNREVIEWED="1", **told)
    assert done.returncode == 0, done.stdout
    (run,) = fake.runs
    assert (run["secret"], run["mode"]) == (f"{SECRET}\n", "600")
    assert SECRET not in str(run["environment"]) + done.stdout
    assert list(made.temporary.iterdir()) == []


def test_a_run_for_a_commit_that_main_has_left_behind_changes_nothing(
    made: Repository, fake: Fake
) -> None:
    declared(made, "next", "db-01", "db-11")
    made.push("HEAD:main")
    made.git("checkout", "--quiet", "HEAD~1")
    refused = made.ci("apply", STEMEDB_APPLY_UNREVIEWED="1")
    assert refused.returncode == 1
    assert "is not main of origin any more" in refused.stdout
    assert fake.runs == []


def test_a_branch_that_is_named_like_a_plan_is_none(made: Repository, fake: Fake) -> None:
    made.push(f"HEAD:refs/heads/refs/plans/{made.git('rev-parse', 'HEAD^{tree}')}")
    assert "No plan was made" in made.ci("apply").stdout
    assert fake.runs == []


def test_a_remote_that_does_not_answer_is_no_remote_without_a_plan(
    made: Repository, fake: Fake
) -> None:
    gone = str(made.folder / "gone.git")
    for name in ("plan", "apply", "propose"):
        done = made.ci(name, STEMEDB_REMOTE=gone)
        assert done.returncode == 128, done.stdout
        assert "ERROR" not in done.stdout
    assert fake.runs == []


def test_a_branch_that_cannot_be_merged_is_not_planned(made: Repository, fake: Fake) -> None:
    for branch, new in (("first", "db-08"), ("second", "db-09")):
        declared(made, branch, "db-05", new)
    made.merge("first")
    made.push("HEAD:main")
    made.git("checkout", "--quiet", "second")
    refused = made.ci("plan")
    assert refused.returncode == 1
    assert "Merge main into your branch" in refused.stdout
    assert fake.runs == []


def test_a_refused_plan_is_not_stored(made: Repository, fake: Fake) -> None:
    fake.plans(status=2, refused=[{"kind": "maintenance"}, {"kind": "too_many_changes"}])
    refused = made.ci("plan")
    assert refused.returncode == 1
    assert "The plan is refused" in refused.stdout
    assert made.refs("refs/plans") == []


def test_a_request_to_freeze_can_be_merged(made: Repository, fake: Fake) -> None:
    fake.plans(status=2, refused=[{"kind": "maintenance"}])
    done = made.ci("plan")
    assert done.returncode == 0, done.stdout
    assert "the cluster is frozen" in done.stdout
    assert made.refs("refs/plans") == []


def test_where_there_is_no_plan_nothing_is_stored(made: Repository, fake: Fake) -> None:
    fake.plans(status=4)
    (fake.folder / "plan" / "plan.json").unlink()
    for name in ("plan", "propose"):
        done = made.ci(name)
        assert done.returncode == 1
        assert "There is no plan: see above." in done.stdout


def test_the_summary_of_a_job_shows_the_plan(made: Repository, fake: Fake) -> None:
    summary = made.folder / "summary"
    assert made.ci("plan", GITHUB_STEP_SUMMARY=str(summary)).returncode == 0
    assert summary.read_text(encoding="utf-8") == "# Plan\n"


def test_files_that_lie_about_are_no_part_of_what_is_run(made: Repository, fake: Fake) -> None:
    (made.work / "inventory" / "more.yml").write_text("", encoding="utf-8")
    made.edit(INVENTORY, "db-01", "db-11")
    for name in ("plan", "drift"):
        assert made.ci(name).returncode == 0
    assert made.ci("apply", STEMEDB_APPLY_UNREVIEWED="1").returncode == 0
    for run in fake.runs:
        assert run["files"] == ["group_vars", "hosts.yml"]
        assert "db-11" not in run["hosts"]


def test_drift_is_the_exit_status(made: Repository, fake: Fake) -> None:
    fake.plans(status=2)
    assert made.ci("drift").returncode == 2
    (run,) = fake.runs
    assert run["arguments"] == ["reconcile.yml", "--check", "-e", "stemedb_fail_on_drift=true"]


def test_a_proposal_is_pushed_once(made: Repository, fake: Fake) -> None:
    assert "There is nothing to propose" in made.ci("propose").stdout
    made.edit(INVENTORY, "db-05", "db-06")
    patch = made.git("diff") + "\n"
    made.git("checkout", "--quiet", ".")
    again = {"host": "db-04", "by": "db-04"}
    fake.plans(patch=patch, substituted=[{"host": "db-05", "by": "db-06"}, again])
    pushed = made.ci("propose")
    assert pushed.returncode == 0, pushed.stdout
    (ref,) = made.refs("refs/heads/propose")
    assert f"Pushed {ref.removeprefix('refs/heads/')}." in pushed.stdout
    made.git("fetch", "--quiet", "origin", ref)
    assert made.git("diff", "HEAD", "FETCH_HEAD") + "\n" == patch
    said = made.git("log", "-1", "--format=%an: %B", "FETCH_HEAD").splitlines()
    assert said == [
        f"{OPERATOR}: Declare db-06 in the place of db-05",
        "Declare the new ID of db-04",
    ]
    assert "is proposed already" in made.ci("propose").stdout


def test_a_change_that_no_patch_can_make_is_for_a_person(made: Repository, fake: Fake) -> None:
    fake.plans(substituted=[{"host": "db-05", "by": "db-06"}])
    refused = made.ci("propose")
    assert refused.returncode == 1
    assert "Change it by hand" in refused.stdout


def test_a_proposal_that_does_not_fit_is_not_pushed(made: Repository, fake: Fake) -> None:
    patch = "--- a/inventory/hosts.yml\n+++ b/inventory/hosts.yml\n@@ -1 +1 @@\n-no\n+yes\n"
    fake.plans(patch=patch, substituted=[{"host": "db-05", "by": "db-06"}])
    refused = made.ci("propose")
    assert refused.returncode == 1
    assert "Change the inventory by hand" in refused.stdout
    assert made.refs("refs/heads/propose") == []


def test_a_runner_without_ansible_says_so(made: Repository, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "git", "dirname"):
        found = subprocess.run(["which", name], capture_output=True, text=True, check=True)
        (tools / name).symlink_to(found.stdout.strip())
    done = made.ci("check", PATH=str(tools))
    assert done.returncode == 1
    assert "ERROR: ansible-playbook is not in PATH" in done.stdout


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
    logs = sorted((hooked.bare / "stemedb-logs").iterdir())
    assert logs[-1].name.endswith(f"-{commit[:12]}.log")
    assert "PLAY RECAP" in logs[-1].read_text(encoding="utf-8")
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
    hooked.merge("change")
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
    log = sorted((hooked.bare / "stemedb-logs").iterdir())[-1]
    assert "ERROR" not in log.read_text(encoding="utf-8")


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
