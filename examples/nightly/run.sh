#!/usr/bin/env bash
# A night's work in a minute: starts a partner's API, a mail server and a place for uploads, a scheduler with two workers,
# defines the nightly schedule, runs it now, follows it and checks what it has left behind.
#
#   examples/nightly/run.sh [--damage REGION] [--keep] [--callboard PROGRAM]
#
#   --damage REGION      the partner sends a damaged file of north, east, south or west. The night fails, the alarm goes
#                        out, the file is mended, and the rest of the night runs
#   --keep               leave the files: data, logs, mails, uploads
#   --callboard PROGRAM  by default build/release/callboard, else build/dev/callboard
#
# The exit code is 0 when everything is right. Everything that was started is stopped, however it ends.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)

fail() {
  printf 'nightly: %s\n' "$*" >&2
  exit 1
}

damage=
keep=0
program=
while [ $# -gt 0 ]; do
  case "$1" in
    --damage) damage=${2:?--damage needs a region} && shift 2 ;;
    --callboard) program=${2:?--callboard needs a program} && shift 2 ;;
    --keep) keep=1 && shift ;;
    *) fail "unknown argument '$1'; there are --damage REGION, --keep and --callboard PROGRAM" ;;
  esac
done
case "$damage" in
  "" | north | east | south | west) ;;
  *) fail "no region '$damage'; there are north, east, south and west" ;;
esac
if [ -z "$program" ]; then
  for program in "$root/build/release/callboard" "$root/build/dev/callboard"; do
    [ ! -x "$program" ] || break
  done
fi
[ -x "$program" ] || fail "there is no $program: run ./callboard.sh build first"
program=$(realpath "$program")
curl=$(command -v curl) || fail "curl is missing: apt-get install curl"
sha256sum=$(command -v sha256sum) || fail "sha256sum is missing: apt-get install coreutils"

