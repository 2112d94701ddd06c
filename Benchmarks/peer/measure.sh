#!/usr/bin/env bash
# Every comparison with the peers at full length, one after the other: measure.sh OUTDIR [more options for all three].
# Leaves a table (.md), all figures (.json) and a log of each; exits 1 if one of them is void.
set -uo pipefail
out=${1:?usage: measure.sh OUTDIR [option ...]}
shift
mkdir -p "$out"
here=$(cd "$(dirname "$0")" && pwd)
void=0
step() {
  local name=$1
  shift
  echo "== $name: $*"
  "$@" --markdown "$out/$name.md" --json "$out/$name.json" 2> >(tee "$out/$name.err" >&2) | tee "$out/$name.log" || void=1
}
step mnist "$here/compare.py" --arch mnist "$@"
step protocol "$here/bench_protocol.py" --rounds 3 "$@"
step cifar "$here/compare.py" --arch edm-cifar10 "$@"
exit $void
