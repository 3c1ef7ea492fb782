#!/usr/bin/env bash
# Installs what of the peers does not come from the distribution: BullMQ, by npm, below the folder given.
set -euo pipefail
folder=${1:?usage: install.sh FOLDER}
here=$(dirname "${BASH_SOURCE[0]}")
if [ "${CALLBOARD_SKIP_INSTALL:-0}" = 1 ]; then
  exit 0
fi
mkdir -p "$folder"
if ! cmp -s "$here/bullmq/package.json" "$folder/package.json" || [ ! -d "$folder/node_modules/bullmq" ]; then
  cp "$here/bullmq/package.json" "$folder/package.json"
  if ! npm install --prefix "$folder" --no-audit --no-fund --loglevel=error >&2; then
    rm -f "$folder/package.json"
    printf 'install: BullMQ cannot be installed; it is left out\n' >&2
  fi
fi
