#!/usr/bin/env bash
# Installs the C libraries that ndc links to, if any is missing. Debian and Ubuntu (apt).
set -euo pipefail

packages=(libdnnl-dev libboost-math-dev libpng-dev libturbojpeg0-dev zlib1g-dev libssl-dev libcurl4-openssl-dev)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing+=("$package")
done
if ! command -v swift >/dev/null; then
  echo "Swift 6 or later is needed and was not found: see https://www.swift.org/install/linux" >&2
  exit 1
fi
[ ${#missing[@]} -eq 0 ] && exit 0
if ! command -v apt-get >/dev/null; then
  echo "This system has no apt. Install the equivalents of: ${missing[*]}" >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "Missing packages. Run this as root, then try again:" >&2
  echo "  apt-get update && apt-get install -y ${missing[*]}" >&2
  exit 1
fi
echo "Installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >&2
apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
