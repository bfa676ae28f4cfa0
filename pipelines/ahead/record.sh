#!/usr/bin/env bash
# Writes methods.txt anew: what the runtime still compiles in short runs of a program that was published without a profile.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$PWD/artifacts/ahead   # build outputs of its own: those of the profiled program stay as they are
ecgdata=$work/program/ecgdata
rm -rf "$work/program" "$work/runs"
mkdir -p "$work/runs"
dotnet publish pipelines/EcgData.Pipelines.csproj "$@" -p:ProfileAhead=false -p:ArtifactsPath="$work" -o "$work/program"

export XDG_CACHE_HOME=$work/runs/caches
run() { DOTNET_JitStdOutFile=$work/runs/compiled.txt DOTNET_JitDisasmSummary=1 $ecgdata "$@" --quiet > /dev/null; }

for source in ptb-xl mimic-iv-ecg code-15 wfdb; do
    tree=$work/runs/$source corpus=$work/runs/corpus-$source
    options=(--source "$source=$tree" --set shards.targetRows=16 --set acceptance.maximumRejectedShare=1)
    if [ $source = wfdb ]; then options+=(--set sources.wfdb.table=records.csv); fi
    run synth "$tree" --source $source --records 300 --defects 0.05
    run build --corpus "$corpus" "${options[@]}" --limit 290   # a first version
    run build --corpus "$corpus" "${options[@]}"               # a night
    run build --corpus "$corpus" "${options[@]}"               # a night in which nothing changes
    versions=("$corpus"/versions/*)
    run verify "$corpus" --deep
    run log "$corpus"
    run diff "$corpus" "$(basename "${versions[0]}")" "$(basename "${versions[1]}")"
    run list "$corpus" --where state=rejected
    run list "$corpus" --statistics
    run report "$corpus" --out "$corpus.html"
    run subset "$corpus" --sizes 50,100,all --out "$corpus.subsets"
    run export "$corpus" --to "$corpus.npy" --format npy
    run gc "$corpus"
done

# Without the parameters; not what is made at run time, not the boxes of our own state machines, which need no list, and not what cannot be
# compiled ahead: our own code that is no instantiation (found without help, and left for the processor at hand), what the framework forbids.
sed -n 's/^.*JIT compiled \(.*\) \[[A-Za-z0-9]*, .*$/\1/p' "$work/runs/compiled.txt" |
    sed '/(dynamicClass)/d; s/(.*//; /^EcgData\.[^[]*$/d; /:AwaitUnsafeOnCompleted\[/d' |
    grep -Ev 'AsyncStateMachineBox`1\[.*,(EcgData\.[^],[]*)(\[System\.__Canon(,System\.__Canon)*\])?\]:' |
    LC_ALL=C sort -u > "$work/runs/methods.txt"
cp "$work/runs/methods.txt" pipelines/ahead/methods.txt
wc -l pipelines/ahead/methods.txt
