#!/usr/bin/env bash
# Set BioFM Desktop up in .venv beside this folder. Quick when nothing has changed since the last time.
#   bash installers/setup.sh          what the program needs
#   bash installers/setup.sh --dev    and what its developers need
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=installers/common.sh
. installers/common.sh

stamp="$environment/.set-up"
kind=user
case "${1:-}" in
  "") ;;
  --dev) kind=developer ;;
  *) stop "Usage: bash installers/setup.sh [--dev]" ;;
esac
# Once the developers' packages are there they stay, so that run.sh after test.sh does not go back and forth.
if grep -qs '^developer ' "$stamp"; then kind=developer; fi
requirements=installers/requirements.txt
if [ "$kind" = developer ]; then requirements=installers/requirements-dev.txt; fi

state() { echo "$kind $(cat pyproject.toml "$requirements" installers/requirements-uv.txt | cksum)"; }

check_machine() {
  if [ "$(uname -sm)" = "Darwin x86_64" ]; then
    stop "BioFM Desktop needs a Mac with Apple silicon: PyTorch is no longer made for Intel Macs." \
      "If this is one, start a terminal and a Python that do not run under Rosetta."
  fi
  local free_gb=$(($(df -Pk . | awk 'NR == 2 { print $4 }') / 1048576))
  if [ "$free_gb" -lt 12 ] && [ "$(uname -s)" = Linux ]; then
    echo "Only $free_gb GB are free here; on Linux PyTorch and its GPU libraries take about 8 GB." >&2
  fi
}

install_packages() {
  # No "sync": plug-ins for napari that the user has put into this environment stay.
  "$venv_uv" pip install --python "$venv_python" --require-hashes --only-binary :all: --quiet -r "$requirements" && return
  export UV_SYSTEM_CERTS=1 # an institute's network may sign with certificates that only the system knows: the next try asks it
  return 1
}

install_program() { "$venv_uv" pip install --python "$venv_python" --no-deps --no-build-isolation --offline --quiet -e .; }

make_environment
if [ "$(cat "$stamp" 2>/dev/null)" != "$(state)" ]; then
  check_machine
  rm -f "$stamp"
  get_uv
  say "Installing the packages (the first time a few gigabytes are downloaded)"
  try_thrice install_packages || stop "The packages could not be installed; the lines above say why." \
    "What was downloaded is kept: run the same command again to go on."
  install_program || stop "BioFM Desktop itself could not be installed; the lines above say why."
  state >"$stamp"
fi
bash installers/system_libraries.sh || true # without them the window does not open, but all else works
say "BioFM Desktop is set up in $environment"
