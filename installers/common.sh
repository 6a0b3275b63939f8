# What setup.sh, run.sh, test.sh and lock.sh share. Read by them with ".", with the checkout as the current folder.
# Kept to what bash 3.2, the one of macOS, understands.
# shellcheck shell=bash

export UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-120}" UV_HTTP_RETRIES="${UV_HTTP_RETRIES:-5}"
export UV_NO_PROGRESS="${UV_NO_PROGRESS:-$([ -t 2 ] || echo 1)}"
[ -n "$UV_NO_PROGRESS" ] || unset UV_NO_PROGRESS
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
unset VIRTUAL_ENV PYTHONHOME PYTHONPATH # another environment's must not leak into ours

environment="$PWD/.venv"
# shellcheck disable=SC2034  # used by the scripts that read this file
venv_python="$environment/bin/python" venv_uv="$environment/bin/uv"

say() { printf '\n==> %s\n' "$*"; }

stop() { # stop MESSAGE... : each a line
  printf '\n' >&2
  printf '%s\n' "$@" >&2
  exit 1
}

try_thrice() { # try_thrice COMMAND... : networks have hiccups
  local tries=1
  until "$@"; do
    [ "$tries" -lt 3 ] || return 1
    echo "That did not work; trying again in $((tries * 5)) seconds." >&2
    sleep $((tries * 5))
    tries=$((tries + 1))
  done
}

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; }

find_python() { # sets $python; BIOFM_PYTHON names one that is not on the path
  local name
  for name in ${BIOFM_PYTHON:+"$BIOFM_PYTHON"} python3 python3.13 python3.12 python3.11 python; do
    if fits "$name"; then
      python="$(command -v "$name")"
      return
    fi
  done
  stop "BioFM Desktop needs Python 3.11, 3.12 or 3.13; none was found." "$(how_to_get_python)" \
    "If it is installed in a place of its own, name it: BIOFM_PYTHON=/path/to/python3.12 bash installers/run.sh"
}

how_to_get_python() {
  if [ "$(uname -s)" = Darwin ]; then
    echo "Type: brew install python@3.12   (or take the installer from Python's own site)"
  elif command -v apt-get >/dev/null; then
    echo "Type: sudo apt-get install python3 python3-venv   (Debian 12, Ubuntu 24.04 or later)"
  elif command -v dnf >/dev/null; then
    echo "Type: sudo dnf install python3.12"
  else
    echo "Install it with your system's package manager."
  fi
}

make_environment() { # makes .venv where there is none, where its Python is gone, or where the checkout was moved
  local place="$environment/.made-in"
  if fits "$venv_python" && { [ ! -f "$place" ] || [ "$(cat "$place")" = "$PWD" ]; }; then return; fi
  find_python
  if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
    local version
    version="$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
    { may_install && apt_install "python$version-venv"; } ||
      stop "This Python cannot make environments: its part 'venv' is missing." "$(how_to_get_venv "$version")"
  fi
  say "Making the environment $environment with $("$python" --version)"
  rm -rf "$environment"
  "$python" -m venv "$environment" || stop "The environment could not be made; see the lines above."
  printf '%s\n' "$PWD" >"$place"
}

how_to_get_venv() { # how_to_get_venv VERSION
  if command -v apt-get >/dev/null; then
    echo "Type: sudo apt-get install python$1-venv   and run this again."
  else
    echo "Install a complete Python $1 (with venv and ensurepip) and run this again."
  fi
}

get_uv() { # puts the installer uv, checked by its hash, into the environment
  local wanted
  wanted="$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' installers/requirements-uv.txt)"
  if [ "$("$venv_uv" --version 2>/dev/null | cut -d' ' -f2)" = "$wanted" ]; then return; fi
  say "Getting uv $wanted, which installs the rest"
  "$venv_python" -m pip --version >/dev/null 2>&1 || "$venv_python" -m ensurepip >/dev/null
  try_thrice "$venv_python" -m pip install --quiet --require-hashes --only-binary :all: -r installers/requirements-uv.txt ||
    stop "uv could not be downloaded. Is this machine on the network?" \
      "Behind a proxy, set HTTPS_PROXY; with a registry of your own, set PIP_INDEX_URL and UV_INDEX_URL. Then run this again."
}

may_install() { # whether apt is here and we may use it without being asked for a password
  command -v apt-get >/dev/null || return 1
  [ "$(id -u)" -eq 0 ] || { command -v sudo >/dev/null && sudo -n true >/dev/null 2>&1; }
}

apt_install() { # apt_install PACKAGE...
  local as_root=""
  [ "$(id -u)" -eq 0 ] || as_root="sudo -n"
  say "Installing with apt: $*"
  # shellcheck disable=SC2086  # two words or none
  try_thrice $as_root apt-get -qq -o DPkg::Lock::Timeout=120 update </dev/null >/dev/null || true
  # shellcheck disable=SC2086
  try_thrice $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -y -o DPkg::Lock::Timeout=300 --no-install-recommends install "$@" </dev/null >/dev/null
}
