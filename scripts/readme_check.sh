#!/usr/bin/env bash
# Runs the commands of the README's first five minutes against a running example scheduler, as a newcomer would.
# Needs the optimised build (`./callboard.sh build`).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

log=build/readme_check.log
mkdir -p build
scripts/run_examples.sh build/release/callboard > "$log" 2>&1 &
runner=$!
trap 'kill -TERM "$runner" 2> /dev/null || true; wait "$runner" 2> /dev/null || true' EXIT
until grep -q '^Serving until' "$log"; do
  kill -0 "$runner" 2> /dev/null || {
    cat "$log" >&2
    exit 1
  }
  read -r -t 0.2 < <(:) || true
done

# The second and third block of commands; an HTTP error fails.
commands=$(awk '/^```sh$/ { ++block; inside = 1; next } /^```$/ { inside = 0 } inside && (block == 2 || block == 3)' README.md)
bash -euo pipefail -c "curl() { command curl --fail --show-error \"\$@\"; echo; }
$commands"
