#!/usr/bin/env bash
# The Slurm scripts of pipelines/deploy/slurm on a real Slurm with two emulated nodes, one of which is lost in the middle of a part.
# The corpus must come out as one machine makes it, byte for byte. Needs root: slurmd does.
set -euo pipefail
cd "$(dirname "$0")/../.."

ecgdata=$PWD/bin/ecgdata
source tests/slurm/cluster.sh

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

await_job "$finish" 180
scontrol show job "$parts" | grep -E 'ArrayTaskId|Restarts|JobState' | paste - - - | sed 's/  */ /g' || true
scontrol show job "$parts" | grep -qE 'Restarts=[1-9]' || { echo "no part was requeued: nothing was lost, nothing is shown" >&2; exit 1; }
scontrol show job "$finish" | grep -q JobState=COMPLETED

cmp "$work/one/HEAD" "$work/many/HEAD"
version=$(cat "$work/one/HEAD")
diff -r "$work/one/versions/$version" "$work/many/versions/$version"
(cd "$work/one/shards" && find . -name '*.parquet' | sort | xargs sha256sum) | (cd "$work/many/shards" && sha256sum --quiet --check)
[ ! -d "$work/many/plans" ]
echo "six parts on two nodes, one of them lost: the same bytes as on one machine"
