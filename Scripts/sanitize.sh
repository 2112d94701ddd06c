#!/usr/bin/env bash
# Runs tests under a sanitizer: Scripts/sanitize.sh memory|threads [FILTER].
#
# memory: the address and the undefined-behaviour sanitizer together (C and C++ are checked for both; Swift traps on
# undefined behaviour itself and is checked for addresses), over every reader with the fuzz corpus and its damaged copies,
# and over the C kernels at odd sizes. threads: the thread sanitizer over what is parallel.
#
# oneDNN, libpng, libjpeg-turbo, zlib and OpenSSL come as binaries: accesses inside them are not checked, those of their
# callers are.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-memory}
case $mode in
  memory)
    filter='FuzzTests|KernelTests|HostileArchitectureTests|alignmentAndHistory'
    options=(--sanitize address -Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=undefined)
    ;;
  threads)
    filter='RunsTests|NoisedDiffusionClassifiersTests'
    options=(--sanitize thread -Xswiftc -DTHREAD_SANITIZER)
    ;;
  *) echo "memory or threads, not $mode" >&2; exit 64 ;;
esac
export NDC_SANITIZE=$mode
export ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS:-}
export UBSAN_OPTIONS=print_stacktrace=1:${UBSAN_OPTIONS:-}
export TSAN_OPTIONS=halt_on_error=1:suppressions=$PWD/Scripts/thread-suppressions.txt:${TSAN_OPTIONS:-}
swift build -c release --scratch-path ".build-$mode" --build-tests "${options[@]}" >&2
exec swift test -c release --scratch-path ".build-$mode" --skip-build "${options[@]}" --filter "${2:-$filter}"
