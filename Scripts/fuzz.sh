#!/usr/bin/env bash
# Fuzzes the parsers with libFuzzer under the address sanitizer: Scripts/fuzz.sh [SECONDS [TARGET…]].
#
# Each target runs for SECONDS (60) or ten million executions, whichever comes first; without names all of them, those
# first that read what is downloaded. New inputs are kept in .build-fuzz/corpus, so that the next run goes on from
# there; a finding ends up in .build-fuzz/findings and fails the script. Commit it as
# Fuzz/Corpus/TARGET/regression-NAME with its fix: the tests replay it.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ] || [ "${targets[0]}" = all ]; then
  first=(checkpoint pickle torch-archive safetensors npz npy run records png jpeg table gzip)
  mapfile -t rest < <(ls Fuzz/Corpus | grep -vxF "$(printf '%s\n' "${first[@]}")")
  targets=("${first[@]}" "${rest[@]}")
fi
for target in "${targets[@]}"; do
  [ -d "Fuzz/Corpus/$target" ] || { echo "no such target: $target; one of $(ls Fuzz/Corpus | tr '\n' ' ')" >&2; exit 64; }
done

# The compiler's own -sanitize=fuzzer marks Swift code in a way that its libFuzzer no longer reads.
library=$(ls "$(dirname "$(readlink -f "$(command -v swiftc)")")"/../lib/clang/*/lib/*/libclang_rt.fuzzer_no_main-"$(uname -m)".a | head -1)
NDC_FUZZ=1 swift build -c release --scratch-path .build-fuzz --product ndc-fuzz \
  -Xswiftc -sanitize=address -Xswiftc -sanitize-coverage=edge,inline-8bit-counters,pc-table,trace-cmp,indirect-calls \
  -Xcc -fsanitize=fuzzer-no-link,address -Xlinker "$library" -Xlinker -lstdc++ >&2
mkdir -p .build-fuzz/findings .build-fuzz/logs
# Parsers make many short-lived objects: a small quarantine and short traces keep the cache warm.
export ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=8:detect_stack_use_after_return=0:${ASAN_OPTIONS:-}

failed=0
printf '%-14s %12s %8s %9s  %s\n' target executions seconds features outcome
for target in "${targets[@]}"; do
  mkdir -p ".build-fuzz/corpus/$target"
  log=.build-fuzz/logs/$target.log
  outcome=ok
  NDC_FUZZ_TARGET=$target .build-fuzz/release/ndc-fuzz -max_total_time="$seconds" -runs=10000000 -timeout=20 \
    -rss_limit_mb=1024 -malloc_limit_mb=512 -max_len=16384 -print_final_stats=1 \
    -artifact_prefix=".build-fuzz/findings/$target-" \
    ".build-fuzz/corpus/$target" "Fuzz/Corpus/$target" 2> "$log" || { outcome="FAILED, see $log"; failed=1; }
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  elapsed=$(sed -n 's/^Done [0-9]* runs in \([0-9]*\) second.*/\1/p' "$log")
  features=$(sed -n 's/.* ft: \([0-9]*\) .*/\1/p' "$log" | tail -1)
  printf '%-14s %12s %8s %9s  %s\n' "$target" "${executions:-?}" "${elapsed:-?}" "${features:-?}" "$outcome"
done
exit $failed
