#!/usr/bin/env bash
# Lists what the last run of ctest in a build folder skipped, each test with its reason.
#
#   scripts/show_skips.sh build/dev
set -euo pipefail

log="${1:?usage: scripts/show_skips.sh BUILD_FOLDER}/Testing/Temporary/LastTest.log"
if [ ! -e "$log" ]; then
  echo "show_skips: there is no $log: run ctest first" >&2
  exit 1
fi
# A test says `skipped: REASON` on a line of its own; in the log it stands below `N/M Testing: NAME`.
awk '
  /^[0-9]+\/[0-9]+ Testing: / { sub(/^[0-9]+\/[0-9]+ Testing: /, ""); name = $0; next }
  /^skipped: / { print "skipped: " name ": " substr($0, 10); ++count }
  END { if (!count) print "nothing was skipped" }
' "$log"
