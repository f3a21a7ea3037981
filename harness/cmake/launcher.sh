# Sourced by ../../undertone. Sets the machine up: Debian packages through apt, libtorch, Arrow and weights as hash-pinned wheels
# into a digest-addressed user cache. Each step looks first and does nothing when its result is there.

root=$UNDERTONE_ROOT
pins=$root/harness/weights/pins.json
cache=${UNDERTONE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/undertone}

# What the programs are built with and from; the second list is for tests only.
packages_build="g++ cmake ninja-build ccache pkg-config python3 python3-pip unzip ca-certificates
  nlohmann-json3-dev libfmt-dev libeigen3-dev libboost-dev libcli11-dev libcurl4-openssl-dev libsndfile1-dev libsoxr-dev
  libsqlitecpp-dev libsqlite3-dev libssl-dev libsentencepiece-dev libpcre2-dev libutf8proc-dev libhwy-dev librandom123-dev
  libpugixml-dev libcsv-dev libkainjow-mustache-dev libjs-vega libopusenc-dev libespeak-ng-dev espeak-ng-data git"
packages_test="libgtest-dev libgmock-dev libbenchmark-dev chromium clang-16 clang-format-16 libclang-rt-16-dev librapidcheck-dev mold xz-utils"

# Compiled objects are the same wherever the checkout lies: clones share the compiler cache.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros

