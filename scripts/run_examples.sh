#!/usr/bin/env bash
# Starts a scheduler, two workers and a mail catcher, runs an example of every job type, and keeps serving until Ctrl-C.
#
#   scripts/run_examples.sh PROGRAM [--once]     --once: stop after the examples; the exit code says whether all completed
#
# CALLBOARD_RUN_HTTP=HOST:PORT (default 127.0.0.1:8080) is where it listens. Everything it writes is below build/run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program=$1
once=${2:-}
if [ -n "$once" ] && [ "$once" != --once ]; then
  echo "run: unknown argument '$once'; there is --once" >&2
  exit 2
fi
listen=${CALLBOARD_RUN_HTTP:-127.0.0.1:8080}
place=$PWD/build/run
mkdir -p "$place/jobs" "$place/output"

host=${listen%:*}
port=${listen##*:}
if [ "$port" != 0 ] && (exec 3<> "/dev/tcp/$host/$port") 2> /dev/null; then
  echo "run: something else listens on $listen. Stop it, or choose another address: CALLBOARD_RUN_HTTP=127.0.0.1:8090 ./callboard.sh run" >&2
  exit 1
fi

scheduler=
catcher=
stop_all() {
  trap - EXIT INT TERM
  if [ -n "$scheduler" ] && kill -TERM "$scheduler" 2> /dev/null; then
    echo "run: stopping the scheduler and its workers"
    wait "$scheduler" || true
  fi
  if [ -n "$catcher" ] && kill -TERM "$catcher" 2> /dev/null; then
    wait "$catcher" || true
  fi
}
trap stop_all EXIT
trap 'echo; exit 0' INT TERM

# first_line FILE PID: waits until FILE has a whole line; fails when the process ends before or half a minute is over.
first_line() {
  local tries
  for ((tries = 0; tries < 600; ++tries)); do
    if IFS= read -r line < "$1"; then
      printf '%s\n' "$line"
      return 0
    fi
    kill -0 "$2" 2> /dev/null || return 1
    sleep 0.05
  done
  return 1
}

# json_field TEXT NAME: the value of a field that is a string or a number.
json_field() {
  /usr/bin/env python3 -c 'import json, sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$1" "$2"
}

# Debian's own Python: that one has the mail module.
python=/usr/bin/python3
[ -x "$python" ] || python=python3
# Emptied here, before the programs start: what an earlier run wrote must not be taken for an answer.
: > "$place/mail.log"
: > "$place/ready.json"
"$python" scripts/mail_catcher.py >> "$place/mail.log" &
catcher=$!
mail=$(first_line "$place/mail.log" "$catcher") || {
  echo "run: the mail catcher did not start" >&2
  exit 1
}
mail_port=$(json_field "$mail" port)

export CALLBOARD_HANDLERS_SMTP_HOST=127.0.0.1
export CALLBOARD_HANDLERS_SMTP_PORT=$mail_port
export CALLBOARD_HANDLERS_FILES_READ_DIRECTORIES=$PWD/examples/data,$place/output
export CALLBOARD_HANDLERS_FILES_WRITE_DIRECTORIES=$place/output
"$program" serve --data "$place/data" --http "$listen" --workers 2 --slots 4 \
  >> "$place/ready.json" 2> "$place/scheduler.log" &
scheduler=$!
ready=$(first_line "$place/ready.json" "$scheduler") || {
  tail -n 20 "$place/scheduler.log" >&2
  echo "run: the scheduler did not start (its log: build/run/scheduler.log)" >&2
  exit 1
}
address=$(json_field "$ready" http)
address=${address#http://}
url=http://$address
echo "run: the dashboard is at $url/"

failures=0
for example in examples/jobs/*.json; do
  name=$(basename "$example" .json)
  # The examples name places of this machine by marks.
  job=$place/jobs/$name.json
  sed -e "s|@ROOT@|$PWD|g" -e "s|@OUTPUT@|$place/output|g" -e "s|@URL@|$url|g" "$example" > "$job"
  printf '\n==> %s\n    %s submit --file %s --wait\n' "$name" "$program" "${job#"$PWD"/}"
  if ! "$program" submit --server "$url" --file "$job" --wait; then
    failures=$((failures + 1))
  fi
done

cat << END

$(if [ "$failures" = 0 ]; then echo "Every example completed."; else echo "$failures examples did not complete."; fi)
  mail that came      build/run/mail.log
  files written       build/run/output
  scheduler's log     build/run/scheduler.log

  dashboard           $url/
  jobs                $url/api/jobs
  workers             $url/api/workers
  numbers             $url/api/metrics/jobs   (Prometheus: $url/metrics)
  health              $url/api/health

  submit one          curl -s $url/api/jobs/submit -H 'Content-Type: application/json' \\
                        -d '{"jobType":"exec","payload":{"argv":["/bin/echo","hello"]}}'
  more workers        curl -s $url/api/workers/scale -H 'Content-Type: application/json' -d '{"workers":4}'
END

if [ "$once" = --once ]; then
  [ "$failures" = 0 ]
  exit
fi
echo
echo "Serving until Ctrl-C."
wait "$scheduler"
