#!/usr/bin/env bash
# What the schedule runs: submits the workflow of the night of a day, and prints its id.
#
#   submit_night.sh DATE
set -euo pipefail
"$(dirname "${BASH_SOURCE[0]}")/make_workflow.py" "$1" | "$CALLBOARD" workflows submit -
