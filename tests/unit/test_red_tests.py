"""Which test goes red when a rule of safety or one of the field's dead gates is broken.

`RULES` are the eighteen of docs/docsite/rst/safety.rst, by number. `GATES` are gates that look shut
and let everything through, as they were found elsewhere. A row names at least one test; a procedure
that comes adds its own to the rows that it is about.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
USERS_TASKS = ROOT / "roles/stemedb_stop/tasks/hook.yml"
UNIT = "unit/plugins/module_utils/"
CONTROLLER = "unit/plugins/plugin_utils/"
ADD = "integration/test_add_node.py::"
GATES_ADD = "integration/test_gates_add_node.py::"
REMOVE = "integration/test_remove_node.py::"
GATES_REMOVE = "integration/test_gates_remove_node.py::"
RESUME_REMOVE = "integration/test_resume_remove_node.py::"
RESUME_ADD = "integration/test_resume_add_node.py::"
BOOTSTRAP = "integration/test_bootstrap.py::"
STOP = "integration/test_stemedb_stop.py::"
ROLLING = "integration/test_rolling_restart.py::"
RESTART = f"{CONTROLLER}_rolling_restart/test_plan.py::"
LOCK = "integration/test_lock_of_procedures.py::"
REPLACE = "integration/test_replace_node.py::"
LOST = "integration/test_lost_hosts.py::"
INVOCATION = "integration/test_invocation.py::"
HERE = "unit/test_red_tests.py::"
WAITS = "unit/test_waits_of_roles.py::"

RULES: dict[int, list[str]] = {
    1: [
        f"{REMOVE}test_all_that_speaks_against_it_is_told_at_once",
        f"{ADD}test_an_empty_target_is_refused",
        f"{ADD}test_a_target_with_an_unknown_name_is_refused_whole",
        f"{ADD}test_more_than_is_allowed_is_refused_whole",
        f"{BOOTSTRAP}test_a_cluster_of_more_than_the_declared_members_is_refused",
        f"{CONTROLLER}_replace_node/test_plan.py::test_just_one_is_replaced",
        f"{ROLLING}test_a_target_that_means_nothing_is_refused",
    ],
    2: [
        f"{GATES_REMOVE}test_the_guard_keeps_a_node_that_shards_need",
        f"{GATES_REMOVE}test_no_gate_is_passed_by_starting_later",
        f"{STOP}test_what_would_break_keeps_it_running_until_it_is_accepted",
        f"{STOP}test_a_stop_wants_the_guards_answer_of_now",
        f"{UNIT}_impact/test_assess.py::test_with_one_dead_a_second_may_not_stop",
        f"{UNIT}_impact/test_assess_unknown.py::test_a_follower_that_alone_has_the_data_may_not_go",
        f"{UNIT}_impact/test_assess_unknown.py::"
        "test_a_dead_node_that_has_more_than_the_leader_may_not_be_removed",
        f"{UNIT}_impact/test_properties_data.py::"
        "test_nothing_that_the_guard_allows_leaves_a_shard_without_its_data",
        f"{ROLLING}test_no_gate_is_passed_by_starting_later",
    ],
    3: [
        f"{UNIT}_wait/test_conditions.py::test_nothing_holds_in_an_incomplete_sample",
        f"{UNIT}_impact/test_assess_unknown.py::test_what_is_not_known_hides_nothing_that_is",
        f"{UNIT}_cluster/test_predicates.py::test_unknown_is_not_healthy",
        f"{UNIT}_host/test_log_lines.py::test_a_line_of_no_known_time_counts_and_says_so",
        f"{UNIT}_host/test_toml.py::test_without_the_reader_nothing_is_read_otherwise",
        f"{UNIT}_host/test_processes.py::"
        "test_sockets_whose_owner_may_not_be_read_are_unknown_not_none",
        f"{UNIT}_module/test_reader.py::test_nothing_is_decided_with_what_ansible_has_masked",
        f"{UNIT}_wait/test_replicated.py::test_a_leader_that_has_less_than_another_measures_nobody",
        f"{BOOTSTRAP}test_a_host_of_which_nothing_is_known_is_refused",
        f"{CONTROLLER}_replace_node/test_plan.py::test_its_own_gateway_must_not_answer",
        f"{CONTROLLER}_remove_node/test_plan.py::"
        "test_a_seed_that_may_be_the_one_that_goes_is_accepted_by_name",
        f"{CONTROLLER}_node/test_service.py::test_of_a_process_that_was_not_seen_nothing_is_up",
        f"{RESTART}test_a_service_of_which_nothing_is_known_is_refused",
        f"{RESTART}test_an_incomplete_view_is_no_plan",
    ],
    4: [
        f"{GATES_REMOVE}test_a_view_of_before_the_stop_is_not_believed",
        f"{UNIT}_wait/test_loop.py::test_the_first_good_sample_does_not_win",
        f"{ADD}test_a_node_that_was_listed_is_believed_only_when_time_has_told",
        f"{BOOTSTRAP}test_a_member_that_stood_still_is_started_and_waited_for",
        f"{CONTROLLER}_replace_node/test_plan.py::test_only_the_dead_are_replaced",
        f"{CONTROLLER}_node/test_service.py::"
        "test_only_the_process_that_was_seen_after_the_start_is_up",
        f"{ROLLING}test_the_host_has_to_prove_the_restart",
        f"{WAITS}test_after_the_window_the_host_is_asked_whether_it_is_the_same_process",
    ],
    5: [
        f"{UNIT}_impact/test_assess_unknown.py::test_a_node_is_no_witness_of_itself",
        f"{ADD}test_nodes_are_added_one_after_the_other",
        f"{UNIT}_gateway/test_observers.py::test_an_address_of_two_nodes_leaves_out_both",
        f"{UNIT}_cluster/test_predicates_agreement.py::"
        "test_a_node_that_is_named_more_than_once_is_one_of_a_quorum",
        f"{RESTART}test_nobody_is_asked_about_its_own_node",
        f"{RESTART}test_too_few_others_to_ask_are_refused_or_accepted_by_name",
    ],
    6: [
        f"{HERE}test_no_failure_is_swallowed",
        f"{ADD}test_the_log_is_judged",
        f"{GATES_ADD}test_a_member_that_dies_meanwhile_is_told",
        f"{REPLACE}test_without_an_election_nothing_is_provisioned",
        f"{ROLLING}test_a_hook_that_fails_after_a_reboot_leaves_the_rest_as_it_is",
    ],
    7: [
        f"{REMOVE}test_check_mode_changes_nothing_and_says_what_would_be_done",
        f"{ADD}test_check_mode_changes_nothing_and_says_what_would_be_done",
        f"{BOOTSTRAP}test_check_mode_changes_nothing",
        f"{STOP}test_check_mode_asks_and_stops_nothing",
        f"{ROLLING}test_check_mode_changes_nothing_and_says_what_would_be_done",
        f"{LOCK}test_a_check_takes_no_lock",
        f"{REPLACE}test_check_mode_changes_nothing_and_tells_what_would_be_set_aside",
    ],
    8: [
        f"{CONTROLLER}_lock/test_lock_properties.py::"
        "test_two_lists_of_members_do_not_make_two_holders",
        f"{CONTROLLER}_lock/test_lock_properties.py::test_a_majority_of_other_hosts_is_no_majority",
        f"{CONTROLLER}_lock/test_lock_properties.py::test_two_runs_at_once_never_both_hold_it",
        f"{LOCK}test_no_node_is_added_while_another_operation_runs",
        f"{UNIT}_host/test_proc.py::test_a_process_that_hidepid_hides_is_not_gone",
        f"{LOCK}test_no_cluster_is_started_while_another_operation_runs",
        f"{LOCK}test_a_lock_lost_before_the_start_stops_the_run",
        f"{LOCK}test_a_node_is_not_started_without_the_lock_that_its_play_has_taken",
        f"{STOP}test_without_the_lock_nothing_is_stopped",
        f"{STOP}test_a_hook_that_outlives_the_lock_keeps_the_node_running",
        "unit/test_renewals.py::"
        "test_nothing_long_lies_between_a_renewal_and_the_change_that_it_allows",
        f"{REPLACE}test_who_comes_back_meanwhile_ends_it",
        f"{ROLLING}test_no_node_is_restarted_while_another_operation_runs",
    ],
    9: [
        f"{LOCK}test_an_operation_is_remembered_with_its_outcome",
        f"{CONTROLLER}_lock/test_lock_properties.py::test_what_is_taken_in_vain_hides_nothing",
        "integration/test_stemedb_lock.py::"
        "test_the_lock_of_a_crashed_run_of_ones_own_gives_way_and_is_reported",
    ],
    10: [
        "integration/test_stemedb_heal.py::test_a_run_that_was_killed_is_finished_by_the_next",
        f"{RESUME_REMOVE}test_the_next_run_finishes_it_and_removes_one_more",
        f"{RESUME_ADD}test_the_next_run_finishes_what_others_began",
        "unit/plugins/modules/test_stemedb_set_aside.py::"
        "test_a_link_to_the_data_survives_a_kill_at_any_step",
        f"{ADD}test_a_node_that_was_listed_is_believed_only_when_time_has_told",
        f"{BOOTSTRAP}test_a_member_that_stood_still_is_started_and_waited_for",
        f"{REPLACE}test_the_next_run_finishes_it",
        f"{REPLACE}test_the_next_run_changes_nothing_and_says_that_it_is_replaced",
        f"{ROLLING}test_a_run_can_be_killed_in_the_stop",
        f"{ROLLING}test_the_next_run_finishes_what_others_began",
        f"{ROLLING}test_a_second_run_changes_nothing",
    ],
    11: [
        f"{GATES_REMOVE}test_the_dead_are_removed_by_their_id_without_their_host",
        "integration/test_stemedb_diagnose.py::"
        "test_a_procedure_that_stopped_explains_itself_and_fails",
    ],
    12: [
        f"{GATES_REMOVE}test_data_is_deleted_when_all_of_it_is_elsewhere",
        f"{UNIT}_impact/test_properties_data.py::"
        "test_no_procedure_ends_before_every_live_replica_holds_the_data",
        f"{WAITS}test_what_ends_a_procedure_asks_for_complete_replicas_of_all_shards",
        f"{WAITS}test_a_rolling_restart_ends_with_complete_replicas_too",
        f"{BOOTSTRAP}test_data_of_another_node_is_refused",
        f"{ADD}test_a_clone_of_a_member_is_refused_by_name",
        f"{REPLACE}test_a_run_can_be_killed_when_the_same_host_was_started",
        "unit/plugins/modules/test_stemedb_set_aside.py::test_what_is_anothers_is_refused",
        "unit/plugins/modules/test_stemedb_set_aside.py::"
        "test_a_link_to_the_data_survives_a_kill_at_any_step",
        "unit/plugins/modules/test_stemedb_set_aside.py::test_nothing_is_overwritten",
    ],
    13: [
        f"{RESUME_ADD}test_a_rebalance_that_does_not_come_ends_in_the_guides_words",
        "integration/test_stemedb_diagnose.py::"
        "test_a_procedure_that_stopped_explains_itself_and_fails",
        "integration/test_stemedb_diagnose.py::"
        "test_whatever_cannot_be_looked_at_does_not_hide_what_failed",
        f"{REPLACE}test_without_an_election_nothing_is_provisioned",
    ],
    14: [
        f"{GATES_ADD}test_a_dead_member_does_not_keep_its_replacement_out",
        f"{GATES_ADD}test_a_split_and_a_shard_without_leader_keep_a_node_out",
        f"{CONTROLLER}_replace_node/test_plan.py::test_the_cluster_must_be_of_one_mind",
        f"{ROLLING}test_what_speaks_against_it_is_told_before_the_lock_is_taken",
        f"{RESTART}test_a_cluster_that_is_not_healthy_loses_no_node",
    ],
    15: [
        f"{HERE}test_only_a_rolling_restart_restarts",
        "integration/test_stemedb_node.py::test_a_running_node_is_rewritten_and_never_restarted",
        f"{ROLLING}test_a_second_run_changes_nothing",
    ],
    16: [
        f"{CONTROLLER}_remove_node/test_plan.py::test_the_last_seed_that_lives_stays",
        f"{CONTROLLER}_remove_node/test_plan.py::test_the_last_seed_stays_whatever_it_is_called",
        f"{CONTROLLER}_members/test_seeds.py::test_a_seed_is_known_by_whatever_name_it_has",
        f"{REMOVE}test_a_node_is_removed",
        f"{REPLACE}test_the_next_run_finishes_it",
        f"{CONTROLLER}_replace_node/test_plan.py::test_a_dead_node_is_replaced_by_a_spare",
    ],
    17: [
        f"{LOST}test_no_other_node_is_stopped_once_the_host_of_one_is_lost",
        f"{LOST}test_no_other_node_is_added_once_a_host_is_lost",
        f"{LOST}test_a_removal_that_loses_a_host_before_the_stop_explains_itself",
        f"{LOST}test_no_node_of_a_new_cluster_is_started_once_a_host_is_lost",
        f"{LOST}test_a_replacement_whose_host_is_lost_explains_itself",
        f"{LOST}test_a_hook_whose_host_is_lost_fails_its_step",
        "unit/test_playbooks.py::"
        "test_tasks_of_the_user_are_run_where_a_lost_host_fails_them_and_is_rescued",
        f"{LOST}test_a_healing_whose_control_host_is_lost_explains_itself",
        "unit/test_playbooks.py::test_a_lost_host_does_not_take_the_play_with_it",
    ],
    18: [
        f"{UNIT}_lock/test_file.py::test_one_file_is_the_lock_of_one_cluster",
        f"{CONTROLLER}_lock/test_report.py::"
        "test_what_was_done_to_another_cluster_is_no_history_of_this_one",
        f"{INVOCATION}test_a_limit_that_leaves_localhost_out_is_refused",
        f"{INVOCATION}test_a_limit_that_leaves_members_out_is_refused",
        f"{INVOCATION}test_tags_that_leave_tasks_out_are_refused",
        "integration/test_stemedb_heal.py::test_no_gate_is_passed_by_starting_later",
        f"{ADD}test_no_gate_is_passed_by_tags",
        f"{GATES_REMOVE}test_no_gate_is_passed_by_tags",
        "unit/test_playbooks.py::"
        "test_variables_that_cannot_be_read_end_a_run_before_anything_is_asked_or_changed",
        f"{LOST}test_a_second_procedure_of_the_same_run_is_remembered_by_its_own_outcome",
        "unit/test_playbooks.py::test_every_playbook_first_checks_how_it_was_called",
        "unit/test_playbooks.py::test_no_play_leaves_the_strategy_to_the_configuration",
    ],
}
GATES: dict[str, list[str]] = {
    "joining and leaving nodes counted as all up": [
        f"{UNIT}_impact/test_assess_gates.py::test_counting_without_naming",
        f"{UNIT}_impact/test_assess.py::test_only_alive_is_alive",
        f"{UNIT}_wait/test_conditions.py::test_node_alive_in_one_view_only_names_the_other",
    ],
    "10.0.0.1 matches 10.0.0.12": [
        f"{UNIT}_cluster/test_names.py::test_what_is_only_part_of_a_name_names_nobody",
        f"{RESTART}test_whether_rebalancing_began",
        f"{UNIT}_impact/test_assess_gates.py::test_a_name_that_is_part_of_another",
        f"{UNIT}_impact/test_evidence.py::test_an_address_that_is_the_beginning_of_another",
    ],
    "really done under --check": [
        f"{ADD}test_check_mode_changes_nothing_and_says_what_would_be_done",
        f"{STOP}test_check_mode_asks_and_stops_nothing",
    ],
    "not authorized reported as ok": [
        f"{UNIT}_impact/test_assess_gates.py::test_a_refusal_reported_as_fine",
        "integration/test_modules.py::test_a_key_that_is_not_accepted",
        "integration/test_wait.py::test_a_cluster_that_locks_us_out_ends_it_at_once",
    ],
    "0 passes at 10, 20 and 100": [
        f"{UNIT}_cluster/test_shards.py::"
        "test_under_replicated_is_fewer_live_replicas_than_the_factor",
    ],
    "the wrapper of a result looked at instead of the result": [
        f"{CONTROLLER}_stop/test_verdict.py::test_an_answer_that_contradicts_itself_is_none",
        "unit/plugins/filter/test_stop.py::test_what_is_no_answer_of_the_guard_passes_nothing",
    ],
    "quorum computed as healthy >= unhealthy": [
        f"{UNIT}_impact/test_assess.py::test_a_temporary_stop_leaves_a_majority_of_the_members",
        f"{UNIT}_impact/test_assess_gates.py::test_a_quorum_of_half",
        f"{CONTROLLER}_lock/test_majority.py::test_two_majorities_share_a_host",
    ],
    "gate skipped when authentication is on": [
        f"{GATES_ADD}test_all_that_speaks_against_a_host_is_in_one_report",
        f"{RESUME_ADD}test_a_replication_that_stands_still_ends",
    ],
    "disk wiped before its data had moved": [
        f"{GATES_REMOVE}test_data_is_deleted_when_all_of_it_is_elsewhere",
        f"{GATES_REMOVE}test_what_is_assigned_is_not_copied_yet",
        f"{REPLACE}test_a_run_can_be_killed_when_the_same_host_was_started",
    ],
    "timeout ignored, restart anyway": [
        f"{RESUME_ADD}test_a_rebalance_that_does_not_come_ends_in_the_guides_words",
        "integration/test_stemedb_heal.py::test_a_partition_that_lasts_is_told_and_nothing_is_sent",
    ],
    "the first good sample wins although it predates the action": [
        f"{UNIT}_wait/test_loop.py::test_the_first_good_sample_does_not_win",
        f"{ADD}test_a_node_that_was_listed_is_believed_only_when_time_has_told",
    ],
    "an empty list, a failed read or zero shards reads as nothing wrong": [
        f"{UNIT}_wait/test_loop.py::test_an_empty_cluster_satisfies_nothing_unless_that_was_said",
        f"{UNIT}_impact/test_assess_gates.py::test_nothing_read_as_nothing_wrong",
        f"{ADD}test_an_empty_target_is_refused",
    ],
    "the node being removed asked about itself": [
        "integration/test_impact.py::test_the_only_gateway_may_not_be_its_own",
        f"{UNIT}_impact/test_assess_gates.py::test_the_node_asked_about_itself",
    ],
    "gate skipped in check mode but reported as changed": [
        f"{STOP}test_check_mode_asks_and_stops_nothing",
        "integration/test_wait.py::test_in_check_mode_it_waits_as_well",
    ],
}


@cache
def names_of(path: str) -> frozenset[str]:
    """The names of the tests in a file under tests/."""
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def yaml_files() -> list[Path]:
    return sorted(path for part in ("roles", "playbooks") for path in (ROOT / part).rglob("*.yml"))


def test_every_rule_and_every_gate_has_its_row() -> None:
    text = (ROOT / "docs" / "docsite" / "rst" / "safety.rst").read_text(encoding="utf-8")
    assert list(RULES) == [int(number) for number in re.findall(r"^   \* - (\d+)$", text, re.M)]
    assert len(RULES) == 18
    assert len(GATES) == 14


@pytest.mark.parametrize("row", [*RULES.items(), *GATES.items()], ids=lambda row: str(row[0]))
def test_the_tests_that_a_row_names_are_there(row: tuple[object, list[str]]) -> None:
    what, named = row
    assert named, f"{what} has no test"
    missing = [
        name
        for name in named
        if not (ROOT / "tests" / name.partition("::")[0]).is_file()
        or name.partition("::")[2] not in names_of(name.partition("::")[0])
    ]
    assert missing == []


@pytest.mark.parametrize("path", yaml_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_failure_is_swallowed(path: Path) -> None:
    """Rule 6. A host that cannot be reached may be passed over, and is judged afterwards."""
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"^\s*(?:ignore_errors:|failed_when:\s*(?:false|no)\b).*$", text, re.M) == []


@pytest.mark.parametrize("path", yaml_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_who_is_passed_over_does_not_end_the_run(path: Path) -> None:
    """Where all errors are fatal Ansible counts also those passed over, and succeeds in silence.

    The plays that are left do not run, and the exit status is 0.
    """
    if path == USERS_TASKS:  # which fails by it, and rescues that
        return
    text = path.read_text(encoding="utf-8")
    passed_over = re.findall(r"^( *)ignore_unreachable: true\n(.*)$", text, re.M)
    assert all(after == f"{indent}any_errors_fatal: false" for indent, after in passed_over)


@pytest.mark.parametrize("path", yaml_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_a_rolling_restart_restarts(path: Path) -> None:
    """Rule 15."""
    text = path.read_text(encoding="utf-8")
    found = re.findall(r"^\s*(?:state:\s*(?:restarted|reloaded)|notify:).*$", text, re.M)
    assert found == [] or "rolling_restart" in path.parts[-3]


@pytest.mark.parametrize("path", yaml_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_pattern_has_a_backslash_too_many(path: Path) -> None:
    r"""In a folded text `\\w` is a backslash and a w: it matches nothing, its gate stays open."""
    texts = list(strings(yaml.safe_load(path.read_text(encoding="utf-8"))))
    assert [text for text in texts if "\\\\" in text] == []


def strings(value: Any) -> Iterator[str]:
    """All texts in a document, once YAML has read it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from strings(each)
