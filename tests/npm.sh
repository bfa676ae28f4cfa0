#!/usr/bin/env bash
# Installs what the package-lock.json of each folder given names, where it is not there yet. Installs Node.js itself from Debian.
set -euo pipefail
cd "$(dirname "$0")/.."

tests/debian.sh node:nodejs npm:npm
for folder in "$@"; do
    mark=$folder/node_modules/.package-lock.json   # npm writes it last
    if [ ! "$mark" -nt "$folder/package-lock.json" ]; then
        echo "installing $folder" >&2
        (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error >&2)
        touch "$mark"
    fi
done
