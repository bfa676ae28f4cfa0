# Sourced: a Slurm of two emulated nodes, n1 and n2, of one processor each, with everything that it writes below $work. Sets SLURM_CONF,
# and takes everything away when the script that sources it ends. Needs root: slurmd does.
tests/debian.sh slurmctld:slurmctld slurmd:slurmd sbatch:slurm-client munged:munge

work=$(mktemp -d /tmp/ecgdata-slurm-XXXXXX)
export SLURM_CONF=$work/slurm.conf XDG_CACHE_HOME=$work/cache
sed -e "s|@HOST@|$(hostname -s)|" -e "s|@WORK@|$work|" tests/slurm/slurm.conf > "$SLURM_CONF"

stop_cluster() {
    status=$?
    set +e
    for name in slurmd-n1 slurmd-n2 slurmctld; do [ -f "$work/$name.pid" ] && kill "$(cat "$work/$name.pid")" 2>/dev/null; done
    [ -n "${munge_started:-}" ] && pkill -x munged
    if [ "$status" -ne 0 ]; then tail -n 30 "$work"/*.log "$work"/*.out 2>/dev/null; fi
    rm -rf "$work"
    exit "$status"
}
trap stop_cluster EXIT

if ! pgrep -x munged > /dev/null; then
    [ -f /etc/munge/munge.key ] || { dd if=/dev/urandom of=/etc/munge/munge.key bs=1024 count=1 status=none; chown munge:munge /etc/munge/munge.key; chmod 400 /etc/munge/munge.key; }
    install -d -o munge -g munge -m 755 /run/munge
    install -d -o munge -g munge -m 700 /var/log/munge
    runuser -u munge -- munged
    munge_started=1
fi
mkdir -p "$work/state" "$work/spool-n1" "$work/spool-n2"
slurmctld
slurmd -N n1
slurmd -N n2
until sinfo -h -t idle -o %D | grep -qx 2; do sleep 0.2; done

# Waits until a job has ended, however; $1 is its id, $2 how many seconds at most.
await_job() {
    local deadline=$((SECONDS + $2))
    until state=$(scontrol show job "$1" | grep -oE 'JobState=[A-Z]+') && [[ $state =~ COMPLETED|FAILED|CANCELLED|TIMEOUT ]]; do
        [ "$SECONDS" -lt "$deadline" ] || { squeue; echo "job $1 did not end" >&2; exit 1; }
        # Slurm queues a part again once it has missed its node for SlurmdTimeout, two minutes ahead; there is nothing to wait for here.
        for task in $(squeue -h -r -t PENDING -o '%i %r' | awk '$2 == "BeginTime" { print $1 }'); do scontrol update "JobId=$task" StartTime=now || true; done
        sleep 0.1
    done
}
