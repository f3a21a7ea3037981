#!/usr/bin/env bash
# Every C++ file is as clang-format 16 writes it: another release of it differs in details.
set -eu
cd "$1"
command -v clang-format-16 >/dev/null || { echo "skipped: no clang-format-16 (apt install clang-format-16)"; exit 77; }
find harness suites datasets judges metrics reports tests \( -name '*.cc' -o -name '*.h' \) -print0 |
  xargs -0 clang-format-16 --dry-run --Werror ||
  { echo "mend: clang-format-16 -i FILE" >&2; exit 1; }
