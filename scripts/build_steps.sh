# SPDX-License-Identifier: GPL-3.0-or-later
# Steps shared by run.sh and test.sh; sourced, not run. Expects `root` to be the repository.
# shellcheck shell=bash
# shellcheck disable=SC2154 # root

# How many compilers at once: the cores, but 2 GB of memory for each (files that include torch need that much).
build_jobs() {
    local cores memory_gb jobs
    cores="$(nproc)"
    memory_gb="$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)"
    jobs=$((memory_gb / 2))
    [ "$jobs" -lt "$cores" ] || jobs="$cores"
    [ "$jobs" -ge 1 ] || jobs=1
    echo "$jobs"
}

# configure PRESET: only when the build folder is new or the presets changed; ninja notices every other change itself.
configure() {
    local folder="$root/build/$1"
    if [ -f "$folder/build.ninja" ] && [ "$folder/build.ninja" -nt "$root/CMakePresets.json" ]; then
        # nvcc may have come or gone since: cmake keeps the compiler that it saw first.
        local known
        known="$(sed -n 's/^CMAKE_CUDA_COMPILER:[A-Z]*=//p' "$folder/CMakeCache.txt")"
        if [ -z "$known" ] || [ -x "$known" ]; then
            return 0
        fi
        echo "build: $known is gone; configuring build/$1 afresh"
        rm -rf "$folder/CMakeCache.txt" "$folder/CMakeFiles"
    fi
    echo "build: configuring build/$1"
    (cd "$root" && cmake --preset "$1" </dev/null)
}

# build PRESET TARGETS...
build() {
    local preset="$1"
    shift
    # One build at a time in one folder.
    exec 8>"$root/build/$preset/.lock"
    flock -n 8 || { echo "build: waiting for another build in build/$preset"; flock 8; }
    local status=0
    ninja -C "$root/build/$preset" -j "$(build_jobs)" "$@" </dev/null 8>&- || status=$?
    exec 8>&-
    return "$status"
}
