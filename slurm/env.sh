# What both kinds of job begin with. submit copies it into the script, so that a queued job does not change any more.
set -u
export SLURM_EXPORT_ENV=ALL   # srun hands this environment on, even under sbatch --export=NONE
export NUMBA_NUM_THREADS=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
# The number of one task of an array may be that of the whole array too
job=$SLURM_JOB_ID
[ -z "${SLURM_ARRAY_TASK_ID:-}" ] || job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
attempt=$((${SLURM_RESTART_COUNT:-0} + 1))
status=143
warned=
process=
# Slurm warns by USR1 before the time is over, and by TERM before a preemption
trap 'warned=yes caught=yes; [ -z "$process" ] || kill -TERM "$process"' USR1 TERM

# submit has made the store: if it is gone by now, that was somebody's will, and run would begin it anew
if [ ! -d "$store/.renp_fast" ]; then
    echo "task ${SLURM_ARRAY_TASK_ID:-0}: the store $store is gone" | tee -a "$folder/given-up"
    exit 1
fi

# Run a command to its end and leave its exit status in $status; if Slurm warns, it ends after the blocks that it is at
work() {
    [ -z "$warned" ] || return
    "$@" &
    process=$!
    [ -z "$warned" ] || kill -TERM "$process"
    caught=yes
    while [ "$caught" ]; do   # a trap interrupts wait
        caught=
        wait "$process"
        status=$?
    done
    process=
}

# Run a command of Slurm, and again for $patience seconds if it fails: the controller may be swamped. What it prints,
# whatever else is printed with it, is left in $answer
insist() {
    local until=$((SECONDS + patience)) pause=1
    until answer=$(timeout "$((patience / 3 + 1))" "$@" 2>&1); do
        [ "$SECONDS" -lt "$until" ] || return 1
        sleep "$pause"
        pause=$((2 * pause))
    done 2>/dev/null
}

# Is a line of the answer one of these words?
answered() { tr -d '\r' <<<"$answer" | grep -aqxE "$1"; }
over='COMPLETING|COMPLETED|CANCELLED|FAILED|TIMEOUT|DEADLINE|PREEMPTED|NODE_FAIL|BOOT_FAIL|OUT_OF_MEMORY|REVOKED'
over+='|PENDING|REQUEUED|REQUEUE_HOLD|SPECIAL_EXIT|STAGE_OUT'

# After work: begin again if it was stopped or killed and there are attempts left, else say so in the file given-up
finish() {
    local why=
    [ "$status" != 0 ] || exit 0
    if [ "$warned" ] || [ "$status" -gt 128 ]; then
        insist squeue -h -j "$job" -o %T
        if ! answered RUNNING; then
            # A job that was cancelled, or whose time is over, is not RUNNING any more
            ! answered "$over" || exit 1
            echo "Slurm does not say whether this job is to go on; it goes on, in doubt"
        fi
        if [ "$attempt" -lt "$attempts" ]; then
            echo "attempt $attempt of $attempts ended early; asking Slurm for the next"
            insist scontrol requeue "$job" && exit 1
            why="; scontrol requeue: $(tr -cd '[:print:]\n' <<<"$answer" | grep . | tail -n 1)"
        fi
    fi
    echo "task ${SLURM_ARRAY_TASK_ID:-0}: gave up after attempt $attempt of $attempts with exit status $status$why" |
        tee -a "$folder/given-up"
    exit 1
}
