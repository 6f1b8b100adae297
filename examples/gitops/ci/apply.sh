#!/usr/bin/env bash
# Applies the commit that is checked out, if it is signed, is main, and has a reviewed plan.
# STEMEDB_APPLY_UNREVIEWED=1 applies without a plan; all other brakes hold.
source "$(dirname "$0")/lib.sh"

commit=$(git rev-parse HEAD)
git ${signers:+-c "gpg.ssh.allowedSignersFile=$signers"} verify-commit "$commit" ||
  refuse "Commit ${commit:0:12} is not signed by a key that this runner knows. Sign it (git commit -S), or add the key" \
    "to STEMEDB_ALLOWED_SIGNERS. Nothing was changed."
now=$(fetched "refs/heads/$main")
[ "$now" = "$commit" ] ||
  refuse "Commit ${commit:0:12} is not $main of $remote any more, that is ${now:0:12}. Nothing was changed. Its own run" \
    "applies it."

check_out "$commit"
tree=$(git rev-parse "$commit^{tree}")
if [ "${STEMEDB_APPLY_UNREVIEWED:-}" = 1 ]; then
  echo "No plan is used: STEMEDB_APPLY_UNREVIEWED is 1."
  reconcile
  exit
fi
plan=$(fetched "refs/plans/$tree")
[ -n "$plan" ] ||
  refuse "No plan was made of what $main is now (refs/plans/$tree): it was not planned as a request, or $main changed" \
    "between the plan and the merge. Nothing was changed. Run ci/plan.sh on $main, review the plan, and run this again."
git show "$plan:plan.json" >"$scratch/plan.json"
reconcile -e stemedb_plan_file="$scratch/plan.json"
