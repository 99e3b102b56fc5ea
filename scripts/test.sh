#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sets up, builds everything and runs every test without a display. Other arguments go to ctest, as in
# `scripts/test.sh -R tokenizer` or `scripts/test.sh -L unit`.
#   scripts/test.sh [--sanitize] [CTEST ARGUMENTS...]
#   --sanitize   a build of its own with the address and undefined-behaviour sanitizers
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# shellcheck source=scripts/build_steps.sh
source "$root/scripts/build_steps.sh"

preset=dev
case "${1:-}" in
    -h | --help) sed -n '3,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    --sanitize) preset=asan; shift ;;
esac
folder="$root/build/$preset"

# Lines of .ninja_log: start ms, end ms, modification time, output, hash. The last line of an output is the valid one.
slowest_files() {
    awk -F'\t' '$4 ~ /\.(o|gch)$/ { took[$4] = $2 - $1 } END { for (f in took) printf "%6.1f s  %s\n", took[f] / 1000, f }' \
        "$folder/.ninja_log" | sed 's#CMakeFiles/\([^/]*\)\.dir/##; s#[^ ]*/__/##; s#\.o$##' | sort -rn | sed -n 1,10p
}

started=$SECONDS
"$root/scripts/setup.sh"
setup_done=$SECONDS
configure "$preset"
build "$preset"
build_done=$SECONDS

echo
echo "The ten slowest files to compile (last time each was built; a compiler cache shortens them):"
slowest_files
echo "Set-up $((setup_done - started)) s, configure and build $((build_done - setup_done)) s," \
    "with $(build_jobs) compilers at once."
echo

export QT_QPA_PLATFORM=offscreen
if [ "$preset" = asan ]; then
    # Leaks are not counted: torch and the font libraries keep what they allocate until the process ends.
    export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}"
    export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:${UBSAN_OPTIONS:-}"
fi
cd "$folder"
exec ctest --output-on-failure --no-tests=error -j "$(nproc)" "$@" </dev/null
