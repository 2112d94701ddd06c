#!/bin/bash
# A classifier on the 499 test images of `cifar10-sample`: one vote each, and certified for radii up to 1, at each σ.
#
#   Scripts/cifar10-table.sh FOLDER NAME [OPTION …]
#
#   Scripts/cifar10-table.sh runs/cifar10 tuned
#   SIGMAS="0.25 0.5" Scripts/cifar10-table.sh runs/cifar10 cohen --method classifier --model http://127.0.0.1:8000/v2/models/cohen-SIGMA
#
# OPTIONs go to `ndc certify` and `ndc classify`; SIGMA in them stands for the noise. Runs lie in FOLDER/NAME-σ; called
# again, what is there is kept and goes on. FOLDER/NAME.md is the report's table.
set -euo pipefail
ndc=${NDC:-$(dirname "$0")/../.build/release/ndc}
folder=$1 name=$2
shift 2
mkdir -p "$folder"
runs=()
for sigma in ${SIGMAS:-0.25 0.5 1.0}; do
  common=(--data cifar10-sample --count 499 --sigma "$sigma" --preset fast "${@//SIGMA/$sigma}")
  echo "one vote at σ = $sigma"
  "$ndc" classify "${common[@]}"
  runs+=("$folder/$name-$sigma")
  "$ndc" certify "${common[@]}" --target-radius 0.25 0.5 0.75 1 --out "${runs[-1]}" --resume > /dev/null
done
"$ndc" report "${runs[@]}" --out "$folder/$name.html" --markdown "$folder/$name.md"
cat "$folder/$name.md"
