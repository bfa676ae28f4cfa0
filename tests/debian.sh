#!/usr/bin/env bash
# Installs Debian packages that are missing. Arguments: COMMAND-OR-PATH:PACKAGE; a package is missing where its command or path is.
set -euo pipefail

missing=()
for pair in "$@"; do
    probe=${pair%%:*}
    if ! command -v "$probe" >/dev/null 2>&1 && [ ! -e "$probe" ]; then missing+=("${pair##*:}"); fi
done
[ ${#missing[@]} -gt 0 ] || exit 0

root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "missing: ${missing[*]}. Install them as root: apt-get install ${missing[*]}" >&2; exit 3; }
    root=(sudo)
fi
echo "installing ${missing[*]}" >&2
"${root[@]}" apt-get update -qq
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
