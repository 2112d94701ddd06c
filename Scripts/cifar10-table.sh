#!/bin/bash
# A row of the table of CIFAR-10 in Docs/Accuracy.md: 499 test images, one vote each and certified, at each σ.
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
for sigma in ${SIGMAS:-0.25 0.5 1.0}; do
  options=("${@//SIGMA/$sigma}")
  common=(--data cifar10-sample --count 499 --sigma "$sigma" --preset fast "${options[@]}")
  "$ndc" classify "${common[@]}" --json > "$folder/$name-$sigma.vote.json"
  "$ndc" certify "${common[@]}" --target-radius 0.25 0.5 0.75 1 --out "$folder/$name-$sigma" --resume > /dev/null
done
"$ndc" report "$folder/$name"-?.* --out "$folder/$name.html" --markdown "$folder/$name.md"
cat "$folder/$name.md"
python3 - "$folder/$name"-*.vote.json <<'PY'
import json, sys

for path in sys.argv[1:]:
    vote = json.load(open(path))
    share, interval = vote["accuracy"], vote["interval"]
    print(f"{path}: one vote {100 * share:.1f} % ({100 * interval['lower']:.1f} – {100 * interval['upper']:.1f})")
PY
