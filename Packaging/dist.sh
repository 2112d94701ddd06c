#!/usr/bin/env bash
# make dist: ndc-VERSION-linux-MACHINE.tar.xz in .build/dist, with its SHA-256 beside it.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(sed -n 's/.*static let number = "\(.*\)"/\1/p' Sources/ndc/NDC.swift)
name=ndc-$version-linux-$(uname -m)
out=.build/dist
mkdir -p "$out"
Packaging/stage.sh "$out/$name"
glibc=$(cat "$out/$name/glibc")
rm "$out/$name/glibc"
cat >"$out/$name/README.txt" <<EOF
ndc $version for Linux on $(uname -m): bin/ndc certify

Needs glibc $glibc or later, libstdc++ and libgcc_s (Debian 12: libc6, libstdc++6, libgcc-s1, there in every installation).
For models served elsewhere also libcurl (Debian: libcurl4). Model and data are in share/ndc, terms in LICENSE and licenses/.
The folder may lie anywhere; its parts stay together.
EOF
# The same files make the same archive.
tar -C "$out" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}" \
  -cf - "$name" | xz -T0 -6 >"$out/$name.tar.xz"
(cd "$out" && sha256sum "$name.tar.xz" >"$name.tar.xz.sha256")
echo "wrote $out/$name.tar.xz: $(stat -c %s "$out/$name.tar.xz") bytes, $(du -sk "$out/$name" | cut -f1) KiB unpacked"
cat "$out/$name.tar.xz.sha256"
