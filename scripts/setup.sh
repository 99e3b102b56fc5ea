#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what building Rankscope needs and this machine lacks: Debian packages, LibTorch under .deps/libtorch and, where
# no CUDA toolkit 13 is, nvcc under .deps/cuda. Safe to repeat; does nothing in a second or two when all is there.
set -euo pipefail

usage() {
    cat <<'TEXT'
scripts/setup.sh [--quiet] [--own-nvcc] [--gpu-libraries]
  --quiet          print only what is done, not that nothing is to do
  --own-nvcc       put nvcc under .deps/cuda even where a CUDA toolkit is installed (the build prefers it)
  --gpu-libraries  fetch the CUDA libraries of a GPU run (1.5 GB) even where no driver is found
Downloads are kept in ${XDG_CACHE_HOME:-~/.cache}/rankscope/wheels. RANKSCOPE_CUDA_ROOT names a toolkit of your own.
TEXT
}

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
deps="$root/.deps"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/rankscope/wheels"
pins="$root/scripts/wheels.txt"
quiet=0
own_nvcc=0
gpu_libraries=0
for argument in "$@"; do
    case "$argument" in
        --quiet) quiet=1 ;;
        --own-nvcc) own_nvcc=1 ;;
        --gpu-libraries) gpu_libraries=1 ;;
        -h | --help) usage; exit 0 ;;
        *) echo "setup: unknown option $argument" >&2; usage >&2; exit 2 ;;
    esac
done

say() { echo "setup: $*"; }
fail() { echo "setup: $*" >&2; exit 1; }

# ---- what the machine is ------------------------------------------------------------------------------------------

[ "$(uname -s)-$(uname -m)" = "Linux-x86_64" ] \
    || fail "Rankscope is built on 64-bit x86 Linux; this is $(uname -s) on $(uname -m)."

# ---- Debian packages ----------------------------------------------------------------------------------------------

# Names that are the same in Debian 12 and 13 and Ubuntu 24.04. qt6-svg-dev was called libqt6svg6-dev before.
packages=(
    g++ cmake ninja-build ccache pkg-config unzip
    libfmt-dev libspdlog-dev nlohmann-json3-dev libcli11-dev libeigen3-dev
    libicu-dev libssl-dev libpcre2-dev
    qt6-base-dev qt6-svg-dev libqcustomplot-dev libgl-dev fonts-dejavu-core
)

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

missing_packages() {
    local name
    for name in "$@"; do
        is_installed "$name" || printf '%s\n' "$name"
    done
}

