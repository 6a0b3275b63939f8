#!/usr/bin/env bash
# Set everything up and run every check; stops at the first that fails, with its status.
#   bash installers/test.sh [WORDS FOR PYTEST...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=installers/common.sh
. installers/common.sh

check() { # check NAME COMMAND...
  say "Check: $1"
  shift
  local status=0
  "$@" </dev/null || status=$?
  if [ "$status" -ne 0 ]; then
    printf '\nThis check failed (status %s): %s\n' "$status" "$*" >&2
    exit "$status"
  fi
}

bash installers/setup.sh --dev
bash installers/system_libraries.sh --screen
export QT_LOGGING_RULES="${QT_LOGGING_RULES:-qt.qpa.*=false}"
check "the layout of the code" "$environment/bin/ruff" format --check .
check "the habits of the code" "$environment/bin/ruff" check .
check "the types" "$environment/bin/mypy"
check "the walls between the rooms" "$environment/bin/lint-imports"
# Two at once; each file stays in one process.
check "the tests" "$venv_python" -m pytest -n 2 --dist loadfile "$@"
say "Every check passed"
