# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has started a run, for who finds its lock. Private to stemedb.cluster. Pure.

`by root on runner` says nothing where runs are started by CI or a controller.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def started_by(environment: Mapping[str, str], variables: Mapping[str, Any]) -> str:
    """The CI job or the controller's job, and the commit; "" where nobody tells.

    :param environment: that of ansible-playbook. GitHub, Gitea and Forgejo set `GITHUB_*`, GitLab
        `CI_JOB_URL`, Jenkins `BUILD_URL`.
    :param variables: those of a task. AWX sets `awx_job_id`, `awx_user_name` and
        `awx_project_revision`.
    """
    job, commit = _github(environment), environment.get("GITHUB_SHA", "")
    if not job:
        job = environment.get("CI_JOB_URL") or environment.get("BUILD_URL") or ""
        commit = environment.get("CI_COMMIT_SHA") or environment.get("GIT_COMMIT") or ""
    if not job and variables.get("awx_job_id"):
        user = variables.get("awx_user_name")
        job = f"controller job {variables['awx_job_id']}" + (f" of {user}" if user else "")
        commit = str(variables.get("awx_project_revision") or "")
    told = [job, f"commit {commit[:12]}" if commit else ""] if job else []
    return ", ".join(part for part in told if part)


def _github(environment: Mapping[str, str]) -> str:
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, run = (environment.get(name, "") for name in names)
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else ""
