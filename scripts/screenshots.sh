#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Pictures of the real window, drawn offscreen once all numbers are final.
#   scripts/screenshots.sh [FOLDER [MODEL]]   every view and dialog in both themes and four sizes into FOLDER (default
#                                             build/screenshots), of the demo or of the checkpoint in MODEL
#   scripts/screenshots.sh --readme           the pictures of the README into resources/
# RANKSCOPE_PROGRAM names the window's program (default build/dev/bin/rankscope).
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
program="${RANKSCOPE_PROGRAM:-$root/build/dev/bin/rankscope}"
if [[ ! -x "$program" ]]; then
    echo "There is no program at $program: run scripts/run.sh once, or name it with RANKSCOPE_PROGRAM." >&2
    exit 1
fi
# Plans tried one after the other, for the views that compare; the last one stays.
plans=()
for counts in 56,56,56,56,56,56 32,32,32,32,32,32 16,16,16,16,16,16 24,24,24,40,32,40 48,40,28,24,40,56; do
    plans+=(--kept "$counts")
done
plans+=(--layer 4 --head 1)

window() { # scale, further options of the program
    local scale="$1"
    shift
    # Drawing a large picture is no stall that a user would meet.
    QT_QPA_PLATFORM=offscreen QT_FONT_DPI=96 QT_SCALE_FACTOR="$scale" LC_ALL=C.UTF-8 "$program" "$@" \
        2> >(grep -v "stood still" >&2)
}

if [[ "${1:-}" == "--readme" ]]; then
    window 1 "${plans[@]}" --theme light --size 1440x900 --screenshot "$root/resources/screenshot-light.png"
    window 1 "${plans[@]}" --theme dark --size 1440x900 --screenshot "$root/resources/screenshot-dark.png" \
        --run view.show.state --run compare.plot
    exit 0
fi
folder="${1:-$root/build/screenshots}"
what=("${plans[@]}")
if [[ -n "${2:-}" ]]; then
    what=("$2")
fi
window 1 "${what[@]}" --pictures "$folder" --size 1440x900 --size 1280x800 --size 3840x2160
window 2 "${what[@]}" --pictures "$folder" --size 2560x1440
