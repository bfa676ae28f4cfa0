#!/usr/bin/env bash
# Same input, same bytes: a corpus built by one worker, by two, and in two steps must agree file by file. Leaves demo/prove/.
set -euo pipefail
cd "$(dirname "$0")/.."

ecgdata=bin/ecgdata
work=demo/prove
rm -rf $work
mkdir -p $work

$ecgdata synth $work/tree --source ptb-xl --records 5000 --seed 7 --quiet
$ecgdata build --corpus $work/one --source ptb-xl=$work/tree --workers 1 --quiet
$ecgdata build --corpus $work/two --source ptb-xl=$work/tree --workers 2 --quiet
$ecgdata build --corpus $work/steps --source ptb-xl=$work/tree --limit 2000 --quiet
$ecgdata build --corpus $work/steps --source ptb-xl=$work/tree --quiet

for other in two steps; do
    cmp $work/one/HEAD $work/$other/HEAD
    version=$(cat $work/one/HEAD)
    diff -r "$work/one/versions/$version" "$work/$other/versions/$version"
    # what the version needs; a corpus built in steps keeps the shards of its first version too
    (cd $work/one/shards && find . -name '*.parquet' | sort | xargs sha256sum) | (cd $work/$other/shards && sha256sum --quiet --check)
    echo "one worker and '$other': the same bytes"
done
$ecgdata verify $work/one --deep --quiet
