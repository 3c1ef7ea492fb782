#!/bin/sh
# For autoscale.command: keeps workers as processes of this machine. What a command for a cloud does is the same, with
# machines. Called as `fleet-command.sh scale-up N` and `fleet-command.sh scale-down NAME...`, with the address at which
# workers join in CALLBOARD_JOIN and the directory of their certificates in CALLBOARD_TLS. Besides, if they are set:
#
#   CALLBOARD        the program                            (callboard)
#   FLEET_DIRECTORY  for one file per worker                (fleet-PORT in the directory for temporary files)
set -eu
directory=${FLEET_DIRECTORY:-${TMPDIR:-/tmp}/callboard-fleet-${CALLBOARD_JOIN##*:}}
mkdir -p "$directory"

# Starts a worker that lives on when this script has ended.
start() {
  name=fleet-$(date +%s%N)
  "${CALLBOARD:-callboard}" worker --name "$name" --join "$CALLBOARD_JOIN" --tls "$CALLBOARD_TLS" < /dev/null &
  echo $! > "$directory/$name"
}

case ${1:-} in
  scale-up)
    left=$2
    while [ "$left" -gt 0 ]; do
      start
      left=$((left - 1))
    done
    ;;
  scale-down)
    shift
    for name in "$@"; do
      # One that has gone by itself is stopped already.
      kill -TERM "$(cat "$directory/$name")" 2> /dev/null || true
      rm -f "$directory/$name"
    done
    ;;
  *)
    echo "usage: fleet-command.sh scale-up N | scale-down NAME..." >&2
    exit 2
    ;;
esac
