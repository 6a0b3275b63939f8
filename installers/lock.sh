#!/usr/bin/env bash
# Write the pinned requirement files anew from pyproject.toml. For those who change a dependency, not for users.
#   bash installers/lock.sh            keeps the versions that are pinned already
#   bash installers/lock.sh --upgrade  takes the newest that fit
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=installers/common.sh
. installers/common.sh

build_tools="hatchling>=1.27
editables>=0.5"

pin() { # pin FILE SOURCE... : the answer holds for every Python and system that we support
  local file="$1"
  shift
  "$venv_uv" pip compile "$@" --universal --python-version 3.11 --generate-hashes --quiet \
    --no-header --no-annotate --no-emit-index-url --output-file "$file" >/dev/null
  if grep -nE '://|^-|^ *--(index|extra|find|trusted)' "$file"; then
    stop "$file names a registry or an option of one; see the lines above."
  fi
  say "wrote $file ($(grep -cE '^[a-z0-9]' "$file") packages)"
}

make_environment
get_uv
say "Pinning, with the addresses of the registries left out"
# The program's own packages first see what the developers' need, so that both files name the same versions.
printf '%s\n' "$build_tools" | pin installers/requirements-dev.txt pyproject.toml --group dev -
printf '%s\n' "$build_tools" | pin installers/requirements.txt pyproject.toml - --constraint installers/requirements-dev.txt
printf 'uv\n' | pin installers/requirements-uv.txt -
