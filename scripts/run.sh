#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sets up, builds and opens the window: on the bundled demo model, on the checkpoint FOLDER, or, with --cli, runs the
# headless program instead.
#   scripts/run.sh [OPTIONS] [FOLDER]     OPTIONS go to the window's program: --theme, --screenshot, --plan, --benchmark, ...
#   scripts/run.sh --cli ARGUMENTS...     ARGUMENTS go to rankscope-cli; --cli --help lists them
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# shellcheck source=scripts/build_steps.sh
source "$root/scripts/build_steps.sh"

case "${1:-}" in
    -h | --help)
        sed -n '3,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
        if [ -x "$root/build/dev/bin/rankscope" ]; then
            echo
            "$root/build/dev/bin/rankscope" --help
        else
            echo "The options of the program are listed here once it has been built."
        fi
        exit 0
        ;;
esac

# Everything that is not the program's own output goes to stderr: `--cli … --json` is read by other programs.
prepare() { # prepare TARGET
    "$root/scripts/setup.sh" --quiet </dev/null && configure dev && build dev "$1"
}

not_built() {
    echo "run: the program could not be built; the reason is above." >&2
    exit 1
}

if [ "${1:-}" = "--cli" ]; then
    shift
    # A build with nothing to do says nothing; one that takes time shows what it compiles.
    prepare headless 2>&1 \
        | sed -u '/^ninja: \(no work to do\|Entering directory\)/d; /Re-checking globbed directories/d' >&2 \
        || not_built
    exec "$root/build/dev/bin/rankscope-cli" "$@"
fi

needs_display() { # the program draws these offscreen
    for argument in "$@"; do
        case "$argument" in
            --screenshot* | --pictures* | --benchmark | --version | -v | --run=list) return 1 ;;
        esac
    done
    [[ "$*" != *"--run list"* ]]
}

if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}${QT_QPA_PLATFORM:-}" ] && needs_display "$@"; then
    echo "run: there is no display here (DISPLAY and WAYLAND_DISPLAY are empty), so no window can open." >&2
    echo "run: use scripts/run.sh --cli for the headless program, or --screenshot FILE for a picture." >&2
    exit 2
fi
prepare programs >&2 || not_built
exec "$root/build/dev/bin/rankscope" "$@"
