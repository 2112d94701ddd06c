# Network namespaces as machines of their own, joined by a bridge: sourced by scripts that try what a lost machine does.
# Needs root on Linux. `spaces` names them, `addresses` says where they are, and `hub` where this machine is.

spaces=()
addresses=()
hub=

namespaces_possible() {
  [ "$(uname -s)" = Linux ] && [ "$(id -u)" = 0 ] && command -v ip > /dev/null && command -v nsenter > /dev/null || return 1
  ip netns add "ndc-$$" 2> /dev/null || return 1
  local possible=0
  nsenter --net="/var/run/netns/ndc-$$" true 2> /dev/null && ip link add "ndcb$$" type bridge 2> /dev/null || possible=1
  ip link del "ndcb$$" 2> /dev/null || true
  ip netns del "ndc-$$"
  return $possible
}

# namespaces_begin N
namespaces_begin() {
  local net=10.213.$(($$ % 254 + 1)) name
  hub=$net.1
  ip link add "ndcb$$" type bridge
  ip address add "$hub/24" dev "ndcb$$"
  ip link set "ndcb$$" up
  for ((i = 1; i <= $1; i++)); do
    name=ndc-$$-$i
    ip netns add "$name"
    ip link add "ndcv$$-$i" type veth peer name eth0 netns "$name"
    ip link set "ndcv$$-$i" master "ndcb$$" up
    ip -n "$name" link set lo up
    ip -n "$name" address add "$net.$((10 + i))/24" dev eth0
    ip -n "$name" link set eth0 up
    spaces+=("$name")
    addresses+=("$net.$((10 + i))")
  done
}

# namespaces_run I COMMAND…: in place of the shell, so that a process started so in the background is the command. Unlike
# `ip netns exec` it leaves /sys as it is, where Slurm looks for control groups.
namespaces_run() {
  local name=${spaces[$1]}
  shift
  exec nsenter --net="/var/run/netns/$name" "$@"
}

# namespaces_cut I: takes the cable out of the I-th, from 0.
namespaces_cut() { ip link set "ndcv$$-$(($1 + 1))" down; }

# namespaces_kill I: ends all that runs there.
namespaces_kill() { ip netns pids "${spaces[$1]}" | xargs -r kill -KILL 2> /dev/null || true; }

namespaces_end() {
  for i in "${!spaces[@]}"; do
    namespaces_kill "$i"
    ip netns del "${spaces[$i]}" || true
  done
  [ -z "$hub" ] || ip link del "ndcb$$" || true
}
