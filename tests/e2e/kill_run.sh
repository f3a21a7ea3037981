#!/usr/bin/env bash
# Kills a suite's run with SIGKILL at least once within each kind of stage, resumes it to its end, and compares its
# report.json with that of a run that nothing disturbed. The log goes to standard output, for reports/results:
#
#   tests/e2e/kill_run.sh [--suite demo] [--programs build/release] [--work FOLDER] [--reference report.json]
#                         [-- OVERRIDES...] > reports/results/demo.kills.log
#
# Without --reference the undisturbed run is made first, in its own store. With the demo this takes about three times
# as long as the demo; CI does the same on the smoke suite (tests/e2e/crash_test.cc).
# Exit codes: 0 the reports are the same bytes, 1 they differ or a point never struck, 2 wrong usage.
set -u
tree=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../.." && pwd)
suite=demo programs=$tree/build/release work='' reference='' overrides=()
usage() { echo "kill_run.sh: $1" >&2; exit 2; }
while [ $# -gt 0 ]; do
  case $1 in
    --suite) suite=${2:?}; shift 2 ;;
    --programs) programs=$(readlink -f -- "${2:?}"); shift 2 ;;
    --work) mkdir -p "${2:?}"; work=$(readlink -f -- "$2"); shift 2 ;;
    --reference) reference=$(readlink -f -- "${2:?}"); shift 2 ;;
    --) shift; overrides=("$@"); break ;;
    *) usage "unknown option '$1'" ;;
  esac
done
program=$programs/undertone
[ -x "$program" ] || usage "the program is not built: $program"
[ -z "$reference" ] || [ -f "$reference" ] || usage "there is no report here: $reference"
if [ -z "$work" ]; then
  work=$(mktemp -d)
  trap 'rm -rf -- "$work"' EXIT
fi
export UNDERTONE_ROOT=$tree
unset UNDERTONE_STORE UNDERTONE_CRASH_AT UNDERTONE_CRASH_LOG

# Within every kind of stage: before its output is moved into place; and in the midst of those that take long: after
# some training steps, between shards of features, before a transaction of answers or of verdicts is committed.
points=(
  artefact:corpus:before-rename
  write:shard-00000.f16:before
  artefact:features:before-rename artefact:recogniser:before-rename
  artefact:vocabulary:before-rename artefact:items:before-rename
  'train:step#5' artefact:train:before-rename
  artefact:prompts:before-rename
  ledger:answers:before-commit artefact:answer:before-rename
  ledger:verdicts:before-commit artefact:judge:before-rename
  artefact:report:before-rename
)

# go NAME: one attempt in the folder NAME; sets code and seconds.
go() {
  local began=$SECONDS
  (cd "$work/$1" && "$program" run "$suite" --quiet --store store --out report \
    ${overrides[@]+"${overrides[@]}"} > run.out 2> run.err)
  code=$?
  seconds=$((SECONDS - began))
}
digest() { sha256sum < "$1" | cut -c1-64; }

echo "# kill -9 within each stage of '$(basename "$suite" .json)', then resumed; $("$program" --version)"
echo "# $(uname -srm), $(nproc) cores"
if [ -z "$reference" ]; then
  mkdir -p "$work/undisturbed"
  go undisturbed
  [ $code = 0 ] || { echo "the undisturbed run ended with $code"; tail -3 "$work/undisturbed/run.err" >&2; exit 1; }
  reference=$work/undisturbed/report/report.json
  echo "undisturbed: exit 0, $seconds s: $(head -1 "$work/undisturbed/run.out")"
fi

mkdir -p "$work/killed"
log=$work/killed/struck.log
kills=0 failed=0
while [ ${#points[@]} -gt 0 ]; do
  rm -f "$log"
  UNDERTONE_CRASH_AT=$(IFS=,; echo "${points[*]}")
  export UNDERTONE_CRASH_AT UNDERTONE_CRASH_LOG=$log
  go killed
  unset UNDERTONE_CRASH_AT UNDERTONE_CRASH_LOG
  struck=()
  left=()
  for point in "${points[@]}"; do
    if grep -qxF "killed at ${point%#*}" "$log" 2> /dev/null; then struck+=("$point"); else left+=("$point"); fi
  done
  if [ ${#struck[@]} = 0 ]; then
    echo "exit $code after $seconds s; never passed: ${left[*]}"
    failed=1
    break
  fi
  kills=$((kills + $(grep -c '^killed at ' "$log")))
  # 137: the program itself was killed; 1: a worker was, and the run went on without the systems that it served.
  echo "killed at ${struck[*]}: exit $code after $seconds s"
  points=(${left[@]+"${left[@]}"})
done

go killed
echo "resumed to the end: exit $code, $seconds s: $(head -1 "$work/killed/run.out")"
[ $code = 0 ] || { tail -3 "$work/killed/run.err" >&2; failed=1; }
go killed
echo "once more: $(head -1 "$work/killed/run.out")"
(cd "$work/killed" && "$program" store verify --store store) | sed 's/^/store verify: /' || failed=1
for folder in tmp work; do
  [ -z "$(ls -A "$work/killed/store/$folder" 2> /dev/null)" ] || { echo "left over: store/$folder"; failed=1; }
done
echo "report.json undisturbed  sha256 $(digest "$reference")"
echo "report.json after $kills kills sha256 $(digest "$work/killed/report/report.json")"
if cmp -s "$reference" "$work/killed/report/report.json"; then
  echo "the same bytes"
else
  echo "DIFFERENT BYTES"
  failed=1
fi
exit $failed
