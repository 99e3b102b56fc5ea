#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sets up, builds everything and runs every test without a display. Other arguments go to ctest, as in
# `scripts/test.sh -R tokenizer` or `scripts/test.sh -L unit`.
#   scripts/test.sh [--sanitize] [CTEST ARGUMENTS...]
#   --sanitize   tests of engine and window, first with the address and undefined-behaviour sanitizers, then with the
#                thread sanitizer, each in a build folder of its own (the first time builds almost everything twice)
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# shellcheck source=scripts/build_steps.sh
source "$root/scripts/build_steps.sh"

preset=dev
case "${1:-}" in
    -h | --help) sed -n '3,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    --sanitize) preset=sanitize; shift ;;
esac
folder="$root/build/$preset"

# What --sanitize runs: with the address sanitizer these and every test of the window; with the thread sanitizer what has
# threads of its own: lanes, jobs, mailboxes, the window.
address_tests=(tst_bad_checkpoints tst_bad_weights tst_checkpoint_layouts tst_json tst_digest tst_tokenizer
    tst_token_windows tst_plan_file tst_pruning_plan tst_channel_selection tst_nested_evaluation tst_out_of_memory
    tst_weights_in_place tst_export_checkpoint)
thread_tests=(tst_engine_lane tst_job tst_nested_evaluation tst_workbench tst_main_window tst_window_session tst_opening
    tst_sources tst_quality tst_candidates tst_undo tst_document_safety tst_recovery tst_settings tst_painting
    tst_export_dialog)

# The names of the configured tests with a label.
labelled() {
    (cd "$root/build/$1" && ctest -N -L "^$2\$" | awk '$1 == "Test" && $2 ~ /^#/ { print $3 }')
}

# sanitized PRESET TESTS...
sanitized() {
    local preset="$1"
    shift
    build "$preset" "$@" rankscope-cli
    local names
    names="$(IFS='|'; echo "$*")"
    (cd "$root/build/$preset" && ctest --output-on-failure --no-tests=error -R "^($names)$" </dev/null)
}

# Lines of .ninja_log: start ms, end ms, modification time, output, hash. The last line of an output is the valid one.
slowest_files() {
    awk -F'\t' '$4 ~ /\.(o|gch)$/ { took[$4] = $2 - $1 } END { for (f in took) printf "%6.1f s  %s\n", took[f] / 1000, f }' \
        "$folder/.ninja_log" | sed 's#CMakeFiles/\([^/]*\)\.dir/##; s#[^ ]*/__/##; s#\.o$##' | sort -rn | sed -n 1,10p
}

started=$SECONDS
"$root/scripts/setup.sh"
if [ "$preset" = sanitize ]; then
    export QT_QPA_PLATFORM=offscreen
    # Leaks are not counted: torch and the font libraries keep what they allocate until the process ends.
    export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}"
    export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:${UBSAN_OPTIONS:-}"
    export TSAN_OPTIONS="suppressions=$root/tests/tsan.supp:halt_on_error=0:second_deadlock_stack=1:${TSAN_OPTIONS:-}"
    configure asan
    mapfile -t window_tests < <(labelled asan gui)
    sanitized asan "${address_tests[@]}" "${window_tests[@]}"
    configure tsan
    # GNU OpenMP synchronises with futexes that the sanitizer does not see: what LibTorch does in parallel would all look
    # unordered. With one thread each there is none of it; ours are std::thread.
    OMP_NUM_THREADS=1 sanitized tsan "${thread_tests[@]}"
    exit 0
fi
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
cd "$folder"
exec ctest --output-on-failure --no-tests=error -j "$(nproc)" "$@" </dev/null
