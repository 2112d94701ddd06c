#!/bin/bash
# Scale/certify_dask.py on a real Dask of three workers, each in a network of its own with nothing shared but the program;
# the cable of one is taken out in the middle of its shard. The merged run must be the single machine's but for times.
# Then Scale/test_certify_dask.py. Skips where Dask is not installed; the workers' networks need root.
#
#   Scale/test-dask.sh [NDC]          NDC_PYTHON names the interpreter that has Dask, by default python3
set -eu
cd "$(dirname "$0")/.."
python=${NDC_PYTHON:-python3}
if ! "$python" -c 'import distributed' 2> /dev/null; then
  echo "SKIPPED: $python has no Dask (pip install distributed; NDC_PYTHON names another interpreter)"
  exit 0
fi
ndc=$(realpath "${1:-.build/release/ndc}")
export NDC=$ndc NDC_MEASURE=never NDC_RESOURCES=${NDC_RESOURCES:-$PWD/Resources}
"$python" Scale/test_certify_dask.py

# shellcheck source=Scripts/namespaces.sh
. Scripts/namespaces.sh
# shellcheck source=Scripts/trial.sh
. Scripts/trial.sh
if ! namespaces_possible; then
  echo "SKIPPED: workers in networks of their own (they need root and ip netns)"
  exit 0
fi
place=$(mktemp -d /tmp/ndc-dask.XXXXXX)
started=()
cleanup() {
  status=$?
  trap '' INT TERM
  for process in "${started[@]}"; do kill -KILL "$process" 2> /dev/null || true; done
  wait 2> /dev/null || true
  namespaces_end
  if [ "$status" = 0 ]; then rm -rf "$place"; else echo "left for inspection: $place"; fi
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# How soon a worker that is not heard of is given up.
export DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL="20 seconds" DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=10
namespaces_begin 3
scheduler=tcp://$hub:8786
"$python" -m distributed.cli.dask_scheduler --host "$hub" --port 8786 --no-dashboard > "$place/scheduler" 2>&1 &
started+=($!)
for i in 0 1 2; do
  mkdir "$place/worker$i"
  (TMPDIR="$place/worker$i" namespaces_run $i "$python" -m distributed.cli.dask_worker "$scheduler" \
    --host "${addresses[$i]}" --nthreads 1 --no-nanny --no-dashboard --name "worker$i" \
    --local-directory "$place/worker$i") > "$place/worker$i.out" 2>&1 &
  started+=($!)
done
registered() { [ "$(grep -c "Register worker" "$place/scheduler")" = 3 ]; }
wait_for "three workers" registered
say "Dask $("$python" -c 'import distributed; print(distributed.__version__)') with three workers"

options=(--count 24 --stride 7 --timesteps 3 --stop fixed --samples 20 --selection-samples 5 --alpha 0.1 --threads 1)
"$python" Scale/certify_dask.py --scheduler "$scheduler" --shards 12 --ndc "$ndc" --out "$place/whole" -- \
  "${options[@]}" > "$place/run.out" 2>&1 &
work=$!
started+=($work)

# The second worker's certification is held in mid-shard, then the cable is taken out; alone, it goes on in vain.
holder=
held() {
  kill -0 "$work" || { cat "$place/run.out"; exit 1; }
  for process in $(ip netns pids "${spaces[1]}"); do
    tr '\0' ' ' < "/proc/$process/cmdline" 2> /dev/null | grep -q -- 'certify .*--shard' || continue
    shard=$(tr '\0' '\n' < "/proc/$process/cmdline" | grep -A1 -x -- --shard | tail -1)
    folder=$(tr '\0' '\n' < "/proc/$process/cmdline" | grep -A1 -x -- --out | tail -1)
    [ -s "$folder/run.json" ] && kill -STOP "$process" || continue
    if [ ! -e "$folder/summary.json" ]; then
      holder=$process
      return 0
    fi
    kill -CONT "$process"
  done
  return 1
}
returned() { ls -d "$place"/whole-parts/[0-9]* > /dev/null 2>&1; }
wait_for "a shard that came back" returned
wait_for "a shard on the second worker" held
say "held shard $shard on the second worker"
namespaces_cut 1
kill -CONT "$holder"
say "cut off the second worker; $(ls -d "$place"/whole-parts/[0-9]* | wc -l) shards have come back"
wait "$work" || { cat "$place/run.out"; exit 1; }
say "$(tail -1 "$place/run.out")"
grep -q "Remov.*${addresses[1]}\|${addresses[1]}.*\(remov\|fail\)" "$place/scheduler" && say "the scheduler gave the second worker up"

"$ndc" certify "${options[@]}" --out "$place/single" > "$place/single.out" 2>&1
diff <(timeless "$place/whole") <(timeless "$place/single")
[ "$(grep -c '"shard" :' "$place/whole/run.json")" = 12 ]
"$ndc" verify "$place/whole" --redraw 2 | tail -1
say "the merged run is the single machine's, but for times"
