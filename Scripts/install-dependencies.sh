#!/usr/bin/env bash
# Installs the C libraries that ndc links to, if any is missing, on Debian and Ubuntu; elsewhere says what to install.
# With NDC_PREFIX, a folder with include/ and lib/, what lies there counts as installed.
set -euo pipefail

if ! command -v swift >/dev/null; then
  echo "Swift 6 or later is needed and was not found: see https://www.swift.org/install" >&2
  exit 1
fi

# A header of each library, and the package that brings it: the same in Debian 12 and 13 and Ubuntu 22.04, 24.04 and 26.04.
headers=(oneapi/dnnl/dnnl.h boost/math/special_functions/beta.hpp png.h turbojpeg.h zlib.h openssl/evp.h curl/curl.h)
packages=(libdnnl-dev libboost-math-dev libpng-dev libturbojpeg0-dev zlib1g-dev libssl-dev libcurl4-openssl-dev)

# A program of the headers named says whether the compiler finds them.
has_header() {
  [ "$(uname -s)" = Darwin ] && { [ -e "/opt/homebrew/include/$1" ] || [ -e "/usr/local/include/$1" ]; } && return 0
  [ -n "${NDC_PREFIX:-}" ] && [ -e "$NDC_PREFIX/include/$1" ] && return 0
  printf '#include <stddef.h>\n#include <stdio.h>\n#if !__has_include(<%s>)\n#error\n#endif\n' "$1" |
    "$(dirname "$(readlink -f "$(command -v swift)" 2>/dev/null || command -v swift)")/clang" -E -o /dev/null - 2>/dev/null
}

missing=()
lacking=()
for i in "${!headers[@]}"; do
  has_header "${headers[$i]}" && continue
  # macOS has SHA-256 in its own library, and zlib and libcurl with Apple's tools.
  [ "$(uname -s)" = Darwin ] && [[ ${headers[$i]} =~ ^(openssl|zlib|curl) ]] && continue
  missing+=("${packages[$i]}")
  lacking+=("${headers[$i]}")
done
[ ${#missing[@]} -eq 0 ] && exit 0

system=$(uname -s)
release=unknown
if [ -r /etc/os-release ]; then
  # shellcheck disable=SC1091
  release=$(. /etc/os-release && echo "${ID:-unknown} ${ID_LIKE:-}")
fi

# Where nothing is installed for anyone: what to run.
advise() {
  echo "Missing: ${lacking[*]}. Install them, then try again:" >&2
  echo "  $1" >&2
  exit 1
}
case "$system $release" in
  Darwin*) advise "brew install onednn boost libpng jpeg-turbo" ;;
  *fedora* | *rhel*) advise "dnf install onednn-devel boost-devel libpng-devel turbojpeg-devel zlib-devel openssl-devel libcurl-devel" ;;
  *arch*) advise "pacman -S onednn boost libpng libjpeg-turbo zlib openssl curl" ;;
esac
if ! command -v apt-get >/dev/null; then
  advise "your system's packages of oneDNN, Boost.Math, libpng, libjpeg-turbo (TurboJPEG), zlib, OpenSSL and libcurl, with headers"
fi
if [ "$(id -u)" -ne 0 ]; then
  advise "apt-get update && apt-get install -y ${missing[*]}   (as root; without root see Docs/Installing.md)"
fi
echo "Installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >&2
apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
