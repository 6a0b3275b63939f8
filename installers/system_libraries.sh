#!/usr/bin/env bash
# See that the system's libraries for the window are there (Linux only; elsewhere they come with the packages).
#   bash installers/system_libraries.sh [--screen]    --screen: also the virtual screen that the tests use
# Installs them with apt where it may; else prints the command to type and ends with status 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=installers/common.sh
. installers/common.sh

for_apt="libdbus-1-3 libegl1 libfontconfig1 libgl1 libgl1-mesa-dri libglib2.0-0 libopengl0 libxcb-cursor0 libxcb-icccm4
  libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-sync1 libxcb-xfixes0
  libxcb-xinerama0 libxcb-xkb1 libxkbcommon-x11-0 libxkbcommon0 fonts-dejavu-core"
for_dnf="dbus-libs mesa-libEGL mesa-libGL libglvnd-opengl mesa-dri-drivers fontconfig glib2 xcb-util-cursor xcb-util-image
  xcb-util-keysyms xcb-util-renderutil xcb-util-wm libxkbcommon-x11 dejavu-sans-fonts"
for_pacman="dbus libglvnd mesa fontconfig glib2 xcb-util-cursor xcb-util-image xcb-util-keysyms xcb-util-renderutil
  xcb-util-wm libxkbcommon-x11 ttf-dejavu"
if [ "${1:-}" = --screen ]; then
  for_apt="$for_apt xvfb xauth" for_dnf="$for_dnf xorg-x11-server-Xvfb xauth" for_pacman="$for_pacman xorg-server-xvfb xorg-xauth"
fi

missing() { # prints what is not there, one a line
  "$venv_python" - "$@" <<'PYTHON'
import ctypes, glob, os, shutil, subprocess, sys, sysconfig

qt = os.path.join(sysconfig.get_paths()["platlib"], "PySide6", "Qt")
wanted = glob.glob(f"{qt}/plugins/platforms/libq*xcb.so") + glob.glob(f"{qt}/plugins/xcbglintegrations/*.so")
wanted += [f"{qt}/lib/libQt6{part}.so.6" for part in ("Gui", "Widgets", "OpenGL", "Svg")]
lost = set()
for line in subprocess.run(["ldd", *wanted], capture_output=True, text=True).stdout.splitlines():
    if "not found" in line:
        lost.add(line.split()[0])
for library in ("libGL.so.1", "libEGL.so.1"):
    try:
        ctypes.CDLL(library)
    except OSError:
        lost.add(library)
fonts = ("/usr/share/fonts", "/usr/local/share/fonts", os.path.expanduser("~/.fonts"), os.path.expanduser("~/.local/share/fonts"))
if not any(name.endswith((".ttf", ".otf", ".ttc")) for folder in fonts for _, _, names in os.walk(folder) for name in names):
    lost.add("fonts")
if "--screen" in sys.argv:
    lost |= {program for program in ("Xvfb", "xauth") if not shutil.which(program)}
print("\n".join(sorted(lost)))
PYTHON
}

how_to_get_them() {
  # shellcheck disable=SC2086  # the lists are folded into one line
  if command -v apt-get >/dev/null; then
    echo sudo apt-get install --no-install-recommends $for_apt
  elif command -v dnf >/dev/null; then
    echo sudo dnf install $for_dnf
  elif command -v pacman >/dev/null; then
    echo sudo pacman -S --needed $for_pacman
  else
    echo "(with your system's package manager)" "$1"
  fi
}

[ "$(uname -s)" = Linux ] || exit 0
lost="$(missing "$@")"
[ -n "$lost" ] || exit 0
# shellcheck disable=SC2086
if may_install && apt_install $for_apt; then lost="$(missing "$@")"; fi
[ -n "$lost" ] || exit 0
stop "The window needs parts of the system that are missing:" "$lost" "" "To install them, type this:" "  $(how_to_get_them "$lost")"
