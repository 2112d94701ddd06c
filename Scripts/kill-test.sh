#!/usr/bin/env bash
# Kills certifications with SIGKILL at N random moments (300 by default), half of them with a fixed number of votes and
# half anytime, resumes each and compares it with an undisturbed one; and one image of a thousand votes in its middle, N
# times but at most fifty.
set -euo pipefail
cd "$(dirname "$0")/.."
NDC_KILLS="${1:-300}" swift test -c release --filter 'RandomKillTests|KilledImageTests'
