#!/usr/bin/env bash
# Set BioFM Desktop up and open it, on the sample project or on what is named.
#   bash installers/run.sh [PATH...]
# Where there is no screen, the sample's job runs without a window and its results are written to a folder.
set -euo pipefail
called_from="$PWD"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=installers/common.sh
. installers/common.sh
sample="$PWD/resources/sample_project"

has_screen() {
  [ "$(uname -s)" = Darwin ] && return 0
  [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && bash installers/system_libraries.sh
}

run_without_window() {
  local results
  results="$("$venv_python" -c 'from biofm_desktop.paths import projects_dir; print(projects_dir())')/sample $(date +%Y-%m-%d_%H-%M-%S)"
  say "There is no screen here, so the sample's job runs without a window: outlining nuclei"
  "$environment/bin/biofm" train semantic-segmentation "$sample/nuclei" --model unet --epochs 8 --out "$results/run"
  say "Outlining the nuclei of every picture with what was learnt"
  "$environment/bin/biofm" predict "$results/run" "$sample/nuclei" --out "$results/predictions" --as label-tiff
  say "The results are in: $results"
  echo "    run/          the trained network, its figures (metrics.json) and its events"
  echo "    predictions/  a label picture of nuclei for each picture"
}

bash installers/setup.sh
if [ "$#" -gt 0 ]; then
  cd "$called_from"
  exec "$environment/bin/biofm" "$@"
fi
if has_screen; then
  say "Opening the window on the sample project"
  exec "$environment/bin/biofm" "$sample/nuclei"
fi
run_without_window
