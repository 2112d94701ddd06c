#!/usr/bin/env bash
# Unpacks the tarball of .build/dist in a bare Debian 12 tree and runs it there: Packaging/try-dist.sh FOLDER.
#
# FOLDER, outside the repository, gets a tree by debootstrap (minbase, nothing included), which is used again if it is
# there. Needs root and debootstrap.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -eq 1 ] || { echo "usage: Packaging/try-dist.sh FOLDER" >&2; exit 64; }
[ "$(id -u)" -eq 0 ] || { echo "this needs root" >&2; exit 1; }
tree=$(mkdir -p "$1" && cd "$1" && pwd)
archive=$(ls -t .build/dist/ndc-*.tar.xz | head -1)
(cd .build/dist && sha256sum -c "$(basename "$archive").sha256")
[ -e "$tree/complete" ] || { debootstrap --variant=minbase bookworm "$tree" >&2 && touch "$tree/complete"; }
rm -rf "$tree"/opt/ndc-*
tar -C "$tree/opt" -xf "$archive"
name=$(basename "$archive" .tar.xz)
# A program finds its own folder, and with it its libraries, through /proc.
mkdir -p "$tree/proc"
mount --bind /proc "$tree/proc"
trap 'umount "$tree/proc"' EXIT
# Neither a home nor anything of this machine's environment.
inside() { chroot "$tree" /usr/bin/env -i PATH=/usr/bin:/bin bash -c "$1"; }
inside "cat /etc/debian_version && ! command -v gcc && /opt/$name/bin/ndc --version"
inside "cd /tmp && rm -rf first && time /opt/$name/bin/ndc certify --count 3 --out first"
inside "/opt/$name/bin/ndc verify /tmp/first --redraw all"
# libcurl is not there: a served model says so, everything else does not ask.
inside "! /opt/$name/bin/ndc classify --model http://127.0.0.1:1/v2/models/a --classes 10 2>&1 | grep libcurl"
