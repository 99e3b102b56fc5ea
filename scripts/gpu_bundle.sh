#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Packs what was built here for a machine that has a GPU and PyTorch but neither Qt nor a compiler: the programs, the GPU
# module, the tests, the shared libraries they need besides LibTorch and the C library, and run.sh, which starts them
# there on that machine's own LibTorch of the same version. The window goes along when asked for, with Qt's plugins and
# the fonts it draws with.
set -euo pipefail

usage() {
    cat <<'TEXT'
scripts/gpu_bundle.sh [--build DIR] [--output FILE] [--tests PATTERN] [--window] [--with PATH]...
  --build DIR      build folder (default build/dev)
  --output FILE    archive to write, .tar.xz (default DIR/gpu-bundle.tar.xz)
  --tests PATTERN  which test binaries to take, as a shell pattern (default "*_gpu"; "*" takes all)
  --window         takes the window along, to be run offscreen there
  --with PATH      a file or folder of the repository to take along, such as resources/demo (may be repeated)
On the other machine: tar -xJf gpu-bundle.tar.xz && gpu-bundle/run.sh
  run.sh                 runs every test of the bundle; a test that finds no GPU fails
  run.sh NAME [ARGS...]  runs one program or test of the bundle
The machine needs python3 with the torch that this build was made with, or RANKSCOPE_LIBTORCH_LIB naming its lib folder.
TEXT
}

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
build="$root/build/dev"
output=""
pattern="*_gpu"
window=""
extras=()
while [ $# -gt 0 ]; do
    case "$1" in
        --build) build="$(cd "$2" && pwd)"; shift 2 ;;
        --output) output="$2"; shift 2 ;;
        --tests) pattern="$2"; shift 2 ;;
        --window) window=1; shift ;;
        --with) extras+=("$2"); shift 2 ;;
        -h | --help) usage; exit 0 ;;
        *) echo "gpu_bundle: unknown option $1" >&2; usage >&2; exit 2 ;;
    esac
done
output="${output:-$build/gpu-bundle.tar.xz}"

fail() { echo "gpu_bundle: $*" >&2; exit 1; }

stage="$(mktemp -d)"
trap 'rm -rf "$stage"' EXIT
bundle="$stage/gpu-bundle"
mkdir -p "$bundle/bin" "$bundle/tests" "$bundle/lib"

# ---- what was built -----------------------------------------------------------------------------------------------

[ -f "$build/bin/librankscope-gpu.so" ] || fail "$build has no GPU module; build the target rankscope-gpu."
for file in "$build"/bin/rankscope-cli "$build"/bin/measure_* "$build"/bin/librankscope-gpu.so; do
    if [ -f "$file" ]; then
        cp "$file" "$bundle/bin/"
    fi
done
shopt -s nullglob
# shellcheck disable=SC2206  # a pattern on purpose
binaries=("$build"/tests/$pattern)
for file in "${binaries[@]}"; do
    if [ -f "$file" ] && [ -x "$file" ]; then
        cp "$file" "$bundle/tests/"
    fi
done
for path in "${extras[@]}"; do
    relative="$(realpath --relative-to="$root" "$path")"
    case "$relative" in ..*) fail "$path lies outside the repository." ;; esac
    mkdir -p "$bundle/$(dirname "$relative")"
    cp -r "$root/$relative" "$bundle/$relative"
done
if [ -n "$window" ]; then
    [ -x "$build/bin/rankscope" ] || fail "$build has no window; build the target rankscope."
    cp "$build/bin/rankscope" "$bundle/bin/"
    plugins="$(qmake6 -query QT_INSTALL_PLUGINS)"
    for plugin in platforms/libqoffscreen.so imageformats/libqsvg.so iconengines/libqsvgicon.so; do
        [ -f "$plugins/$plugin" ] || fail "Qt's plugin $plugin is not in $plugins."
        mkdir -p "$bundle/plugins/$(dirname "$plugin")"
        cp "$plugins/$plugin" "$bundle/plugins/$plugin"
    done
    mkdir -p "$bundle/fonts"
    for family in "Inter" "DejaVu Sans"; do
        for style in Regular Bold SemiBold; do
            file="$(fc-match -f '%{file}' "$family:style=$style")"
            if [[ "$file" == *.[ot]tf ]]; then
                cp -n "$file" "$bundle/fonts/"
            fi
        done
    done
    cat >"$bundle/fonts/fonts.conf" <<'FONTS'
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">.</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>
FONTS
fi
programs=("$bundle"/bin/* "$bundle"/tests/*)
if [ -n "$window" ]; then
    programs+=("$bundle"/plugins/*/*.so)
