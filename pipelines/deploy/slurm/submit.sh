#!/usr/bin/env bash
# Submits a build as Slurm jobs: one that plans, an array that builds the parts, one that finishes. Prints their ids.
#
#   CORPUS=/shared/corpus SOURCES="ptb-xl=/data/ptb-xl mimic-iv-ecg=/data/mimic" PARTS=40 bash submit.sh [sbatch options]
#
# CORPUS    a folder that all nodes see, or an Azure container (credentials from the environment)
# SOURCES   NAME=DIR, parted by blanks; the folders as the nodes see them
# PARTS     array tasks; each builds its share of the shards
# RECIPE    a recipe, or nothing for the defaults
# ECGDATA   the program, default: ecgdata
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${CORPUS:?the corpus}" "${SOURCES:?NAME=DIR …}" "${PARTS:?number of array tasks}"
export CORPUS SOURCES PARTS RECIPE=${RECIPE:-} ECGDATA=${ECGDATA:-ecgdata}

plan=$(sbatch --parsable "$@" "$here/plan.sbatch")
# A part that a node takes down with it is queued again; what it had finished is found and not built twice.
parts=$(sbatch --parsable --requeue --dependency="afterok:$plan" --kill-on-invalid-dep=yes --array="1-$PARTS" "$@" "$here/part.sbatch")
# Whatever became of the parts: the last job knows whether all shards are there, and names those that are not.
finish=$(sbatch --parsable --dependency="afterany:$parts" "$@" "$here/finish.sbatch")
echo "plan $plan, parts $parts, finish $finish"
