#!/usr/bin/env bash
# A corpus out of nothing: synthetic trees in the layouts of four sources, one build, and what one does with it. Minutes, no download.
# Everything goes to demo/, which is emptied first.
set -euo pipefail
cd "$(dirname "$0")/.."

ecgdata=bin/ecgdata
corpus=demo/corpus
say() { printf '\n\033[1m$ %s\033[0m\n' "$*"; "$@"; }

rm -rf demo
mkdir -p demo

say $ecgdata synth demo/ptb-xl --source ptb-xl --records 200 --seed 1
say $ecgdata synth demo/mimic-iv-ecg --source mimic-iv-ecg --records 100 --seed 2
say $ecgdata synth demo/code-15 --source code-15 --records 100 --seed 3
say $ecgdata synth demo/hospital --source wfdb --records 50 --seed 4

say $ecgdata build --corpus $corpus \
    --source ptb-xl=demo/ptb-xl --source mimic-iv-ecg=demo/mimic-iv-ecg --source code-15=demo/code-15 --source wfdb=demo/hospital \
    --set sources.wfdb.table=records.csv
say $ecgdata verify $corpus --deep
say $ecgdata list $corpus --where source=ptb-xl > demo/ptb-xl.txt
head -n 12 demo/ptb-xl.txt

# The first record of PTB-XL that was kept, as an ECG sheet.
record=$($ecgdata list $corpus --where source=ptb-xl --where state=kept --limit 1 --json | grep -o '"record_id": *"[^"]*"' | head -n 1 | sed 's/.*"\([^"]*\)"$/\1/')
say $ecgdata show $corpus "$record" --out demo/sheet.png
say $ecgdata show $corpus "$record" --out demo/sheet.svg

# A tiny encoder, pretrained without labels for half a minute, and what a linear probe makes of it beside an untrained one.
say $ecgdata pretrain pipelines/recipes/pretrain/tiny.json --corpus $corpus --runs demo/runs
checkpoint=$(ls demo/runs/*/checkpoints/best.safetensors)
say $ecgdata evaluate "$checkpoint" --corpus $corpus --task pipelines/recipes/tasks/ptb-xl-super.json --without-certificate ptb-xl
say $ecgdata inspect "$checkpoint" > demo/checkpoint.txt
say $ecgdata log $corpus
