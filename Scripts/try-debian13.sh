#!/usr/bin/env bash
# The README's two commands on Debian 13, from an empty clone in a bare tree: Scripts/try-debian13.sh FOLDER [test].
#
# FOLDER, outside the repository, gets a tree of a few GB by debootstrap, which is used again if it is there. It shares this
# machine's Swift toolchain and copies of packages. With `test`, ./test.sh follows ./run.sh. Needs root, debootstrap and
# mounts; what is mounted is unmounted at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
repository=$PWD
[ $# -ge 1 ] || { echo "usage: Scripts/try-debian13.sh FOLDER [test]" >&2; exit 64; }
tree=$(mkdir -p "$1" && cd "$1" && pwd)
[ "$(id -u)" -eq 0 ] || { echo "this needs root" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "this needs debootstrap: apt-get install debootstrap" >&2; exit 1; }

if [ ! -e "$tree/complete" ]; then
  # What Swift itself needs on Debian (swift.org, Installation), and git for the clone.
  debootstrap --variant=minbase --include=ca-certificates,git,binutils,libc6-dev,libgcc-14-dev,libstdc++-14-dev,libcurl4t64,\
libedit2,libncurses6,libsqlite3-0,libxml2,libz3-4,libpython3-stdlib,python3,tzdata,zlib1g-dev,pkg-config \
    trixie "$tree" >&2
  touch "$tree/complete"
fi

mounts=()
unmount() {
  local i
  for ((i = ${#mounts[@]} - 1; i >= 0; i--)); do umount "${mounts[$i]}" || true; done
}
trap unmount EXIT
# bound FROM TO
bound() {
  mkdir -p "$tree$2"
  mount --bind "$1" "$tree$2"
  mounts+=("$tree$2")
}
toolchain=$(dirname "$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")")
bound "$toolchain" /opt/swift
# Without it the compiler dies of an illegal instruction.
bound /proc /proc
bound /dev /dev
cp /etc/resolv.conf "$tree/etc/resolv.conf"
# Package copies: what SwiftPM would fetch.
for folder in .swiftpm .cache/org.swift.swiftpm; do
  [ -d "$HOME/$folder" ] && mkdir -p "$tree/root/$folder" && cp -R "$HOME/$folder/." "$tree/root/$folder/"
done

rm -rf "$tree/root/ndc"
git clone -q "$repository" "$tree/root/ndc"
[ -e Package.resolved ] && cp Package.resolved "$tree/root/ndc/"

inside() {
  chroot "$tree" /usr/bin/env -i HOME=/root PATH=/opt/swift/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    ${NDC_TESTS:+"NDC_TESTS=$NDC_TESTS"} bash -c "cd /root/ndc && $1"
}
inside "cat /etc/debian_version && swift --version"
inside "time ./run.sh"
inside "dpkg-query -W libdnnl-dev && .build/release/ndc models 2>/dev/null | head -5 || true"
[ "${2:-}" != test ] || inside "time ./test.sh"
