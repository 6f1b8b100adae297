"""What a lock says of the job that started its run."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock.reason import started_by

GITHUB = {
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/databases",
    "GITHUB_RUN_ID": "4711",
    "GITHUB_SHA": "0123456789abcdef0123",
}
GITLAB = {"CI_JOB_URL": "https://git.acme.example/db/-/jobs/7", "CI_COMMIT_SHA": "fedcba9876543210"}
AWX = {"awx_job_id": 12, "awx_user_name": "kim", "awx_project_revision": "00112233445566"}


@pytest.mark.parametrize(
    ("environment", "variables", "reason"),
    [
        ({}, {}, ""),
        (GITHUB, {}, "https://github.com/acme/databases/actions/runs/4711, commit 0123456789ab"),
        (GITLAB, {}, "https://git.acme.example/db/-/jobs/7, commit fedcba987654"),
        ({"BUILD_URL": "https://ci.example/1"}, {}, "https://ci.example/1"),
        ({}, AWX, "controller job 12 of kim, commit 001122334455"),
        ({}, {"awx_job_id": 12}, "controller job 12"),
        # What runs in the job of CI is told, not the controller that the job was given to.
        (GITLAB, AWX, "https://git.acme.example/db/-/jobs/7, commit fedcba987654"),
        # A part of an environment is none.
        ({"GITHUB_RUN_ID": "4711"}, {}, ""),
        ({"GITHUB_SHA": "0123456789abcdef0123"}, {}, ""),
    ],
)
def test_the_job_and_the_commit(
    environment: dict[str, str], variables: dict[str, Any], reason: str
) -> None:
    assert started_by(environment, variables) == reason
