#!/usr/bin/env bash
# Fails if the cluster differs from the commit that is checked out, or if that is unknown. It changes nothing.
source "$(dirname "$0")/lib.sh"

check_out HEAD
reconcile --check -e stemedb_fail_on_drift=true
