#!/bin/bash
# A certification of 60 images in 12 shards by a real Slurm: three nodes on this machine, started without systemd in a
# folder of their own, as root each in a network of its own. One task is killed by SIGKILL, one node is cut off in
# mid-task, one task is pre-empted; the merged run must be the single machine's but for times. Launched again while tasks
# wait, nothing is submitted twice. Skips where Slurm is not installed.
#
#   Scripts/test-slurm.sh [NDC]
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin
for tool in slurmctld slurmd sbatch scontrol squeue munged; do
  if ! command -v "$tool" > /dev/null; then
    echo "SKIPPED: $tool is not installed (Debian: slurmctld slurmd slurm-client munge)"
    exit 0
  fi
done
ndc=$(realpath "${1:-.build/release/ndc}")
export NDC_RESOURCES=${NDC_RESOURCES:-$PWD/Resources}
# shellcheck source=Scripts/namespaces.sh
. Scripts/namespaces.sh
# shellcheck source=Scripts/trial.sh
. Scripts/trial.sh
place=$(mktemp -d /tmp/ndc-slurm.XXXXXX)
chmod 755 "$place"
started=()
cleanup() {
  status=$?
  trap '' INT TERM
  scancel --user="$(id -un)" 2> /dev/null || true
  for ((i = ${#started[@]} - 1; i >= 0; i--)); do kill "${started[i]}" 2> /dev/null || true; done
  for ((i = ${#started[@]} - 1; i >= 0; i--)); do wait "${started[i]}" 2> /dev/null || true; done
  namespaces_end
  if [ "$status" = 0 ]; then rm -rf "$place"; else echo "left for inspection: $place"; fi
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# Authentication with a key and a socket of its own.
mkdir -m 700 "$place/munge"
dd if=/dev/urandom of="$place/munge/key" bs=1 count=1024 2> /dev/null
chmod 400 "$place/munge/key"
mkdir -m 755 "$place/socket"
munged --foreground --force --key-file="$place/munge/key" --socket="$place/socket/munge" \
  --pid-file="$place/munge/pid" --log-file="$place/munge/log" --seed-file="$place/munge/seed" > "$place/munged.out" 2>&1 &
started+=($!)
wait_for "munge's socket" test -S "$place/socket/munge"

host=$(hostname -s)
if namespaces_possible; then
  namespaces_begin 3
else
  echo "no network namespaces here (they need root): the lost node is a killed one"
  hub=127.0.0.1 addresses=(127.0.0.1 127.0.0.1 127.0.0.1)
fi
# Pre-emption sends the signal that the job asks for.
preempting=SlurmctldParameters=preempt_send_user_signal
[[ $(slurmctld -V) =~ ([0-9]+)\.([0-9]+) ]]
if ((10#${BASH_REMATCH[1]}${BASH_REMATCH[2]} >= 2311)); then preempting=PreemptParameters=send_user_signal; fi
cat > "$place/slurm.conf" << CONF
ClusterName=ndc
SlurmctldHost=$host($hub)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
# How long a requeued task waits.
AuthInfo=socket=$place/socket/munge,cred_expire=20
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
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
$preempting
ReturnToService=2
SlurmdTimeout=20
InactiveLimit=0
KillWait=20
MpiDefault=none
RequeueExit=130
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=2,bf_interval=2
NodeName=n1 NodeHostName=$host NodeAddr=${addresses[0]} Port=26821 CPUs=1
NodeName=n2 NodeHostName=$host NodeAddr=${addresses[1]} Port=26822 CPUs=1
NodeName=n3 NodeHostName=$host NodeAddr=${addresses[2]} Port=26823 CPUs=1
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=1 GraceTime=120
PartitionName=urgent Nodes=n3 MaxTime=INFINITE State=UP PriorityTier=10
CONF
touch "$place/cgroup.conf"
export SLURM_CONF=$place/slurm.conf
mkdir "$place/state" "$place"/spool-n{1,2,3}
slurmctld -D -c > "$place/slurmctld.out" 2>&1 &
controller=$!
started+=($controller)
daemons=()
for i in 0 1 2; do
  if [ "${#spaces[@]}" -gt 0 ]; then run="namespaces_run $i"; else run=exec; fi
  ($run slurmd -D -N "n$((i + 1))") > "$place/slurmd-n$((i + 1)).out" 2>&1 &
  daemons+=($!)
  started+=($!)
done
ready() {
  kill -0 "$controller" "${daemons[@]}" 2> /dev/null || { tail -n 5 "$place"/slurm*.out; exit 1; }
  [ "$(sinfo -h -p all -N -t idle -o %N 2> /dev/null | sort -u | wc -l)" = 3 ]
}
wait_for "three idle nodes" ready
say "Slurm $(sinfo --version | cut -d' ' -f2) with three nodes"

options=(certify --count 60 --stride 7 --timesteps 3 --stop fixed --samples 20 --selection-samples 5 --alpha 0.1)
run=$place/run
launch() { "$ndc" launch slurm "$@" --cpus-per-task 1 -- "${options[@]}" --out "$run"; }
launch --shards 12
# All twelve wait or run, and their merge with them.
launch | tee "$place/again"
grep -q "nothing to submit" "$place/again"
[ "$(squeue -h -r | wc -l)" = 13 ]

# A task on each node is held where it stands, in the middle of its shard.
victims=()
holders=()
is_ndc() { tr '\0' ' ' < "/proc/$1/cmdline" 2> /dev/null | grep -q -- --shard; }
hold() { # 0 … 2
  local shard holder
  shard=$(squeue -h -r -n ndc-certify -t R -w "n$(($1 + 1))" -o %K | head -1)
  [ -n "$shard" ] && [ -s "$run/shards/$shard/run.json" ] || return 1
  holder=$(sed -n 's/^process \([0-9]*\) on .*/\1/p' "$run/shards/$shard/.ndc-lock")
  [ -n "$holder" ] && is_ndc "$holder" && kill -STOP "$holder" || return 1
  if [ -e "$run/shards/$shard/summary.json" ]; then
    kill -CONT "$holder"
    return 1
  fi
  victims[$1]=$shard holders[$1]=$holder
}
for i in 0 1 2; do wait_for "a task in mid-shard on n$((i + 1))" hold $i; done
say "held in mid-shard: ${victims[*]} on n1, n2, n3"
kill -KILL "${holders[0]}"
say "killed shard ${victims[0]}"

# A more urgent job takes n3: Slurm sends TERM and puts the task back into the queue.
sbatch --parsable -p urgent -w n3 -J urgent --output=/dev/null --wrap true > "$place/urgent"
has_term() { [ $((0x$(sed -n 's/^ShdPnd:\s*//p' "/proc/${holders[2]}/status") & 1 << 14)) != 0 ]; }
wait_for "the pre-emption of shard ${victims[2]}" has_term
kill -CONT "${holders[2]}"
say "pre-empted shard ${victims[2]}"

# The cable is taken out of n2, and its current.
if [ "${#spaces[@]}" -gt 0 ]; then
  namespaces_cut 1
  namespaces_kill 1
else
  kill -KILL "${daemons[1]}" "${holders[1]}"
fi
say "cut off n2 with shard ${victims[1]}"
lost() { sinfo -h -n n2 -p all -o %t | grep -q '^down'; }
wait_for "n2's loss to be found" lost
say "Slurm has lost n2"

over() { [ -z "$(squeue -h)" ]; }
wait_for "the jobs' end" over
say "the queue is empty"
"$ndc" status "$run/shards" > "$place/status" || true
tail -3 "$place/status"
# The killed task failed: it alone is submitted again.
launch --dry-run | tee "$place/again"
grep -q -- "--array=${victims[0]} " "$place/again"
launch
wait_for "the end of the second submission" over
"$ndc" status "$run/shards" | tail -1
launch | tee "$place/again"
grep -q "nothing to submit" "$place/again"

"$ndc" "${options[@]}" --out "$place/single" > "$place/single.out" 2>&1
diff <(timeless "$run/merged") <(timeless "$place/single")
"$ndc" verify "$run/merged" --redraw 2 | tail -1
test -s "$run/report.html"
say "the merged run is the single machine's, but for times"
