#!/usr/bin/env bash
# Builds against a prefix such as conda makes, without root, and runs the program with no environment:
# Scripts/try-prefix.sh FOLDER.
#
# FOLDER, outside the repository, becomes the prefix: oneDNN from PyPI, everything else from Debian packages that are
# unpacked, not installed. The products are in .build-prefix.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -eq 1 ] || { echo "usage: Scripts/try-prefix.sh FOLDER" >&2; exit 64; }
mkdir -p "$1"
prefix=$(cd "$1" && pwd)

if [ ! -e "$prefix/complete" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$prefix"/{include,lib}
  python3 -m pip download -q --disable-pip-version-check --no-deps --only-binary :all: -d "$work" \
    onednn-cpu-gomp==2023.2.0 onednn-devel-cpu-gomp==2023.2.0
  for wheel in "$work"/*.whl; do
    python3 -m zipfile -e "$wheel" "$work/wheel"
    for kind in include lib; do
      for folder in "$work"/wheel/*.data/data/"$kind"; do
        [ -d "$folder" ] && cp -R "$folder/." "$prefix/$kind/"
      done
    done
    rm -rf "$work/wheel"
  done
  boost=$(apt-cache depends libboost-math-dev | sed -n 's/.*Depends: \(libboost-math[0-9.]*-dev\)$/\1/p' | sed 's/-math//')
  (cd "$work" && apt-get download -qq "$boost" libpng-dev libpng16-16 libturbojpeg0-dev libturbojpeg0 zlib1g-dev zlib1g \
    libssl-dev libssl3 libcurl4-openssl-dev libcurl4 libgomp1)
  for package in "$work"/*.deb; do dpkg-deb -x "$package" "$work/tree"; done
  # Debian's folder for each architecture becomes the prefix's own, as conda has it.
  machine=$(uname -m)-linux-gnu
  cp -R "$work/tree/usr/include/." "$prefix/include/"
  [ ! -d "$prefix/include/$machine" ] || cp -R "$prefix/include/$machine/." "$prefix/include/"
  for folder in "$work/tree/usr/lib/$machine" "$work/tree/lib/$machine"; do
    [ -d "$folder" ] && find "$folder" -maxdepth 1 -name '*.so*' -exec cp -a {} "$prefix/lib/" \;
  done
  [ -e "$prefix/lib/libdnnl.so" ] || ln -s libdnnl.so.3 "$prefix/lib/libdnnl.so"
  # Links that were meant for the folder they came from.
  find "$prefix/lib" -maxdepth 1 -xtype l -delete
  touch "$prefix/complete"
fi

export NDC_PREFIX=$prefix
Scripts/install-dependencies.sh
swift build -c release --scratch-path .build-prefix --product ndc >&2
program=$PWD/.build-prefix/release/ndc
env -i "$program" --version
echo "from the prefix:"
env -i /usr/bin/ldd "$program" | grep -F "$prefix" | awk '{print "  " $3}'
for library in dnnl png16 turbojpeg z crypto curl; do
  env -i /usr/bin/ldd "$program" | grep -F "$prefix/lib/lib$library.so" >/dev/null ||
    { echo "error: lib$library is the system's" >&2; exit 1; }
done
run=$(mktemp -d)
env -i "$program" certify --count 2 --out "$run/first" >/dev/null
grep -o '"oneDNN" : "[0-9.]*"' "$run/first/run.json"
rm -rf "$run"
