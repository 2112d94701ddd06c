#!/usr/bin/env bash
# Documentation of every public module, built by `swift build -c release`, as one static site. The modules are those of
# the library product in Package.swift; each has a catalogue Sources/MODULE/Documentation.docc. Errors end it, and so do
# warnings about a catalogue.
# Arguments: the folder to write, .build/documentation unless named.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-.build/documentation}
umbrella=NoisedDiffusionClassifiers

modules=$(swift package dump-package | tr -d ' \n' |
  sed -n "s/.*\"name\":\"$umbrella\",\"settings\":\[[^]]*\],\"targets\":\[\([^]]*\)\].*/\1/p" | tr -d '"' | tr ',' ' ')
[ -n "$modules" ] || { echo "Package.swift has no library $umbrella" >&2; exit 1; }
products=$(readlink -f .build/release)
work=.build/documentation-parts
rm -rf "$work" "$out"
mkdir -p "$work"
includes=(-I "$products/Modules")
# C targets: their own module maps, or those the build wrote for them.
for map in Sources/C*/module.modulemap Sources/C*/include/module.modulemap "$products"/C*.build/module.modulemap; do
  if [ -f "$map" ]; then includes+=(-Xcc "-fmodule-map-file=$map"); fi
done
# One C target's header may include another's.
for headers in Sources/C*/include; do includes+=(-Xcc "-I$headers"); done
target=$(swift -print-target-info | sed -n 's/.*"unversionedTriple": "\(.*\)".*/\1/p' | head -1)

archives=()
dependencies=()
convert() {
  local module=$1 catalogue=Sources/$1/Documentation.docc symbols=$work/$1.symbols log=$work/$1.log
  [ -d "$catalogue" ] || { echo "$catalogue is missing: every public module has a landing page" >&2; exit 1; }
  mkdir -p "$symbols"
  swift symbolgraph-extract -module-name "$module" "${includes[@]}" -target "$target" -output-dir "$symbols" \
    -omit-extension-block-symbols -skip-synthesized-members
  # Parameters that explain themselves are left undocumented, so that is not checked.
  docc convert "$catalogue" --additional-symbol-graph-dir "$symbols" --fallback-display-name "$module" \
    --fallback-bundle-identifier "ndc.$module" --fallback-default-module-kind Module --ide-console-output \
    --disable-parameters-and-returns-validation --enable-experimental-external-link-support \
    "${dependencies[@]}" --output-path "$work/$module.doccarchive" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
  cat "$log" >&2
  if grep -q '\.docc/.*: warning: ' "$log"; then exit 1; fi
  archives+=("$work/$module.doccarchive")
  dependencies+=(--dependency "$work/$module.doccarchive")
}
for module in $modules; do
  if [ "$module" != "$umbrella" ]; then convert "$module"; fi
done
# Last, because its pages link to all the others.
convert "$umbrella"

docc merge "${archives[@]}" --synthesized-landing-page-name ndc --output-path "$out"
rm -rf "$work"
echo "wrote $out"
