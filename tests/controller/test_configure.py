"""examples/controller/configure.yml: what the playbook tells AWX."""

from __future__ import annotations

import json
from typing import Any

from tests.controller.awx import Awx
from tests.controller.conftest import CLUSTER, CREDENTIALS, configure, installed
from tests.integration.conftest import Ansible
from tests.integration.inventories import SECRET

OTHER_KEY = "another-key-of-the-gateways-0123456789"


def test_all_is_posted(configured: Awx) -> None:
    awx = configured
    organization = awx.one("organizations")["id"]
    project, inventory = awx.one("projects"), awx.one("inventories")
    assert {method for method, *_ in awx.changes} == {"POST"}

    expected: dict[str, Any] = {"scm_type": "git", "scm_update_on_launch": True, "scm_clean": True}
    assert project.items() >= {**expected, "organization": organization}.items()
    source = awx.one("inventory_sources")
    expected = {"source": "scm", "source_project": project["id"], "inventory": inventory["id"]}
    assert source.items() >= expected.items()
    # What left the repository is no longer declared, and a job sees the commit that it runs.
    assert source["overwrite"] is source["overwrite_vars"] is source["update_on_launch"] is True

    image = awx.one("execution_environments")
    names = [f"{CLUSTER}: {name}" for name in ("plan", "apply", "unattended")]
    credentials = {awx.one("credentials", name)["id"] for name in CREDENTIALS}
    assert awx.names("job_templates") == names
    for name in names:
        template = awx.one("job_templates", name)
        assert template["playbook"] == "reconcile.yml"
        assert template["project"] == project["id"]
        assert template["inventory"] == inventory["id"]
        assert template["execution_environment"] == image["id"]
        assert set(template["_credentials"]) == credentials


def test_no_job_does_a_part(configured: Awx) -> None:
    """A limit that leaves localhost out is refused; what a launch sends is no variable."""
    for name in configured.names("job_templates"):
        template = configured.one("job_templates", name)
        assert template["allow_simultaneous"] is False
        assert template["limit"] == template["job_tags"] == template["skip_tags"] == ""
        assert template["job_slice_count"] == 1
        assert template["timeout"] == 0
        asked = {key for key, value in template.items() if key.startswith("ask_") and value}
        assert asked == set()
        assert template["ask_limit_on_launch"] is False
        assert template["ask_variables_on_launch"] is False


def test_what_each_job_may_do(configured: Awx) -> None:
    plan, apply, unattended = (
        configured.one("job_templates", f"{CLUSTER}: {name}")
        for name in ("plan", "apply", "unattended")
    )
    assert [t["job_type"] for t in (plan, apply, unattended)] == ["check", "run", "run"]
    assert json.loads(unattended["extra_vars"]) == {"stemedb_unattended": "replace"}
    assert json.loads(plan["extra_vars"]) == json.loads(apply["extra_vars"]) == {}
    assert apply["survey_enabled"] is unattended["survey_enabled"] is True
    assert "survey_spec" not in plan
    (question,) = apply["survey_spec"]["spec"]
    assert (question["variable"], question["required"]) == ("stemedb_lock_break", False)
    # A launch, of a rulebook for example, can only hold it back.
    (question,) = unattended["survey_spec"]["spec"]
    assert (question["variable"], question["required"]) == ("stemedb_unattended_apply", False)
    assert question["choices"] == ["false"]
    schedule = configured.one("schedules")
    assert schedule["unified_job_template"] == unattended["id"]
    assert schedule["rrule"].endswith("RRULE:FREQ=MINUTELY;INTERVAL=15")


def test_the_key_is_a_secret_and_becomes_an_extra_variable(configured: Awx) -> None:
    kind = configured.one("credential_types")
    (field,) = kind["inputs"]["fields"]
    assert (field["id"], field["secret"]) == ("api_key", True)
    assert kind["injectors"] == {"extra_vars": {"stemedb_api_key": "{{ api_key }}"}}
    credential = configured.one("credentials", f"{CLUSTER}: API key")
    assert credential["credential_type"] == kind["id"]
    assert credential["inputs"] == {"api_key": SECRET}


def test_once_more_changes_only_what_differs(configured: Awx, ansible: Ansible) -> None:
    """Somebody has tried something by hand, and the key is to be replaced."""
    template = configured.one("job_templates", f"{CLUSTER}: apply")
    template |= {"ask_limit_on_launch": True, "limit": "db-01"}
    replace = ("-vvv", "-e", '{"replace_api_key": true}')
    # awx.awx warns that it cannot see whether a secret differs.
    run = configure(ansible, configured, *replace, key=OTHER_KEY, warnings=True)
    assert run.ok, run
    assert [found.task for found in run.tasks if found.result.get("changed")] == [
        "Create the credential",
        "Create the job template that applies the plan",
    ]
    assert (template["ask_limit_on_launch"], template["limit"]) == (False, "")
    credential = configured.one("credentials", f"{CLUSTER}: API key")
    assert credential["inputs"] == {"api_key": OTHER_KEY}


def test_nothing_is_made_without_the_key(ansible: Ansible) -> None:
    with installed() as awx:
        run = configure(ansible, awx, key="")
        assert run.rc == 2, run
        assert "STEMEDB_API_KEY" in run.tasks[-1].result["msg"]
        assert awx.changes == []
