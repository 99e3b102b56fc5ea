#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Pictures of the real window on the demo, drawn offscreen once all numbers are final.
#   scripts/screenshots.sh [FOLDER]    both themes at three sizes into FOLDER (default build/screenshots)
#   scripts/screenshots.sh --readme    the two pictures of the README into resources/
# RANKSCOPE_PROGRAM names the window's program (default build/dev/bin/rankscope).
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
program="${RANKSCOPE_PROGRAM:-$root/build/dev/bin/rankscope}"
if [[ ! -x "$program" ]]; then
    echo "There is no program at $program: run scripts/run.sh once, or name it with RANKSCOPE_PROGRAM." >&2
    exit 1
fi
plan=(--kept 48,40,28,24,40,56 --layer 4 --head 1)

shoot() { # theme, size, scale, file
    QT_QPA_PLATFORM=offscreen QT_FONT_DPI=96 QT_SCALE_FACTOR="$3" LC_ALL=C.UTF-8 \
        "$program" --theme "$1" --size "$2" --screenshot "$4" "${plan[@]}" 2>/dev/null
    echo "$4"
}

if [[ "${1:-}" == "--readme" ]]; then
    shoot light 1440x900 1 "$root/resources/screenshot-light.png"
    shoot dark 1440x900 1 "$root/resources/screenshot-dark.png"
    exit 0
fi
folder="${1:-$root/build/screenshots}"
mkdir -p "$folder"
for theme in light dark; do
    shoot "$theme" 1280x800 1 "$folder/$theme-1280x800.png"
    shoot "$theme" 1440x900 1 "$folder/$theme-1440x900.png"
    shoot "$theme" 2560x1440 2 "$folder/$theme-2560x1440@2x.png"
done
