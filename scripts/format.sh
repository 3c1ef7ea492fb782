#!/usr/bin/env bash
# Formats every C++ file of the project in place; `scripts/format.sh --check` only says which would change.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Version 14 and no other: each version formats a little differently.
formatter=$(command -v clang-format-14 || true)
if [ -z "$formatter" ]; then
  echo "format: clang-format-14 is not installed: apt-get install clang-format-14" >&2
  exit 1
fi
mode=(-i)
case "${1:-}" in
  "") ;;
  --check) mode=(--dry-run -Werror) ;;
  *)
    echo "usage: scripts/format.sh [--check]" >&2
    exit 2
    ;;
esac
find core simulate files audit alerts webhooks tracing config storage process pki job_types handlers http messages actors cli sdk bench tests examples \
  \( -name '*.cpp' -o -name '*.hpp' \) -print0 2> /dev/null |
  xargs -0 --no-run-if-empty -P "$(nproc)" -n 20 "$formatter" "${mode[@]}" || {
  echo "format: run scripts/format.sh" >&2
  exit 1
}
