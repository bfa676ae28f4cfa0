#!/usr/bin/env bash
# Counts the outcomes in the TRX files of a folder, names what failed or was skipped and why, and ends with
# "N passed, N failed, N skipped". Exit code 1 where a test failed or none ran.
set -euo pipefail

folder=${1:?usage: tests/count.sh FOLDER}
shopt -s nullglob
files=("$folder"/*.trx)
if [ ${#files[@]} -eq 0 ]; then
    echo "$folder holds no TRX file: no test project ran; read the output of dotnet above." >&2
    echo "0 passed, 0 failed, 0 skipped"
    exit 1
fi

count() { { grep -oh "<UnitTestResult [^>]*outcome=\"$1\"" "${files[@]}" || true; } | wc -l; }
names() { { grep -oh "<UnitTestResult [^>]*outcome=\"$1\"" "${files[@]}" || true; } | sed -E 's/.* testName="([^"]*)".*/\1/' | sort; }

all=$({ grep -oh '<UnitTestResult ' "${files[@]}" || true; } | wc -l)
passed=$(count Passed)
skipped=$(count NotExecuted)
failed=$((all - passed - skipped)) # Failed, and whatever else is not a pass: Timeout, Aborted, Error
names Failed | sed 's/^/failed: /'
names NotExecuted | sed 's/^/skipped: /'
# A project whose test host crashed leaves a TRX that says so and no result for the tests that it did not reach.
crashed=$({ grep -lE '<ResultSummary outcome="(Failed|Aborted|Error)"' "${files[@]}" || true; } | wc -l)
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$crashed" -eq 0 ] && [ "$passed" -gt 0 ]
