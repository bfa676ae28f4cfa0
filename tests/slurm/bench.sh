#!/usr/bin/env bash
# Two Slurm tasks of one worker each against one process with two workers, on the same two cores, taking turns. What Slurm takes to start
# jobs one after the other is printed beside the work itself: plan, the longer of the two parts, finish. Needs root.
set -euo pipefail
cd "$(dirname "$0")/../.."

ecgdata=$PWD/bin/ecgdata
submit=$PWD/pipelines/deploy/slurm/submit.sh
source tests/slurm/cluster.sh

records=${RECORDS:-48000}
$ecgdata synth "$work/tree" --source ptb-xl --records "$records" --seed 11 --quiet
find "$work/tree" -type f -print0 | xargs -0 cat > /dev/null
cd "$work"

since() { awk -v begin="$1" -v now="$(date +%s.%N)" 'BEGIN { printf "%.3f", now - begin }'; }

# The program's own account of a build, its parts and its finish: the jobs' times are in whole seconds.
seconds() { grep -oE 'real [0-9.]+' "$1" | tail -1 | sed 's/real //'; }

printf '#!/usr/bin/env bash\nTIMEFORMAT="real %%R"; time %q "$@"\n' "$ecgdata" > timed
chmod +x timed
echo "round | one process, 2 workers, s | plan s | longer part s | finish s | together s | ratio | submitted to finished s"
for round in 1 2 3; do
    sync
    begin=$(date +%s.%N)
    $ecgdata build --corpus "$work/one" --source ptb-xl="$work/tree" --workers 2 --quiet > /dev/null
    one=$(since "$begin")
    sync
    rm -f ./*.out
    begin=$(date +%s.%N)
    CORPUS=$work/many SOURCES="ptb-xl=$work/tree" PARTS=2 ECGDATA=$work/timed bash "$submit" --output="$work/%x-%a.out" --cpus-per-task=1 > submitted
    finish=$(sed 's/.*finish \([0-9]*\).*/\1/' submitted)
    await_job "$finish" 300
    wall=$(since "$begin")
    cmp one/HEAD many/HEAD
    plan=$(seconds "$(ls ecgdata-plan-*.out)")
    part=$(for out in ecgdata-part-*.out; do seconds "$out"; done | sort -n | tail -1)
    last=$(seconds "$(ls ecgdata-finish-*.out)")
    awk -v r="$round" -v one="$one" -v plan="$plan" -v part="$part" -v last="$last" -v wall="$wall" 'BEGIN {
        all = plan + part + last
        printf "%5d | %25.2f | %6.2f | %13.2f | %8.2f | %10.2f | %5.2f | %.2f\n", r, one, plan, part, last, all, one / all, wall }'
    rm -rf one many
done
