#!/usr/bin/env bash
# Installs the wheel of .build/dist into an empty virtual environment and uses it there. Skipped, visibly, where there is no
# pip or no registry for NumPy and pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
skip() {
  echo "SKIPPED: $1" >&2
  exit 0
}
wheel=$(ls -t .build/dist/ndc-*.whl 2>/dev/null | head -1)
[ -n "$wheel" ] || { echo "make wheel first" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" 2>/dev/null || skip "python3 has no venv"
pip=("$work/venv/bin/python" -m pip -q --disable-pip-version-check --retries 1)
"${pip[@]}" install --only-binary :all: numpy pytest >"$work/log" 2>&1 || skip "no registry for NumPy and pytest: $(tail -1 "$work/log")"
"${pip[@]}" install --no-index --no-deps "$wheel"
cp -R Python/tests "$work/tests"
cd "$work"
env -u NDC_RESOURCES -u PYTHONPATH NDC_MEASURE=never PATH="$work/venv/bin:/usr/bin:/bin" "$work/venv/bin/python" -m pytest -q tests
