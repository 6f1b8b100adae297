# Sourced by the scripts beside it. They run the same in a pipeline, in a hook and by hand. Settings, none is required:
#   STEMEDB_REMOTE           remote or URL of the repository (origin)
#   STEMEDB_MAIN             the branch that is applied (main)
#   STEMEDB_GIT_TOKEN        token for the URL; its user is STEMEDB_GIT_USER (x-access-token)
# Each of these is the path of a file, or its content:
#   STEMEDB_VAULT_PASSWORD   password of the vault
#   STEMEDB_SSH_KEY          private key for the hosts
#   STEMEDB_KNOWN_HOSTS      host keys of the hosts
#   STEMEDB_ALLOWED_SIGNERS  SSH keys that may sign what is applied
# shellcheck shell=bash
set -euo pipefail
shopt -s inherit_errexit

refuse() {
  printf 'ERROR: %s\n' "$*" >&2
  exit 1
}

remote=${STEMEDB_REMOTE:-origin}
# shellcheck disable=SC2034
main=${STEMEDB_MAIN:-main}
cd "$(git rev-parse --show-toplevel)"
command -v ansible-playbook >/dev/null ||
  refuse "ansible-playbook is not in PATH. Install requirements.txt and the collection stemedb.cluster on this runner."

scratch=$(mktemp -d)
clean_up() {
  rm -rf "$scratch"
  git worktree prune
}
trap clean_up EXIT

# Sets the variable $2 to the path of a file with the value of the variable $1, if that is set.
as_file() {
  local value=${!1:-}
  unset "$1"
  [ -n "$value" ] || return 0
  if [ ! -f "$value" ]; then
    (umask 077 && printf '%s\n' "$value" >"$scratch/$1")
    value=$scratch/$1
  fi
  export "$2=$value"
}
as_file STEMEDB_VAULT_PASSWORD ANSIBLE_VAULT_PASSWORD_FILE
as_file STEMEDB_SSH_KEY ANSIBLE_PRIVATE_KEY_FILE
as_file STEMEDB_KNOWN_HOSTS known_hosts
[ -z "${known_hosts:-}" ] || export ANSIBLE_SSH_COMMON_ARGS="-o UserKnownHostsFile=$known_hosts"
as_file STEMEDB_ALLOWED_SIGNERS signers

# git, with the token for the remote if there is one.
git_remote() {
  if [ -z "${STEMEDB_GIT_TOKEN:-}" ]; then
    git "$@"
  else
    # shellcheck disable=SC2016
    git -c credential.helper= -c credential.helper='!f() {
      echo "username=${STEMEDB_GIT_USER:-x-access-token}"
      echo "password=$STEMEDB_GIT_TOKEN"
    }; f' "$@"
  fi
}

# The commit that a ref of the remote has now. Nothing if there is no such ref.
fetched() {
  local refs
  refs=$(git_remote ls-remote "$remote" "$1" | cut -f2)
  # Names that only end like this one are listed too.
  if grep -qxF "$1" <<<"$refs"; then
    git_remote fetch --quiet --no-tags "$remote" "$1"
    git rev-parse FETCH_HEAD
  fi
}

# Only what is committed: files that lie about in the checkout are not part of it.
check_out() {
  git worktree add --quiet --detach "$scratch/tree" "$1"
}

# Run the playbook on what was checked out.
reconcile() {
  # Ansible itself would not say which password it lacks.
  # shellcheck disable=SC2016
  if [ -z "${ANSIBLE_VAULT_PASSWORD_FILE:-}" ] && ! grep -qs vault_ "$scratch/tree/ansible.cfg" &&
    grep -rqsF '$ANSIBLE_VAULT;' "$scratch/tree/inventory"; then
    refuse "The inventory has values of a vault: give this runner its password as STEMEDB_VAULT_PASSWORD."
  fi
  (cd "$scratch/tree" && env -u STEMEDB_GIT_TOKEN ansible-playbook reconcile.yml "$@")
}

# Print what a Python expression makes of the plan's list $1.
planned() {
  python3 -c 'import json, sys; found = json.load(open(sys.argv[1]))[sys.argv[2]]; print('"$2"')' \
    "$scratch/plan.json" "$1"
}
