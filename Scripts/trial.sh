# What the trials on several machines share: sourced by them.

say() { echo "$SECONDS s: $*"; }

# wait_for WHAT COMMAND…: a busy machine is waited for; only one that stands still fails.
wait_for() {
  local what=$1 end=$((SECONDS + 1200))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || { say "waited in vain for $what"; exit 1; }
    sleep 0.2
  done
}

# timeless RUN: its results without times.
timeless() { sed -E 's/"seconds":[^,}]+//' "$1/records.jsonl"; cut -f1-5 "$1/certified.tsv"; }
