#!/usr/bin/env bash
# Installs what is missing, builds and runs every test. Arguments go to `swift test`, such as --filter UNetsTests.
set -euo pipefail
cd "$(dirname "$0")"
Scripts/install-dependencies.sh
swift build -c release --build-tests >&2
exec swift test -c release --skip-build "$@"
