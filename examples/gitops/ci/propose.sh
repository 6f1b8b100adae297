#!/usr/bin/env bash
# Proposes the change of the inventory that is due after a spare has taken the place of a node that died.
# It pushes a branch propose/...; a person opens the request, reviews and merges it.
source "$(dirname "$0")/lib.sh"

base=$(fetched "refs/heads/$main")
[ -n "$base" ] || refuse "$remote has no branch $main. Push it first, or set STEMEDB_MAIN."
check_out "$base"
status=0
reconcile --check -e stemedb_plan_dest="$scratch/plan.json" || status=$?
[ -f "$scratch/plan.json" ] || refuse "There is no plan: see above."
if [ ! -s "$scratch/plan.patch" ]; then
  [ "$status" = 0 ] || refuse "The plan is refused: see above. There is nothing to propose."
  [ "$(planned substituted 'len(found)')" = 0 ] ||
    refuse "The change of the inventory is more than moved lines. Change it by hand, as the plan says under substituted."
  echo "There is nothing to propose: no node has taken the place of another one."
  exit 0
fi

branch=propose/$(git hash-object "$scratch/plan.patch" | cut -c1-12)
if [ -n "$(git_remote ls-remote "$remote" "refs/heads/$branch")" ]; then
  echo "$branch is proposed already: merge it or delete the branch."
  exit 0
fi
git -C "$scratch/tree" apply --index "$scratch/plan.patch" ||
  refuse "The patch of the plan does not fit $main (${base:0:12}). Change the inventory by hand, as the plan says."
git config user.email >/dev/null || export GIT_AUTHOR_NAME=ci/propose.sh GIT_AUTHOR_EMAIL=propose@localhost \
  GIT_COMMITTER_NAME=ci/propose.sh GIT_COMMITTER_EMAIL=propose@localhost
planned substituted '"\n".join(
  ("Declare %(by)s in the place of %(host)s" if one["by"] not in (None, one["host"])
  else "Declare the new ID of %(host)s") % one for one in found)' |
  git -C "$scratch/tree" commit --quiet --file -
git_remote -C "$scratch/tree" push --quiet "$remote" "HEAD:refs/heads/$branch"
git -C "$scratch/tree" show --stat --format='%s' HEAD
echo "Pushed $branch. Open a request for it, and merge it like any other: its plan has no steps."
