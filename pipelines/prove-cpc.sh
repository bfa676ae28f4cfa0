#!/usr/bin/env bash
# CPC with S4 as the study has it, width, depth, rates and all, on sixteen crops a step: after 500 steps the loss lies below that of a guess,
# 286 ln 129. On genuine PTB-XL where ECGDATA_SHARED names a folder with it, else on a synthetic one. Leaves demo/prove-cpc/.
set -euo pipefail
cd "$(dirname "$0")/.."

ecgdata=bin/ecgdata
work=demo/prove-cpc
rm -rf $work
mkdir -p $work

tree=${ECGDATA_SHARED:+$ECGDATA_SHARED/data/real/ptb-xl}
[ -n "$tree" ] || { tree=$work/tree; $ecgdata synth $tree --source ptb-xl --records 64 --defects 0 --quiet; }
$ecgdata build --corpus $work/corpus --source ptb-xl="$tree" --quiet
$ecgdata pretrain pipelines/recipes/pretrain/cpc-s4.json --corpus $work/corpus --runs $work/runs --quiet --set batch=16 --set steps=500 \
    --set epochs=1000 --set validation.folds=none --set checkpoints.everySteps=0 --set logEverySteps=1

grep -ho '"loss":[0-9.eE+-]*' $work/runs/*/metrics.jsonl | cut -d: -f2 | awk '
    BEGIN { chance = 286 * log(129) }
    { sum += $1 }
    NR % 50 == 0 { mean = sum / 50; sum = 0; printf "steps %d to %d: loss %.0f, %.2f of a guess\n", NR - 49, NR, mean, mean / chance }
    END { exit !(NR == 500 && mean < chance) }'