say() { printf 'undertone: %s\n' "$*" >&2; }
die() { printf 'undertone: %s\n' "$1" >&2; [ $# -lt 2 ] || printf '  mend: %s\n' "$2" >&2; exit 1; }

missing_packages() {
  local p
  for p in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$p" 2>/dev/null | cut -c1-2)" = ii ] || printf '%s ' "$p"
  done
}

install_packages() {
  command -v dpkg-query >/dev/null || die "this launcher installs Debian packages and finds no dpkg here" "install these by hand and run 'cmake --preset release': $packages_build"
  local want as=""
  want=$(missing_packages "$@")
  [ -z "$want" ] && return 0
  if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as=sudo
    elif command -v sudo >/dev/null && [ -t 0 ]; then as=sudo
    else die "Debian packages are missing and this user may not install them" "run as root: apt-get update && apt-get install -y --no-install-recommends $want"; fi
  fi
  say "installing Debian packages: $want"
  $as env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 || die "apt-get update failed" "check the network and /etc/apt/sources.list"
  # shellcheck disable=SC2086
  $as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $want >&2 ||
    die "apt-get could not install: $want" "read its message above, then run the same command again"
}

# The pins file is JSON; python3 is here only because pip delivers the files.
pin() { python3 - "$pins" "$@" <<'PY'
import json, sys
value = json.load(open(sys.argv[1]))
for part in sys.argv[2:]:
    value = value[int(part)] if isinstance(value, list) else value[part]
print("\n".join(value) if isinstance(value, (dict, list)) else value)
PY
}

# fetch_wheel PACKAGE VERSION SHA256...: prints the path of a wheel in the cache whose digest is one of those given.
fetch_wheel() {
  local package=$1 version=$2 sum found
  shift 2
  for sum in "$@"; do
    found=$(ls "$cache/wheels/$sum"/*.whl 2>/dev/null | head -n 1)
    [ -n "$found" ] && { printf '%s\n' "$found"; return 0; }
  done
  mkdir -p "$cache/tmp" || die "cannot write to the cache $cache" "set UNDERTONE_CACHE to a folder that you may write to"
  local tmp
  tmp=$(mktemp -d "$cache/tmp/wheel.XXXXXX")
  say "fetching $package $version"
  local options=(--no-deps -q -d "$tmp" --python-version 3.11 --only-binary=:all:)
  python3 -m pip download "${options[@]}" "$package==$version" >"$tmp/log" 2>&1 ||
    { cat "$tmp/log" >&2; rm -rf "$tmp"; die "pip could not download $package $version" "check the network, then run the same command again"; }
  found=$(ls "$tmp"/*.whl | head -n 1)
  local got
  got=$(sha256sum "$found" | cut -d' ' -f1)
  for sum in "$@"; do
    if [ "$sum" = "$got" ]; then
      rm -f "$tmp/log"
      mkdir -p "$cache/wheels"
      mv "$tmp" "$cache/wheels/$sum" 2>/dev/null || rm -rf "$tmp"
      ls "$cache/wheels/$sum"/*.whl | head -n 1
      return 0
    fi
  done
  rm -rf "$tmp"
  die "$package $version has digest $got, which is not pinned (accepted: $*)" "if you trust it, add the digest to harness/weights/pins.json"
}

# wheel_sums NAME: the accepted digests of libtorch or arrow.
wheel_sums() { python3 -c 'import json,sys; print(" ".join(w["sha256"] for w in json.load(open(sys.argv[1]))[sys.argv[2]]["wheels"]))' "$pins" "$1"; }

setup_libtorch() {
  if [ -n "${UNDERTONE_LIBTORCH:-}" ]; then
    [ -e "$UNDERTONE_LIBTORCH/lib/libtorch_cpu.so" ] || die "UNDERTONE_LIBTORCH is '$UNDERTONE_LIBTORCH', which holds no lib/libtorch_cpu.so" "point it at the folder with include/ and lib/, or unset it"
    UNDERTONE_LIBTORCH=$(cd "$UNDERTONE_LIBTORCH" && pwd)
    export UNDERTONE_LIBTORCH
    return 0
  fi
  local sums sum
  sums=$(wheel_sums libtorch)
  for sum in $sums; do
    if [ -e "$cache/libtorch/$sum/torch/lib/libtorch_cpu.so" ]; then
      export UNDERTONE_LIBTORCH=$cache/libtorch/$sum/torch
      return 0
    fi
  done
  local wheel tmp
  # shellcheck disable=SC2086
  wheel=$(fetch_wheel torch "$(pin libtorch version)" $sums) || exit 1
  sum=$(basename "$(dirname "$wheel")")
  tmp=$(mktemp -d "$cache/tmp/torch.XXXXXX")
  say "unpacking libtorch"
  unzip -q "$wheel" 'torch/lib/*' 'torch/include/*' -x 'torch/lib/libtorch_cuda*' 'torch/lib/libc10_cuda*' 'torch/lib/libtorch_python*' -d "$tmp" || die "cannot unpack $wheel" "free some disk space in $cache"
  # The CUDA build's CPU library still needs the CUDA runtime and CUPTI: two small wheels, put beside it.
  local extra
  for extra in $(python3 -c 'import json,sys
w=[w for w in json.load(open(sys.argv[1]))["libtorch"]["wheels"] if w["sha256"]==sys.argv[2]][0]
print(" ".join("%s=%s=%s"%(e["package"],e["version"],e["sha256"]) for e in w.get("needs",[])))' "$pins" "$sum"); do
    local name=${extra%%=*} rest=${extra#*=}
    local needed
    needed=$(fetch_wheel "$name" "${rest%%=*}" "${rest#*=}") || exit 1
    unzip -qjo "$needed" '*.so*' -d "$tmp/torch/lib" || die "cannot unpack $needed" "free some disk space in $cache"
  done
  mkdir -p "$cache/libtorch"
  mv "$tmp" "$cache/libtorch/$sum" 2>/dev/null || rm -rf "$tmp"
  export UNDERTONE_LIBTORCH=$cache/libtorch/$sum/torch
}

# Arrow's C++ part, for Parquet.
setup_arrow() {
  local sums sum wheel tmp
  sums=$(wheel_sums arrow)
  for sum in $sums; do
    [ -e "$cache/arrow/$sum/pyarrow/include/parquet/arrow/reader.h" ] && return 0
  done
  # shellcheck disable=SC2086
  wheel=$(fetch_wheel "$(pin arrow package)" "$(pin arrow version)" $sums) || exit 1
  sum=$(basename "$(dirname "$wheel")")
  tmp=$(mktemp -d "$cache/tmp/arrow.XXXXXX")
  unzip -q "$wheel" 'pyarrow/libarrow.so*' 'pyarrow/libparquet.so*' 'pyarrow/include/*' -d "$tmp" || die "cannot unpack $wheel" "free some disk space in $cache"
  mkdir -p "$cache/arrow"
  mv "$tmp" "$cache/arrow/$sum" 2>/dev/null || rm -rf "$tmp"
}

setup_weights() {
  python3 - "$pins" "$cache" <<'PY' || exit 1
import hashlib, json, os, shutil, subprocess, sys, tempfile, zipfile
pins, cache = json.load(open(sys.argv[1])), sys.argv[2]
def die(what, mend):
    sys.exit("undertone: %s\n  mend: %s" % (what, mend))
def digest(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        for block in iter(lambda: f.read(1 << 20), b""):
            h.update(block)
    return h.hexdigest()
def wheel(w):
    folder = os.path.join(cache, "wheels", w["sha256"])
    if not os.path.isdir(folder) or not any(n.endswith(".whl") for n in os.listdir(folder)):
        tmp = tempfile.mkdtemp(dir=os.path.join(cache, "tmp"))
        print("undertone: fetching %s %s" % (w["package"], w["version"]), file=sys.stderr)
        r = subprocess.run([sys.executable, "-m", "pip", "download", "--no-deps", "-q", "-d", tmp, "%s==%s" % (w["package"], w["version"])],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if r.returncode:
            sys.stderr.write(r.stdout)
            die("pip could not download %s %s" % (w["package"], w["version"]), "check the network, then run the same command again")
        name = [n for n in os.listdir(tmp) if n.endswith(".whl")][0]
        got = digest(os.path.join(tmp, name))
        if got != w["sha256"]:
            shutil.rmtree(tmp)
            die("%s %s has digest %s but %s is pinned" % (w["package"], w["version"], got, w["sha256"]), "if you trust it, change harness/weights/pins.json")
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        os.replace(tmp, folder)
    return os.path.join(folder, [n for n in os.listdir(folder) if n.endswith(".whl")][0])
accepted = {x.strip() for x in os.environ.get("UNDERTONE_ACCEPT_LICENCES", "").split(",")} - {""}
known = {w["consent"] for w in pins["weights"].values() if "consent" in w}
if accepted - known:
    die("UNDERTONE_ACCEPT_LICENCES names '%s', which no weights ask for" % "', '".join(sorted(accepted - known)), "use: " + ", ".join(sorted(known)))
os.makedirs(os.path.join(cache, "tmp"), exist_ok=True)
for name, w in pins["weights"].items():
    target = os.path.join(cache, "weights", name, w["sha256"])
    if os.path.exists(os.path.join(target, w["file"])):
        continue
    consent = w.get("consent")
    if consent and consent not in accepted:
        print("undertone: not fetched: %s (weights '%s'), whose licence needs your consent: %s, %s\n"
              "  mend: if you want it, read the terms; if you accept them, run: UNDERTONE_ACCEPT_LICENCES=%s ./undertone setup"
              % (w["model"], name, w["licence"], w["terms"], ",".join(sorted(accepted | {consent}))), file=sys.stderr)
        continue
    zips = [zipfile.ZipFile(wheel(x)) for x in w["wheels"]]
    def open_member(path):
        for z in zips:
            if path in z.namelist():
                return z.open(path)
        die("the wheels of %s hold no %s" % (name, path), "change harness/weights/pins.json")
    tmp = tempfile.mkdtemp(dir=os.path.join(cache, "tmp"))
    os.chmod(tmp, 0o755)
    for out, parts in list(w["concatenate"].items()) + [(o, [p]) for o, p in w["copy"].items()]:
        with open(os.path.join(tmp, out), "wb") as f:
            for part in parts:
                with open_member(part) as source:
                    shutil.copyfileobj(source, f, 1 << 20)
    got = digest(os.path.join(tmp, w["file"]))
    if got != w["sha256"]:
        shutil.rmtree(tmp)
        die("%s of %s has digest %s but %s is pinned" % (w["file"], name, got, w["sha256"]), "change harness/weights/pins.json if you trust it")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    os.replace(tmp, target)
    print("undertone: weights %s are in place" % name, file=sys.stderr)
PY
}

# configured FOLDER NAME VALUE: whether the build folder was configured with that value.
configured() { [ "$(sed -nE "s/^$2:[A-Z]+=//p" "$1/CMakeCache.txt" 2>/dev/null)" = "$3" ]; }

# configure_and_build PRESET TESTS(ON or OFF) TARGETS...: a build folder that already has tests and micro benchmarks keeps
# them. Another libtorch than last time configures anew: ninja alone would not notice.
configure_and_build() {
  local preset=$1 tests=$2 folder=$root/build/$1 option
  shift 2
  local options=()
  [ -e "$folder/build.ninja" ] || options+=(-DUNDERTONE_TESTS="$tests" -DUNDERTONE_MICRO="$tests")
  if [ "$tests" = ON ]; then
    for option in UNDERTONE_TESTS UNDERTONE_MICRO; do configured "$folder" $option ON || options+=("-D$option=ON"); done
  fi
  if [ -n "${UNDERTONE_LIBTORCH:-}" ]; then
    configured "$folder" UNDERTONE_LIBTORCH "$UNDERTONE_LIBTORCH" || options+=(-DUNDERTONE_LIBTORCH="$UNDERTONE_LIBTORCH")
  fi
  # A build folder from before Arrow was there looks for it again.
  if grep -qE '^UNDERTONE_ARROW:[A-Z]+=$' "$folder/CMakeCache.txt" 2>/dev/null; then options+=(-DUNDERTONE_ARROW=); fi
  if [ ${#options[@]} != 0 ]; then
    (cd "$root" && cmake --preset "$preset" "${options[@]}") >"$root/build/configure-$preset.log" 2>&1 ||
      { cat "$root/build/configure-$preset.log" >&2; die "cmake could not configure the preset '$preset'" "read its message above"; }
  fi
  ninja -C "$folder" "$@" >&2 || die "the build failed" "read the compiler's message above"
}

launcher_main() {
  local verb=$1
  shift
  mkdir -p "$root/build"
  case $verb in
    setup)
      # shellcheck disable=SC2086
      install_packages $packages_build
      setup_libtorch
      setup_arrow
      setup_weights
      say "set up: cache in $cache" ;;
    build)
      # shellcheck disable=SC2086
      install_packages $packages_build
      setup_libtorch
      setup_arrow
      configure_and_build release OFF undertone undertone-model undertone-synth ;;
    demo)
      # shellcheck disable=SC2086
      install_packages $packages_build
      setup_libtorch
      setup_arrow
      setup_weights
      configure_and_build release OFF undertone undertone-model undertone-synth
      # From here on nothing of the set-up is needed: the program runs the suite and says where the report is.
      exec "$root/build/release/undertone" run demo "$@" ;;
    test)
      local exclude='slow|gpu' extra=()
      while [ $# -gt 0 ]; do
        case $1 in
          --slow) exclude='gpu' ;;
          *) extra+=("$1") ;;
        esac
        shift
      done
      # shellcheck disable=SC2086
      install_packages $packages_build $packages_test
      setup_libtorch
      setup_arrow
      setup_weights
      configure_and_build release ON all
      (cd "$root/build/release" && ctest --output-on-failure --no-tests=error -LE "$exclude" -j "$(nproc)" ${extra[@]+"${extra[@]}"}) ;;
  esac
}
