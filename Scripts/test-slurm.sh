#!/bin/bash
# A certification of 60 images in 12 shards by a real Slurm: three nodes on this machine, started without systemd in a
# folder of their own. One task is killed, one node is cut off, one task is pre-empted (requeued); the merged run must be
# the single machine's but for times. Skips where Slurm is not installed.
#
#   Scripts/test-slurm.sh [NDC]
set -eu
cd "$(dirname "$0")/.."
ndc=$(realpath "${1:-.build/release/ndc}")
for tool in slurmctld slurmd sbatch scontrol squeue munged; do
  if ! PATH=$PATH:/usr/sbin command -v "$tool" > /dev/null; then
    echo "SKIPPED: $tool is not installed (Debian: slurmctld slurmd slurm-client munge)"
    exit 0
  fi
done
PATH=$PATH:/usr/sbin
export NDC_RESOURCES=${NDC_RESOURCES:-$PWD/Resources}
place=$(mktemp -d /tmp/ndc-slurm.XXXXXX)
chmod 755 "$place"
started=()
cleanup() {
  status=$?
  scancel --user="$(id -un)" 2> /dev/null || true
  sleep 1
  for ((i = ${#started[@]} - 1; i >= 0; i--)); do kill "${started[i]}" 2> /dev/null || true; done
  if [ "$status" = 0 ]; then rm -rf "$place"; else echo "left for inspection: $place"; fi
}
trap cleanup EXIT

# Authentication with a key and a socket of its own.
mkdir -m 700 "$place/munge"
dd if=/dev/urandom of="$place/munge/key" bs=1 count=1024 2> /dev/null
chmod 400 "$place/munge/key"
mkdir -m 755 "$place/socket"
munged --foreground --force --key-file="$place/munge/key" --socket="$place/socket/munge" \
  --pid-file="$place/munge/pid" --log-file="$place/munge/log" --seed-file="$place/munge/seed" > "$place/munged.out" 2>&1 &
started+=($!)

host=$(hostname -s)
cat > "$place/slurm.conf" << CONF
ClusterName=ndc
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$place/socket/munge
CredType=cred/munge
SlurmctldPort=26817
StateSaveLocation=$place/state
SlurmdSpoolDir=$place/spool-%n
SlurmctldPidFile=$place/slurmctld.pid
SlurmdPidFile=$place/slurmd-%n.pid
SlurmctldLogFile=$place/slurmctld.log
SlurmdLogFile=$place/slurmd-%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
ReturnToService=2
SlurmdTimeout=20
InactiveLimit=0
KillWait=5
MpiDefault=none
RequeueExit=130
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=2,bf_interval=2
NodeName=n1 NodeHostName=$host NodeAddr=127.0.0.1 Port=26821 CPUs=1
NodeName=n2 NodeHostName=$host NodeAddr=127.0.0.1 Port=26822 CPUs=1
NodeName=n3 NodeHostName=$host NodeAddr=127.0.0.1 Port=26823 CPUs=1
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
touch "$place/cgroup.conf"
export SLURM_CONF=$place/slurm.conf
mkdir "$place/state" "$place"/spool-n{1,2,3}
sleep 1
slurmctld -D -c > "$place/slurmctld.out" 2>&1 &
started+=($!)
declare -A node
for name in n1 n2 n3; do
  slurmd -D -N "$name" > "$place/slurmd-$name.out" 2>&1 &
  node[$name]=$!
  started+=($!)
done

wait_for() { # SECONDS WHAT COMMAND…
  local limit=$1 what=$2
  shift 2
  for ((i = 0; i < limit * 5; i++)); do
    if "$@"; then return; fi
    sleep 0.2
  done
  echo "waited $limit s in vain for $what"
  exit 1
}
ready() { [ "$(sinfo -h -N -t idle -o %N 2> /dev/null | sort -u | wc -l)" = 3 ]; }
wait_for 120 "three idle nodes" ready
echo "Slurm $(sinfo --version | cut -d' ' -f2) with three nodes"

options=(certify --count 60 --stride 7 --timesteps 3 --stop fixed --samples 30 --selection-samples 5 --alpha 0.1)
run=$place/run
"$ndc" launch slurm --shards 12 --cpus-per-task 1 -- "${options[@]}" --out "$run"

running() { squeue -h -r -n ndc-certify -t R -o '%K %N'; }
some_running() { [ "$(running | wc -l)" -ge 3 ]; }
wait_for 120 "three running tasks" some_running
task_of() { running | awk -v node="$1" '$2 == node { print $1; exit }'; }
job=$(squeue -h -n ndc-certify -o %A | sort -n | head -1)

# One task is killed where it stands.
begun() { [ -n "$(task_of n1)" ] && [ -s "$run/shards/$(task_of n1)/run.json" ]; }
wait_for 120 "a task on n1" begun
victim=$(task_of n1)
holder=$(sed -n 's/^process \([0-9]*\) on .*/\1/p' "$run/shards/$victim/.ndc-lock")
kill -KILL "$holder" && echo "killed shard $victim (process $holder)"

# One is pre-empted: Slurm sends TERM and puts it back into the queue.
begun() { [ -n "$(task_of n3)" ] && [ -s "$run/shards/$(task_of n3)/run.json" ]; }
wait_for 120 "a task on n3" begun
victim=$(task_of n3)
scontrol requeue "${job}_$victim" && echo "pre-empted shard $victim"

# One node is cut off in mid-task: its daemon and what it runs.
begun() { [ -n "$(task_of n2)" ] && [ -s "$run/shards/$(task_of n2)/run.json" ]; }
wait_for 120 "a task on n2" begun
victim=$(task_of n2)
kill -KILL "${node[n2]}"
holder=$(sed -n 's/^process \([0-9]*\) on .*/\1/p' "$run/shards/$victim/.ndc-lock")
kill -KILL "$holder" 2> /dev/null || true
echo "cut off n2 with shard $victim"

over() { [ -z "$(squeue -h)" ]; }
wait_for 400 "the jobs' end" over
"$ndc" status "$run/shards" > "$place/status" || true
tail -3 "$place/status"
# The killed task is missing, and nothing but what is missing is submitted.
if [ "$(tail -1 "$place/status" | awk '{ print $NF }')" != 0 ]; then
  "$ndc" launch slurm --cpus-per-task 1 -- "${options[@]}" --out "$run"
  wait_for 400 "the end of the second submission" over
fi
"$ndc" status "$run/shards" | tail -1

"$ndc" "${options[@]}" --out "$place/single" > /dev/null 2>&1
timeless() { sed -E 's/"seconds":[^,}]+//' "$1/records.jsonl"; cut -f1-5 "$1/certified.tsv"; }
diff <(timeless "$run/merged") <(timeless "$place/single")
"$ndc" verify "$run/merged" --redraw 2 | tail -1
test -s "$run/report.html"
echo "the merged run is the single machine's, but for times"