# apt_get ARGS...: as root, else through sudo. sudo itself may ask for a password where there is a terminal.
apt_get() {
    local prefix=()
    if [ "$(id -u)" -ne 0 ]; then
        if sudo -n true 2>/dev/null; then
            prefix=(sudo -n)
        elif [ -t 0 ]; then
            say "sudo is needed to install packages"
            prefix=(sudo)
        fi
        "${prefix[@]}" true 2>/dev/null || return 1
    fi
    "${prefix[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -y -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

can_be_root() {
    [ "$(id -u)" -eq 0 ] || { command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; }
}

install_packages() {
    local missing by_hand
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    by_hand="Install by hand: apt-get install --no-install-recommends ${missing[*]}"
    if ! command -v apt-get >/dev/null; then
        fail "This is not a Debian or Ubuntu machine. Install the equivalents of: ${missing[*]}."
    fi
    if ! can_be_root; then
        fail "Packages are missing and this user can neither be root nor use sudo without a password. $by_hand"
    fi
    say "installing ${#missing[@]} packages: ${missing[*]}"
    apt_get update || say "the package lists could not be refreshed (no network?); trying with those at hand"
    apt_get install --no-install-recommends "${missing[@]}" \
        || fail "The packages could not be installed (no network, or no such package here). $by_hand"
    say "packages installed"
}

if command -v dpkg-query >/dev/null; then
    install_packages "${packages[@]}"
else
    say "this is not a Debian machine; nothing is installed. Needed are the equivalents of: ${packages[*]}"
fi

# ---- wheels -------------------------------------------------------------------------------------------------------

# pins_of GROUP: lines "name version hash".
pins_of() { awk -v group="$1" '$1 == group { print $2, $3, $4 }' "$pins"; }

# cached_wheel NAME VERSION: the file in the cache, or nothing.
cached_wheel() {
    local file
    for file in "$cache/${1//-/_}-$2"-*.whl; do
        if [ -f "$file" ]; then
            printf '%s\n' "$file"
            return 0
        fi
    done
}

has_hash() { [ "$(sha256sum "$1" | cut -d' ' -f1)" = "$2" ]; }

# Every manylinux name up to glibc 2.28, so that a wheel is found whatever Python and pip run here.
platform_options() {
    local minor
    for minor in $(seq 5 28); do
        printf -- '--platform manylinux_2_%s_x86_64 ' "$minor"
    done
    printf -- '--platform manylinux2014_x86_64 --platform manylinux2010_x86_64 --platform manylinux1_x86_64'
}

# fetch_group GROUP: brings every wheel of the group into the cache, checked.
fetch_group() {
    local name version hash file wanted=() folder
    while read -r name version hash; do
        file="$(cached_wheel "$name" "$version")"
        if [ -n "$file" ] && ! has_hash "$file" "$hash"; then
            say "$(basename "$file") in the cache is damaged; fetching it again"
            rm -f "$file"
            file=""
        fi
        [ -n "$file" ] || wanted+=("$name==$version --hash=sha256:$hash")
    done < <(pins_of "$1")
    [ "${#wanted[@]}" -gt 0 ] || return 0

    if ! python3 -m pip --version >/dev/null 2>&1; then
        if command -v dpkg-query >/dev/null; then
            install_packages ca-certificates python3 python3-pip
        else
            fail "python3 with pip is needed to fetch LibTorch. Install it and run this again."
        fi
    fi
    mkdir -p "$cache"
    folder="$(mktemp -d "$cache/.download.XXXXXX")"
    temporary+=("$folder")
    printf '%s\n' "${wanted[@]}" >"$folder/pins.txt"
    for name in "${wanted[@]}"; do
        say "fetching ${name%% *}"
    done
    # shellcheck disable=SC2046 # the options are words
    python3 -m pip download --disable-pip-version-check --progress-bar off -q --no-input --no-cache-dir --retries 2 \
        --no-deps --only-binary=:all: --python-version 3.11 --implementation cp --abi cp311 --abi none \
        $(platform_options) --require-hashes -r "$folder/pins.txt" -d "$folder" </dev/null \
        || fail "Could not fetch from the Python package index (no network?): ${wanted[*]%% *}. \
Copy these wheels (Linux x86-64, torch for CPython 3.11) to $cache and run this again."
    mv -f "$folder"/*.whl "$cache/"
}

temporary=()
remove_temporary() { [ "${#temporary[@]}" -eq 0 ] || rm -rf "${temporary[@]}"; }
trap remove_temporary EXIT
trap 'exit 130' INT TERM

# A folder is good when its stamp names the pinned wheels and all files are still there. It gets the stamp before it
# gets its name, so a run that was killed leaves nothing that looks finished.
stamp_of() { # stamp_of FOLDER GROUP
    echo "layout 1"
    pins_of "$2"
    echo "entries $(find "$1" -mindepth 1 ! -path "$1/.stamp" | wc -l)"
}
is_current() { [ -f "$deps/$1/.stamp" ] && [ "$(cat "$deps/$1/.stamp")" = "$(stamp_of "$deps/$1" "$2")" ]; }

new_folder() {
    unpacked="$(mktemp -d "$deps/.unpack.XXXXXX")"
    temporary+=("$unpacked")
    chmod 755 "$unpacked"
}

# publish NAME GROUP: stamps the unpacked folder and gives it its name.
publish() {
    stamp_of "$unpacked" "$2" >"$unpacked/.stamp"
    if [ -e "$deps/$1" ]; then
        local old="$deps/.unpack.old.$$"
        temporary+=("$old")
        mv "$deps/$1" "$old"
    fi
    mv "$unpacked" "$deps/$1"
}

unpack() { # unpack GROUP NAME FOLDER PATTERNS...
    local group="$1" name="$2" folder="$3" version
    shift 3
    version="$(pins_of "$group" | awk -v name="$name" '$1 == name { print $2 }')"
    unzip -q -o "$(cached_wheel "$name" "$version")" "$@" -d "$folder"
}

setup_libtorch() {
    is_current libtorch libtorch && return 0
    fetch_group libtorch
    say "unpacking LibTorch to .deps/libtorch (1 GB)"
    new_folder
    local raw="$unpacked/raw"
    unpack libtorch torch "$raw" 'torch/lib/*' 'torch/include/*' 'torch/share/*'
    mv "$raw"/torch/* "$unpacked/"
    unpack libtorch nvidia-cuda-runtime "$raw" 'nvidia/cu13/lib/libcudart.so.13'
    unpack libtorch nvidia-cuda-cupti "$raw" 'nvidia/cu13/lib/libcupti.so.13'
    mv "$raw"/nvidia/cu13/lib/* "$unpacked/lib/"
    rm -rf "$raw"
    publish libtorch libtorch
    done_something=1
}

is_nvcc_13() { "$1" --version 2>/dev/null | grep -q 'release 13\.'; }

# Where cmake/Cuda.cmake would find a toolkit.
system_nvcc() {
    local candidate
    if [ -n "${RANKSCOPE_CUDA_ROOT:-}" ]; then
        is_nvcc_13 "$RANKSCOPE_CUDA_ROOT/bin/nvcc" && echo "$RANKSCOPE_CUDA_ROOT/bin/nvcc"
        return 0
    fi
    for candidate in "$(command -v nvcc || true)" /usr/local/cuda/bin/nvcc; do
        if [ -n "$candidate" ] && is_nvcc_13 "$candidate"; then
            echo "$candidate"
            return 0
        fi
    done
}

setup_nvcc() {
    is_current cuda nvcc && return 0
    if [ "$own_nvcc" -eq 0 ] && [ ! -e "$deps/cuda" ] && [ -n "$(system_nvcc)" ]; then
        return 0
    fi
    fetch_group nvcc
    say "unpacking nvcc to .deps/cuda (270 MB)"
    new_folder
    local raw="$unpacked/raw" name
    while read -r name _; do
        unpack nvcc "$name" "$raw" 'nvidia/*'
    done < <(pins_of nvcc)
    mv "$raw"/nvidia/cu13/* "$unpacked/"
    rm -rf "$raw"
    chmod +x "$unpacked"/bin/* "$unpacked"/nvvm/bin/*
    ln -s lib "$unpacked/lib64"
    publish cuda nvcc
    done_something=1
}

has_driver() {
    [ -e /dev/nvidia0 ] || { command -v ldconfig >/dev/null && ldconfig -p | grep -q 'libcuda\.so\.1 '; }
}

# libtorch_cuda looks for its libraries in ../../nvidia/<part>/lib, that is .deps/nvidia.
setup_gpu_libraries() {
    is_current nvidia gpu && return 0
    if [ "$gpu_libraries" -eq 0 ] && [ ! -e "$deps/nvidia" ]; then
        has_driver || return 0
        ldd "$deps/libtorch/lib/libtorch_cuda.so" 2>/dev/null | grep -q 'not found' || return 0
    fi
    fetch_group gpu
    say "unpacking the CUDA libraries of a GPU run to .deps/nvidia (2.7 GB)"
    new_folder
    local raw="$unpacked/raw" name
    while read -r name _; do
        unpack gpu "$name" "$raw" 'nvidia/*'
    done < <(pins_of gpu)
    mv "$raw"/nvidia/* "$unpacked/"
    rm -rf "$raw"
    publish nvidia gpu
    done_something=1
}

done_something=0
mkdir -p "$deps"
# One run at a time: a second one waits and then finds everything done.
exec 9>"$deps/.lock"
flock -n 9 || { say "waiting for another run of this script"; flock 9; }
rm -rf "$deps"/.unpack.* # left behind by a run that was killed
setup_libtorch
setup_nvcc
setup_gpu_libraries

# ---- what the result is -------------------------------------------------------------------------------------------

if [ "$quiet" -eq 0 ] || [ "$done_something" -eq 1 ]; then
    nvcc="$(system_nvcc)"
    if [ -x "$deps/cuda/bin/nvcc" ] && [ -z "${RANKSCOPE_CUDA_ROOT:-}" ]; then
        nvcc=.deps/cuda/bin/nvcc
    fi
    say "ready: LibTorch $(pins_of libtorch | awk '$1 == "torch" { print $2 }') in .deps/libtorch, nvcc ${nvcc:-none}"
fi