fi
[ "${#programs[@]}" -gt 1 ] || fail "$build holds neither rankscope-cli nor a test that matches \"$pattern\"."

# ---- their libraries ----------------------------------------------------------------------------------------------

# From the other machine come LibTorch with its CUDA libraries, and what is older or newer together with the kernel and
# the driver: the C and C++ runtimes.
from_there='^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|stdc\+\+|gcc_s|gomp|cuda|cudart|cupti|torch.*|c10.*|shm))\.so'
for program in "${programs[@]}"; do
    ldd "$program" | awk '$2 == "=>" && $3 ~ /^\// { print $1, $3 }'
done | sort -u | while read -r name path; do
    if ! [[ "$name" =~ $from_there ]]; then
        cp -L "$path" "$bundle/lib/$name"
    fi
done
strip --strip-debug "${programs[@]}" "$bundle"/lib/*

# ---- how to start them there --------------------------------------------------------------------------------------

cat >"$bundle/run.sh" <<'RUN'
#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Starts what scripts/gpu_bundle.sh packed: all tests, or the program or test named first.
set -uo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
torch_lib="${RANKSCOPE_LIBTORCH_LIB:-}"
if [ -z "$torch_lib" ]; then
    torch_lib="$(python3 -c 'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])')/lib"
fi
[ -f "$torch_lib/libtorch_cpu.so" ] || { echo "run: no LibTorch in $torch_lib; set RANKSCOPE_LIBTORCH_LIB" >&2; exit 5; }
# libtorch_cpu finds most CUDA libraries by its own search path; this names their folders for what it does not.
cuda_libs=""
for folder in "$torch_lib"/../../nvidia/*/lib; do
    [ -d "$folder" ] && cuda_libs="$cuda_libs:$folder"
done
export LD_LIBRARY_PATH="$here/lib:$torch_lib$cuda_libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export RANKSCOPE_GPU_MODULE="${RANKSCOPE_GPU_MODULE:-$here/bin/librankscope-gpu.so}"
export RANKSCOPE_REQUIRE_GPU="${RANKSCOPE_REQUIRE_GPU:-1}"
export RANKSCOPE_SOURCE_DIR="$here"
export LC_ALL=C.UTF-8 QT_QPA_PLATFORM=offscreen QT_FONT_DPI=96
if [ -d "$here/plugins" ]; then
    export QT_PLUGIN_PATH="$here/plugins" FONTCONFIG_FILE="$here/fonts/fonts.conf" RANKSCOPE_RESOURCE_DIR="$here/resources"
fi
if [ $# -gt 0 ]; then
    name="$1"
    shift
    for folder in bin tests; do
        if [ -x "$here/$folder/$name" ]; then
            # RANKSCOPE_WRAPPER: a tool to run it under, such as compute-sanitizer.
            # shellcheck disable=SC2086  # words on purpose
            exec ${RANKSCOPE_WRAPPER:-} "$here/$folder/$name" "$@"
        fi
    done
    echo "run: there is no $name in this bundle" >&2
    exit 2
fi
failed=0
for test in "$here"/tests/*; do
    echo "== $(basename "$test")"
    "$test" -silent || failed=$((failed + 1))
done
echo "== $failed of $(ls "$here/tests" | wc -l) test programs failed"
[ "$failed" -eq 0 ]
RUN
chmod +x "$bundle/run.sh"

tar -C "$stage" -cf - gpu-bundle | xz -T0 -6 >"$output"
echo "gpu_bundle: $output, $(du -h "$output" | cut -f1): $(cd "$bundle" && find bin tests -type f | sort | tr '\n' ' ')"
