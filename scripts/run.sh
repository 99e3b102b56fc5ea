#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sets up, builds and opens the window: on the bundled demo model, on the checkpoint FOLDER, or, with --cli, runs the
# headless program instead.
#   scripts/run.sh [FOLDER]
#   scripts/run.sh --cli ARGUMENTS...
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# shellcheck source=scripts/build_steps.sh
source "$root/scripts/build_steps.sh"

case "${1:-}" in
    -h | --help) sed -n '3,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
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

if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}${QT_QPA_PLATFORM:-}" ]; then
    echo "run: there is no display here (DISPLAY and WAYLAND_DISPLAY are empty), so no window can open." >&2
    echo "run: use scripts/run.sh --cli for the headless program." >&2
    exit 2
fi
prepare programs >&2 || not_built
exec "$root/build/dev/bin/rankscope" "$@"
