#!/usr/bin/env bash
# Plans what a merge of this commit into main would change, and stores the plan for ci/apply.sh.
# It takes no lock and changes nothing. The plan is kept under the tree that the merge results in: refs/plans/TREE.
source "$(dirname "$0")/lib.sh"

request=$(git rev-parse HEAD)
base=$(fetched "refs/heads/$main")
[ -n "$base" ] || refuse "$remote has no branch $main to plan against. Push it first, or set STEMEDB_MAIN."
check_out "$base"
git -C "$scratch/tree" merge --quiet --no-ff --no-commit "$request" >"$scratch/merge" || {
  cat "$scratch/merge"
  refuse "${request:0:12} cannot be merged into $main (${base:0:12}). Merge $main into your branch, and push it again."
}
tree=$(git -C "$scratch/tree" write-tree)

status=0
reconcile --check -e stemedb_plan_dest="$scratch/plan.json" || status=$?
[ -f "$scratch/plan.json" ] || refuse "There is no plan: see above."
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$scratch/plan.md" >>"$GITHUB_STEP_SUMMARY"; fi
if [ "$status" != 0 ]; then
  # A freeze refuses its own plan, and has to be merged all the same.
  [ "$(planned refused '*{one["kind"] for one in found}')" = maintenance ] ||
    refuse "The plan is refused: see above. No plan was stored."
  echo "Once this is merged, the cluster is frozen (stemedb_maintenance): no plan is needed, and none was stored."
  exit 0
fi

files=$(cd "$scratch" && for name in plan.*; do
  printf '100644 blob %s\t%s\n' "$(git -C tree hash-object -w --no-filters "$scratch/$name")" "$name"
done)
export GIT_AUTHOR_NAME=ci/plan.sh GIT_AUTHOR_EMAIL=plan@localhost
export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
plan=$(git commit-tree "$(git mktree <<<"$files")" -m "Plan the merge of ${request:0:12} into $main (${base:0:12})")
git_remote push --quiet "$remote" "+$plan:refs/plans/$tree"
echo "Stored the plan as refs/plans/$tree. It is applied if $main is still ${base:0:12} when this is merged."
