#!/usr/bin/env bash
# The Slurm scripts of pipelines/deploy/slurm on a real Slurm with two emulated nodes, one of which is lost in the middle of a part.
# The corpus must come out as one machine makes it, byte for byte. Needs root: slurmd does.
set -euo pipefail
cd "$(dirname "$0")/../.."

tests/debian.sh slurmctld:slurmctld slurmd:slurmd sbatch:slurm-client munged:munge

ecgdata=$PWD/bin/ecgdata
work=$(mktemp -d /tmp/ecgdata-slurm-XXXXXX)
export SLURM_CONF=$work/slurm.conf XDG_CACHE_HOME=$work/cache
sed -e "s|@HOST@|$(hostname -s)|" -e "s|@WORK@|$work|" tests/slurm/slurm.conf > "$SLURM_CONF"

stop() {
    status=$?
    set +e
    for name in slurmd-n1 slurmd-n2 slurmctld; do [ -f "$work/$name.pid" ] && kill "$(cat "$work/$name.pid")" 2>/dev/null; done
    [ -n "${munge_started:-}" ] && pkill -x munged
    if [ "$status" -ne 0 ]; then tail -n 30 "$work"/*.log "$work"/*.out 2>/dev/null; fi
    rm -rf "$work"
    exit "$status"
}
trap stop EXIT

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

$ecgdata synth "$work/tree" --source ptb-xl --records "${RECORDS:-6000}" --seed 11 --quiet
$ecgdata build --corpus "$work/one" --source ptb-xl="$work/tree" --set shards.targetRows=256 --quiet

# The recipe goes to the plan alone; the parts find it there.
printf '{ "shards": { "targetRows": 256 } }\n' > "$work/recipe.json"
cd "$work"
CORPUS=$work/many SOURCES="ptb-xl=$work/tree" PARTS=6 RECIPE=$work/recipe.json ECGDATA=$ecgdata \
    bash "$OLDPWD/pipelines/deploy/slurm/submit.sh" --output="$work/%x-%a.out" --open-mode=append | tee "$work/submitted"
parts=$(sed 's/.*parts \([0-9]*\),.*/\1/' "$work/submitted")
finish=$(sed 's/.*finish \([0-9]*\).*/\1/' "$work/submitted")

# As soon as a part runs on n2, the node is gone: daemon, step and program, at once.
part_on_n2() {
    for candidate in $(pgrep -f -- "build --corpus $work/many --part"); do
        grep -qz SLURMD_NODENAME=n2 "/proc/$candidate/environ" 2>/dev/null && echo "$candidate" && return
    done
}
deadline=$((SECONDS + 120))
until part=$(part_on_n2) && [ -n "$part" ]; do
    [ "$SECONDS" -lt "$deadline" ] || { echo "no part came to run on n2" >&2; exit 1; }
    sleep 0.02
done
kill -KILL "$(cat "$work/slurmd-n2.pid")" "$(ps -o ppid= -p "$part" | tr -d ' ')" "$part" 2>/dev/null || true
rm -f "$work/slurmd-n2.pid"
echo "node n2 is lost, with the part that ran on it"

# Slurm queues the part again once it has missed the node for SlurmdTimeout, two minutes ahead; there is nothing to wait for here.
deadline=$((SECONDS + 180))
until state=$(scontrol show job "$finish" | grep -oE 'JobState=[A-Z]+') && [[ $state =~ COMPLETED|FAILED|CANCELLED|TIMEOUT ]]; do
    [ "$SECONDS" -lt "$deadline" ] || { squeue; echo "the finishing job did not end" >&2; exit 1; }
    for task in $(squeue -h -r -t PENDING -o '%i %r' | awk '$2 == "BeginTime" { print $1 }'); do scontrol update "JobId=$task" StartTime=now || true; done
    sleep 0.5
done
scontrol show job "$parts" | grep -E 'ArrayTaskId|Restarts|JobState' | paste - - - | sed 's/  */ /g' || true
scontrol show job "$parts" | grep -qE 'Restarts=[1-9]' || { echo "no part was requeued: nothing was lost, nothing is shown" >&2; exit 1; }
scontrol show job "$finish" | grep -q JobState=COMPLETED

cmp "$work/one/HEAD" "$work/many/HEAD"
version=$(cat "$work/one/HEAD")
diff -r "$work/one/versions/$version" "$work/many/versions/$version"
(cd "$work/one/shards" && find . -name '*.parquet' | sort | xargs sha256sum) | (cd "$work/many/shards" && sha256sum --quiet --check)
[ ! -d "$work/many/plans" ]
echo "six parts on two nodes, one of them lost: the same bytes as on one machine"
