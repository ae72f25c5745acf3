#!/usr/bin/env bash
# What the CI tests run beside the engine: rsync for gitlab-ci-local, Groovy and a Java runtime for the stand-in for Jenkins.
# Idempotent: what is there stays. Usage: install.sh [--quiet]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ "${1:-}" != --quiet ] || QUIET=1
# shellcheck source=../engine/lib.sh
. "$here/../engine/lib.sh"

lock_state
have rsync || need_packages "gitlab-ci-local copies the project with it" rsync
have java || need_packages "Groovy runs on it" default-jre-headless
have groovy || need_packages "it runs the Jenkins step, with a stand-in for Jenkins" groovy
