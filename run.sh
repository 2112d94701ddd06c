#!/usr/bin/env bash
# Everything for a first run: installs what is missing, builds, certifies. Arguments go to `ndc certify`.
set -euo pipefail
cd "$(dirname "$0")"
Scripts/install-dependencies.sh
swift build -c release --product ndc >&2
exec .build/release/ndc certify "$@"
