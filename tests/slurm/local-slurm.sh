#!/usr/bin/env bash
# A real Slurm on this machine alone, for tests: as root, on Debian or Ubuntu, without systemd, cgroups or a database.
#
#   local-slurm.sh start    installs Slurm if it is missing, starts it, and waits until its nodes are up
#   local-slurm.sh stop     cancels the jobs, and ends what start has started
#   local-slurm.sh with COMMAND...
#                           runs a command between the two; without Slurm where that cannot be installed
#
# LOCAL_SLURM_NODES (default 2) nodes n1, n2, ... of LOCAL_SLURM_CPUS (default 2) cores, all of them this machine.
set -euo pipefail
unset SLURM_CONF

nodes=${LOCAL_SLURM_NODES:-2}
cpus=${LOCAL_SLURM_CPUS:-2}
config=/etc/slurm/slurm.conf
pids=/run/renp-fast-slurm
state=/var/lib/renp-fast-slurm
mark='# Made for the tests of renp-fast: tests/slurm/local-slurm.sh'

fail() { echo "$0: $*" >&2; exit 1; }
why=
[ "$(id -u)" = 0 ] || why="only root can start Slurm"
[ -n "$(command -v slurmctld apt-get)" ] || why="there is no Slurm, and no apt-get to install it"
if [ "$why" ]; then
    [ "${1:-}" = with ] || fail "$why"
    echo "$0: $why; the tests that need it are left out" >&2
    exec "${@:2}"
fi
[ ! -e $config ] || grep -qxF "$mark" $config || fail "$config is another's; that Slurm is left alone"

alive() {   # DAEMON: does the process run that was started here?
    [ -e "$pids/$1" ] && grep -qs "${1%%.*}" "/proc/$(cat "$pids/$1")/cmdline"
}

launch() {   # DAEMON COMMAND...
    alive "$1" && return
    setsid "${@:2}" </dev/null >>"$state/$1.out" 2>&1 &
    echo $! >"$pids/$1"
}

install_packages() {
    { command -v munged && command -v slurmctld && command -v slurmd && command -v sbatch; } >/dev/null && return
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends \
        munge slurmctld slurmd slurm-client >/dev/null
}

write_config() {
    local host memory
    host=$(hostname -s)
    memory=$(awk '/^MemTotal/ {print int($2 / 1024)}' /proc/meminfo)
    getent hosts "$host" >/dev/null || echo "127.0.0.1 $host" >>/etc/hosts
    mkdir -p "$(dirname $config)"
    cat >$config <<CONFIG
$mark
ClusterName=tests
SlurmctldHost=$host(127.0.0.1)
SlurmUser=slurm
AuthType=auth/munge
# How long a requeued job waits, too; less than 5 is taken for 120
AuthInfo=cred_expire=5
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
# The cores below, whatever the machine has
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
SlurmctldParameters=preempt_send_user_signal
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
ReturnToService=2
KillWait=2
SlurmctldTimeout=10
SlurmdTimeout=10
EnforcePartLimits=ALL
MinJobAge=600
# Small, so that a submission has to fit itself
MaxArraySize=5
MaxJobCount=100
StateSaveLocation=$state/controller
SlurmdSpoolDir=$state/%n
SlurmctldPidFile=$state/controller/slurmctld.pid
SlurmdPidFile=$state/%n.pid
SlurmctldLogFile=$state/slurmctld.log
SlurmdLogFile=$state/slurmd-%n.log
$(for n in $(seq "$nodes"); do
    echo "NodeName=n$n NodeHostname=$host NodeAddr=127.0.0.1 Port=$((6817 + n)) CPUs=$cpus RealMemory=$memory"
done)
PartitionName=main Nodes=ALL Default=YES MaxTime=60 PriorityTier=1 GraceTime=20
PartitionName=urgent Nodes=ALL MaxTime=60 PriorityTier=2 PreemptMode=OFF
CONFIG
}

munge_works() { munge -n 2>/dev/null | unmunge >/dev/null 2>&1; }
nodes_up() { timeout 5 sinfo -h -N -p main -o %t 2>/dev/null | grep -cxE 'idle|mix|alloc' || true; }

start() {
    install_packages
    alive slurmctld || write_config
    install -d $pids
    install -d -o munge -g munge /run/munge
    install -d -o slurm -g slurm $state $state/controller
    munge_works || launch munged setpriv --reuid=munge --regid=munge --init-groups munged --foreground
    for _ in $(seq 50); do munge_works && break; sleep 0.1; done
    launch slurmctld slurmctld -D
    for n in $(seq "$nodes"); do launch "slurmd.$n" slurmd -D -N "n$n"; done
    SECONDS=0
    until [ "$(nodes_up)" = "$nodes" ]; do
        [ $SECONDS -lt 45 ] || { tail -n 15 $state/*.out >&2; fail "Slurm did not come up"; }
        sleep 0.2
    done
}

stop() {
    alive slurmctld && { timeout 10 squeue -h -o %A | sort -u | xargs -r timeout 10 scancel || true; }
    for file in $pids/slurmd.* $pids/slurmctld $pids/munged; do
        [ -e "$file" ] || continue
        name=$(basename "$file")
        if alive "$name"; then
            kill "$(cat "$file")"
            for _ in $(seq 100); do alive "$name" || break; sleep 0.1; done
            ! alive "$name" || kill -KILL "$(cat "$file")"
        fi
        rm "$file"
    done
}

case ${1:-} in
    start | stop) "$1" ;;
    with)
        start
        trap stop EXIT
        "${@:2}"
        ;;
    *) fail "start, stop or with COMMAND" ;;
esac