place=$(mktemp -d -t callboard-nightly-XXXXXX)
outside=
scheduler=
follower=
stop_all() {
  local code=$?
  trap - EXIT
  trap '' INT TERM
  local pid
  for pid in $follower $scheduler $outside; do
    kill -TERM "$pid" 2> /dev/null || true
    wait "$pid" 2> /dev/null || true
  done
  if [ "$keep" = 1 ]; then
    echo "kept: $place"
  else
    rm -rf "$place"
  fi
  exit "$code"
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step() {
  printf '\n==> %s\n' "$*"
}

# value FILE PID NAME: a field of the JSON line that the program PID writes into FILE when it is ready.
value() {
  local line tries
  for ((tries = 0; tries < 1200; ++tries)); do
    if IFS= read -r line < "$1"; then
      "$here/field.py" "$3" <<< "$line"
      return
    fi
    kill -0 "$2" 2> /dev/null || break
    sleep 0.05
  done
  tail -n 20 "$place"/*.log >&2
  return 1
}

# follow WORKFLOW: shows its progress; 0 when it completes, 2 when it does not. In the background: bash serves a signal
# at once while it waits, and only afterwards while a program runs.
follow() {
  local ended=0
  "$here/follow_night.py" "$CALLBOARD_SERVER" "$1" &
  follower=$!
  wait "$follower" || ended=$?
  follower=
  return "$ended"
}

step "a partner, a mail server and a place for uploads"
: > "$place/outside.json"
"$here/outside.py" "$place" > "$place/outside.json" 2> "$place/outside.log" &
outside=$!
partner=http://127.0.0.1:$(value "$place/outside.json" "$outside" partner)
mail_port=$(value "$place/outside.json" "$outside" mail)
uploads=http://127.0.0.1:$(value "$place/outside.json" "$outside" uploads)
echo "  partner $partner  mail 127.0.0.1:$mail_port  uploads $uploads"
echo "$damage" > "$place/partner/damaged"

step "a scheduler with two workers"
mkdir "$place/work"
sed -e "s|@PLACE@|$place|g" -e "s|@HERE@|$here|g" -e "s|@MAIL_PORT@|$mail_port|g" -e "s|@CURL@|$curl|g" \
  -e "s|@SHA256SUM@|$sha256sum|g" "$here/callboard.toml" > "$place/callboard.toml"
: > "$place/ready.json"
"$program" serve --config "$place/callboard.toml" > "$place/ready.json" 2> "$place/scheduler.log" &
scheduler=$!
CALLBOARD_SERVER=http://$(value "$place/ready.json" "$scheduler" http)
export CALLBOARD_SERVER
echo "  $CALLBOARD_SERVER"

step "limits: three requests per second to the partner, one at a time for each region"
"$program" queues set partner --rate 3/1s --key-concurrency 1

# 02:30 by the clocks of Berlin. What about the two nights on which they change?
#   spring  The clocks go from 02:00 to 03:00, and there is no 02:30. The night begins when the gap ends, at 03:00.
#   autumn  The clocks go from 03:00 back to 02:00, and 02:30 comes twice. The night begins the first time.
# So there is one night a day, on these days, too. Until six o'clock it usually has three and a half hours: in spring it
# has three, in autumn four and a half.
# If the scheduler was down at 02:30, it makes up for the last night when it is back (--catch-up last).
# A night that is refused because the former one has not ended is tried again every minute.
step "the schedule: every night at 02:30 in Berlin"
# shellcheck disable=SC2016 # the scheduler puts the date in
"$program" schedules add nightly-orders --cron '30 2 * * *' --zone Europe/Berlin --catch-up last --overlap skip \
  --queue nightly --timeout 1min --on-error EXIT_STATUS=snooze:1min --retry-within 3h exec \
  --env "CALLBOARD=$program" --env "CALLBOARD_SERVER=$CALLBOARD_SERVER" --env "NIGHT_PARTNER=$partner" \
  --env "NIGHT_UPLOADS=$uploads" --env "NIGHT_DIRECTORY=$place/work" \
  -- "$here/submit_night.sh" '${schedule.date}'
echo "  when the clocks change:"
for from in 2026-03-28T12:00:00Z 2026-10-24T12:00:00Z; do
  curl --fail --silent --show-error "$CALLBOARD_SERVER/api/schedules/preview" -H 'Content-Type: application/json' \
    -d '{"cron": "30 2 * * *", "timeZone": "Europe/Berlin", "count": 2, "from": "'"$from"'"}' | "$here/field.py" local | sed 's/^/    /'
done

step "run it now"
run=$("$program" schedules run nightly-orders)
timeout --foreground 60 "$program" watch "$run" || fail "the night could not be submitted: $(tail -n 5 "$place/scheduler.log")"
night=$("$program" get --json "$run" | "$here/field.py" result stdout)
echo "  $night"
passed=0
follow "$night" || passed=$?

if [ -n "$damage" ]; then
  [ "$passed" = 2 ] || fail "a damaged file should have failed the night"
  step "what went wrong"
  "$program" workflows show "$night"
  "$program" workflows show --json "$night" > "$place/failed.json"
  "$program" get "$("$here/field.py" jobs "check-$damage" id < "$place/failed.json")"
  [ -e "$place/mail/1.eml" ] || fail "no alarm has arrived"

  step "the partner has mended the file: get it again, then run the rest"
  : > "$place/partner/damaged"
  day=$("$here/field.py" name < "$place/failed.json")
  day=${day#night-}
  sleep 1 # this request counts for the partner, too
  curl --fail --silent --show-error --output "$place/work/$day/$damage.csv" "$partner/orders/$day/$damage.csv"
  "$program" workflows retry "$night"
  passed=0
  follow "$night" || passed=$?
fi
[ "$passed" = 0 ] || fail "the night has not completed: run it with --keep, and look at scheduler.log"
"$program" workflows show "$night"
"$program" workflows show --json "$night" > "$place/completed.json"
"$program" workflows graph "$night"

step "what it has left behind"
"$here/check_night.py" "$place" "$CALLBOARD_SERVER" "$night"
step "all is right"
