#!/usr/bin/env bash
# Makes the two models in quorum/embedded from nothing: problems, generator, evaluator, its calibration, and the figures
# on test problems. Each command goes on where it was cut off, so the script is simply run again.
#   recipes/embedded.sh FOLDER
set -euo pipefail
here=$(realpath "$(dirname "$0")")
mkdir -p "${1:?a folder for data and runs}" && cd "$1"
arith() { [ -e "$1" ] || quorum data arith --style fine "${@:2}" -o "$1"; }
sample() { quorum sample "$1" --generator generator/model --temperature 1.0 --top-p 1.0 --max-tokens 400 --batch 128 "${@:2}"; }

# The generator learns one half of the templates, the evaluator both.
arith generator-train.jsonl --part 1/2 --seed 1 --limit 100000
arith validation.jsonl --split validation --seed 1 --limit 500
arith evaluator-train.jsonl --part 2/2 --seed 2 --limit 100000
arith calibration.jsonl --split validation --seed 5 --limit 500
arith test.jsonl --split test --seed 3 --limit 500 --manifest test.manifest.jsonl

quorum train ssft --config "$here/embedded-generator.yaml" -o generator
quorum train ssft --config "$here/embedded-evaluator.yaml" -o evaluator

sample calibration.jsonl --n 32 --seed 13 -o calibration-samples.jsonl
quorum calibrate calibration-samples.jsonl --evaluator evaluator/model --method isotonic
sample test.jsonl --n 64 --greedy --seed 14 -o test-samples.jsonl
quorum score test-samples.jsonl --evaluator evaluator/model -o test-scored.jsonl
quorum report test-scored.jsonl -o report
