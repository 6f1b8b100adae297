"""The scripts of `examples/gitops`, with a playbook that only notes how it was run."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.fake_playbook import INVENTORY, PLAN, SECRET, Fake, declared
from tests.support.gitops import OPERATOR, STRANGER, Repository, tools_path


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    return Fake(tmp_path / "fake")


@pytest.fixture
def made(tmp_path: Path, fake: Fake) -> Repository:
    return Repository(tmp_path / "repository", tools_path(fake.bin))


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


def test_a_runner_without_the_password_of_the_vault_says_so(made: Repository, fake: Fake) -> None:
    for name, more in (("plan", {}), ("apply", {"STEMEDB_APPLY_UNREVIEWED": "1"})):
        done = made.ci(name, STEMEDB_VAULT_PASSWORD="", **more)
        assert done.returncode == 1
        assert "give this runner its password as STEMEDB_VAULT_PASSWORD" in done.stdout
    assert fake.runs == []


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
