#!/usr/bin/env bash
# Kills certifications with SIGKILL at N random moments (300 by default), half of them with a fixed number of votes and
# half anytime, resumes each and compares it with an undisturbed one.
set -euo pipefail
cd "$(dirname "$0")/.."
NDC_KILLS="${1:-300}" swift test -c release --filter RandomKillTests
