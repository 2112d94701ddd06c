#!/usr/bin/env bash
# Converts the DocC catalogue, with the symbols of the modules built by `swift build -c release`; warnings are errors.
# Arguments: the folder to write, .build/documentation unless named.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-.build/documentation}
products=$(readlink -f .build/release)
symbols=.build/symbol-graphs
rm -rf "$symbols" && mkdir -p "$symbols"

includes=(-I "$products/Modules")
# C targets: their own module maps, or those the build wrote for them.
for map in Sources/C*/module.modulemap Sources/C*/include/module.modulemap "$products"/C*.build/module.modulemap; do
  if [ -f "$map" ]; then includes+=(-Xcc "-fmodule-map-file=$map"); fi
done
target=$(swift -print-target-info | sed -n 's/.*"unversionedTriple": "\(.*\)".*/\1/p' | head -1)
swift symbolgraph-extract -module-name NoisedDiffusionClassifiers "${includes[@]}" -target "$target" \
  -output-dir "$symbols" -omit-extension-block-symbols -skip-synthesized-members

docc convert Sources/NoisedDiffusionClassifiers/Documentation.docc --additional-symbol-graph-dir "$symbols" \
  --fallback-display-name NoisedDiffusionClassifiers --fallback-bundle-identifier ndc.documentation \
  --warnings-as-errors --output-path "$out"
echo "wrote $out"
