#!/usr/bin/env bash
# Runs tests under a sanitizer: Scripts/sanitize.sh memory|threads [all|FILTER].
#
# memory: the address and the undefined-behaviour sanitizer together (C and C++ are checked for both, Swift, which traps on
# undefined behaviour itself, for addresses), over every parser and the fuzz corpus, the C kernels at odd sizes, and the
# tool on hostile run directories. threads: the thread sanitizer over what is parallel.
#
# Not instrumented are oneDNN, libpng, turbojpeg, zlib and OpenSSL, which come as binaries:
# accesses inside them are not checked, those of their callers are.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-memory}
case $mode in
  memory)
    filter='FuzzTests|PicklesTests|NumPyFilesTests|CheckpointsTests|DatasetsTests|KernelTests|NearestSearchTests|HostileRunTests'
    options=(--sanitize address -Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=undefined)
    ;;
  threads)
    filter='RunsTests|SmoothedClassifierCertifyTests|TighteningBoundsTests'
    options=(--sanitize thread)
    ;;
  *) echo "memory or threads, not $mode" >&2; exit 64 ;;
esac
case ${2:-} in
  '') ;;
  all) filter='.' ;;
  *) filter=$2 ;;
esac
export ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS:-}
export UBSAN_OPTIONS=print_stacktrace=1:${UBSAN_OPTIONS:-}
export TSAN_OPTIONS=halt_on_error=1:suppressions=$PWD/Scripts/thread-suppressions.txt:${TSAN_OPTIONS:-}
swift build -c release --scratch-path ".build-$mode" --build-tests "${options[@]}" >&2
exec swift test -c release --scratch-path ".build-$mode" --skip-build "${options[@]}" --filter "$filter"
