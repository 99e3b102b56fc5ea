#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Pictures of the real window, drawn offscreen once all numbers are final.
#   scripts/screenshots.sh [FOLDER [MODEL]]   every view in both themes into FOLDER (default build/screenshots), of the
#                                             demo or of the checkpoint in MODEL
#   scripts/screenshots.sh --readme           the pictures of the README into resources/
# RANKSCOPE_PROGRAM names the window's program (default build/dev/bin/rankscope).
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
program="${RANKSCOPE_PROGRAM:-$root/build/dev/bin/rankscope}"
if [[ ! -x "$program" ]]; then
    echo "There is no program at $program: run scripts/run.sh once, or name it with RANKSCOPE_PROGRAM." >&2
    exit 1
fi
model=()
plan=(--kept 48,40,28,24,40,56 --layer 4 --head 1)
# Plans tried before it, for the views that compare.
history=()
for counts in 56,56,56,56,56,56 32,32,32,32,32,32 16,16,16,16,16,16 24,24,24,40,32,40; do
    history+=(--kept "$counts")
done

shoot() { # theme, size, scale, file, further options of the program
    local theme="$1" size="$2" scale="$3" file="$4"
    shift 4
    QT_QPA_PLATFORM=offscreen QT_FONT_DPI=96 QT_SCALE_FACTOR="$scale" LC_ALL=C.UTF-8 \
        "$program" ${model[@]+"${model[@]}"} --theme "$theme" --size "$size" --screenshot "$file" ${history[@]+"${history[@]}"} ${plan[@]+"${plan[@]}"} "$@" 2>/dev/null
    echo "$file"
}

if [[ "${1:-}" == "--readme" ]]; then
    shoot light 1440x900 1 "$root/resources/screenshot-light.png"
    shoot dark 1440x900 1 "$root/resources/screenshot-dark.png" --run view.show.state --run compare.plot
    exit 0
fi
folder="${1:-$root/build/screenshots}"
if [[ -n "${2:-}" ]]; then
    model=("$2")
    plan=()
    history=()
fi
mkdir -p "$folder"
for theme in light dark; do
    for size in 1280x800 1440x900; do
        shoot "$theme" "$size" 1 "$folder/$theme-$size.png"
    done
    shoot "$theme" 2560x1440 2 "$folder/$theme-2560x1440@2x.png"
    # The pages that start behind another one, all at once where they lie in different docks.
    shoot "$theme" 1440x900 1 "$folder/$theme-state.png" \
        --run view.show.state --run view.show.issues --run view.show.tokenLoss --run compare.plot
    shoot "$theme" 1440x900 1 "$folder/$theme-heads.png" \
        --run view.show.rankMap --run view.headFaders --run view.show.log --run view.show.textScore
    shoot "$theme" 1440x900 1 "$folder/$theme-export.png" --dialog export
done
