#!/usr/bin/env bash
# Makes DIR, an environment for both servers (some 6 GB, most of it PyTorch with CUDA), and runs the tests in it:
#     make-environment.sh DIR [arguments of pytest]
# PYTHON names another interpreter than Debian's; Triton's workers need that of the system (apt install python3-venv).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { echo "usage: make-environment.sh DIR [arguments of pytest]" >&2; exit 64; }
folder=$(realpath -m "$1")
shift
case "$folder/" in "$(dirname "$here")"/*) echo "$folder lies in the repository" >&2; exit 64 ;; esac
[ -x "$folder/bin/python" ] || "${PYTHON:-/usr/bin/python3}" -m venv "$folder"
"$folder/bin/pip" install --quiet -r "$here/requirements.txt"
"$folder/bin/python" -m pytest -q -rs -p no:cacheprovider "$here/tests" "$@"
