#!/usr/bin/env bash
# Makes DIR/triton and DIR/mlserver, an environment for each server (some 6 GB each, most of it PyTorch with CUDA), and
# runs the tests in both:  make-environments.sh DIR [triton|mlserver …]
# PYTHON names another interpreter than Debian's; Triton's workers need that of the system (apt install python3-venv).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { echo "usage: make-environments.sh DIR [triton|mlserver …]" >&2; exit 64; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
case "$folder/" in "$(dirname "$here")"/*) echo "$folder lies in the repository" >&2; exit 64 ;; esac
[ $# -gt 0 ] || set -- triton mlserver
for server in "$@"; do
  requirements="$here/requirements-$server.txt"
  [ -f "$requirements" ] || { echo "no server $server: triton or mlserver" >&2; exit 64; }
  [ -x "$folder/$server/bin/python" ] || "${PYTHON:-/usr/bin/python3}" -m venv "$folder/$server"
  "$folder/$server/bin/pip" install --quiet -r "$requirements"
  "$folder/$server/bin/python" -m pytest -q -rs -p no:cacheprovider "$here/tests"
done
