#!/usr/bin/env bash
# clang-tidy over the sources whose mistakes cost most and whose headers are cheap to read.
#
#   scripts/tidy.sh             core/, audit/, alerts/, webhooks/, tracing/, config/ and storage/: five minutes with two cores
#   scripts/tidy.sh --changed   what differs from the last commit, in any folder
#   scripts/tidy.sh --all       everything; CAF's and Beast's headers make that a matter of many minutes
#
# One file may take CALLBOARD_TIDY_SECONDS (default 180) and fails beyond.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tidy=$(command -v clang-tidy-14 || command -v clang-tidy || true)
if [ -z "$tidy" ]; then
  echo "tidy: clang-tidy is not installed: apt-get install clang-tidy-14" >&2
  exit 1
fi

list() {
  find "$@" -name '*.cpp' 2> /dev/null | LC_ALL=C sort
}
case "${1:-}" in
  "") files=$(list core audit alerts webhooks tracing config storage) ;;
  --all) files=$(list core audit alerts webhooks tracing config storage process pki job_types handlers http messages actors cli sdk bench) ;;
  --changed)
    files=$({
      git diff --name-only --diff-filter=d HEAD
      git ls-files --others --exclude-standard
    } | grep -E '^(core|audit|alerts|webhooks|tracing|config|storage|process|pki|job_types|handlers|http|messages|actors|cli|sdk|bench)/.*\.cpp$' | LC_ALL=C sort -u || true)
    ;;
  *)
    echo "usage: scripts/tidy.sh [--changed|--all]" >&2
    exit 2
    ;;
esac
if [ -z "$files" ]; then
  echo "tidy: no file to look at"
  exit 0
fi

mkdir -p build
cmake --preset tidy > build/tidy.log 2>&1 || {
  cat build/tidy.log >&2
  exit 1
}
echo "tidy: $(printf '%s\n' "$files" | wc -l) files"
if ! printf '%s\n' "$files" | xargs -P "$(nproc)" -n 1 \
  timeout "${CALLBOARD_TIDY_SECONDS:-180}" "$tidy" -p build/tidy --quiet --extra-arg=-Wno-unknown-warning-option \
  2> build/tidy.log; then
  grep -v ' warnings.* generated\.$' build/tidy.log >&2 || true
  echo "tidy: failed" >&2
  exit 1
fi
echo "tidy: clean"
