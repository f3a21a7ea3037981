#!/usr/bin/env bash
# Another libtorch after a first configuration is noticed, by the launcher and by CMake alone, and the same one costs no
# second configuration; Arrow that came later is noticed too. The launcher's functions and the real torch.cmake and
# arrow.cmake, on a project that needs no package.
set -eu
source_dir=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset UNDERTONE_LIBTORCH UNDERTONE_CACHE XDG_CACHE_HOME

# libtorch as far as torch.cmake looks at it.
libtorch() {
  mkdir -p "$1/include/torch/csrc/api/include/torch/nn" "$1/lib"
  touch "$1/include/torch/csrc/api/include/torch/nn/module.h" "$1/lib/libtorch_cpu.so" "$1/lib/libc10.so"
}
project=$work/project
pinned=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["libtorch"]["wheels"][0]["sha256"])' "$source_dir/harness/weights/pins.json")
libtorch "$work/first"
libtorch "$work/second"
libtorch "$work/home/.cache/undertone/libtorch/$pinned/torch"
libtorch "$work/cache/libtorch/$pinned/torch"
# Arrow as far as arrow.cmake looks at it.
arrow=$work/home/.cache/undertone/arrow/digest/pyarrow
mkdir -p "$arrow/include/parquet/arrow"
touch "$arrow/include/parquet/arrow/reader.h" "$arrow/libparquet.so.1" "$arrow/libarrow.so.1"
mkdir -p "$project/harness/weights" "$project/build" "$work/fmt"
cp "$source_dir/harness/weights/pins.json" "$project/harness/weights/"
cat >"$project/CMakePresets.json" <<'JSON'
{"version": 4, "configurePresets": [{"name": "release", "generator": "Ninja", "binaryDir": "${sourceDir}/build/release"}]}
JSON
cat >"$project/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.22)
project(launcher_test LANGUAGES CXX)
option(UNDERTONE_TESTS "" ON)
option(UNDERTONE_MICRO "" OFF)
set(UNDERTONE_MODEL ON)
add_library(fmt::fmt INTERFACE IMPORTED)
set_target_properties(fmt::fmt PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "$work/fmt")
include("$source_dir/harness/cmake/torch.cmake")
include("$source_dir/harness/cmake/arrow.cmake")
get_target_property(linked third_party_torch INTERFACE_LINK_LIBRARIES)
get_target_property(options third_party_torch INTERFACE_LINK_OPTIONS)
get_target_property(included third_party_torch INTERFACE_SYSTEM_INCLUDE_DIRECTORIES)
file(APPEND "$work/configured" "tests=\${UNDERTONE_TESTS} micro=\${UNDERTONE_MICRO}\n")
file(WRITE "$work/used" "\${linked};\${options};\${included}")
add_custom_target(nothing)
CMAKE

export HOME=$work/home UNDERTONE_ROOT=$project
# One launcher a call, as in real use; what it would install is not looked at.
build() (
  . "$source_dir/harness/cmake/launcher.sh"
  setup_libtorch
  configure_and_build release "$1" nothing
) 2>"$work/messages"

fail() { printf 'launcher_test: %s\n' "$1" >&2; cat "$work/messages" "$work/used" "$work/configured" >&2 || true; exit 1; }
# expect WHAT FOLDER TIMES: every path used lies there, and CMake has run so often.
expect() {
  for path in "$2/lib/libtorch_cpu.so" "$2/lib/libc10.so" "-rpath,$2/lib" "$2/include/torch/csrc"; do
    grep -qF -- "$path" "$work/used" || fail "$1: $path is not used"
  done
  for other in first second home cache; do
    case $2 in "$work/$other"*) continue ;; esac
    ! grep -q "$work/$other/" "$work/used" || fail "$1: something of $work/$other is still used"
  done
  [ "$(wc -l <"$work/configured")" = "$3" ] || fail "$1: configured $(wc -l <"$work/configured") times, not $3"
}

export UNDERTONE_LIBTORCH=$work/first
build OFF; expect "a first configuration" "$work/first" 1
[ "$(cat "$work/configured")" = "tests=OFF micro=OFF" ] || fail "a build for use configures tests"
build OFF; expect "the same again" "$work/first" 1
build ON; expect "tests are asked for" "$work/first" 2
[ "$(tail -n 1 "$work/configured")" = "tests=ON micro=ON" ] || fail "a build for tests lacks tests or benchmarks"
build OFF; expect "a build after tests keeps them" "$work/first" 2
UNDERTONE_LIBTORCH=$work/second
build OFF; expect "another UNDERTONE_LIBTORCH" "$work/second" 3
[ "$(tail -n 1 "$work/configured")" = "tests=ON micro=ON" ] || fail "another libtorch lost the tests"
cd "$work" && UNDERTONE_LIBTORCH=first
build OFF; expect "a relative UNDERTONE_LIBTORCH" "$work/first" 4
UNDERTONE_LIBTORCH=$work/missing
if build OFF; then fail "a folder without libtorch passes"; fi
grep -q "mend: " "$work/messages" || fail "a folder without libtorch: no mend"
unset UNDERTONE_LIBTORCH
build OFF; expect "the user's cache" "$work/home/.cache/undertone/libtorch/$pinned/torch" 5
export UNDERTONE_CACHE=$work/cache
build OFF; expect "another UNDERTONE_CACHE" "$work/cache/libtorch/$pinned/torch" 6
build OFF; expect "the same UNDERTONE_CACHE" "$work/cache/libtorch/$pinned/torch" 6

# CMake alone: the environment counts, an explicit -D counts more, and without either the last one stays.
configure() { (cd "$project" && cmake --preset release "$@") >"$work/messages" 2>&1 || fail "cmake failed"; }
unset UNDERTONE_CACHE
configure; expect "nothing said" "$work/cache/libtorch/$pinned/torch" 7
export UNDERTONE_LIBTORCH=$work/second
configure; expect "the environment" "$work/second" 8
configure -DUNDERTONE_LIBTORCH="$work/first"; expect "-D against the environment" "$work/first" 9

# A folder that was configured before Arrow was fetched.
arrow_is() { grep -qx "UNDERTONE_ARROW:PATH=$1" "$project/build/release/CMakeCache.txt" || fail "Arrow is not '$1'"; }
arrow_is "$arrow"
sed -i 's/^UNDERTONE_ARROW:PATH=.*/UNDERTONE_ARROW:PATH=/' "$project/build/release/CMakeCache.txt"
export UNDERTONE_LIBTORCH=$work/first
build OFF; expect "Arrow came later" "$work/first" 10
arrow_is "$arrow"
build OFF; expect "Arrow stays" "$work/first" 10
echo "launcher_test: passed"
