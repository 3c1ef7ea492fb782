#!/usr/bin/env bash
# Callboard, from a bare Debian 12 to a running scheduler in one command. `./callboard.sh help` lists the commands.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

jobs=$(nproc)
program=build/release/callboard

usage() {
  cat << 'END'
usage: ./callboard.sh COMMAND

  run [--once]   build, start the scheduler with two workers and a mail catcher, run an example of every job type,
                 and keep serving until Ctrl-C (--once: stop after the examples)
                 CALLBOARD_RUN_HTTP=HOST:PORT changes the address, 127.0.0.1:8080
  test [ARGS]    build with debug checks, run all tests and list what was skipped (ARGS go to ctest: -L core, -R 'name')
  build          optimised build; leaves build/release/callboard
  sim [ARGS]     simulate the scheduler against faults (ARGS: --seeds N, --from S, --plant BUG, --trace; default: --seeds 1000)
  bench [ARGS]   measure it (ARGS go to callboard-bench: all --quick, submit, latency, ... ; default: all)
  bench peers [ARGS]   measure it beside beanstalkd, BullMQ, Sidekiq, gearmand, Celery and RabbitMQ, in one run
  bench micro [ARGS]   measure single parts of it (ARGS go to Google Benchmark: --benchmark_filter=queue)
  bench report FILE... fills docs/performance.md and its charts from JSON lines (bench all --json FILE)
  check          formatting and static analysis
  clean          remove everything that was built
  help           this text

Every command first installs the Debian packages it needs and misses (CALLBOARD_SKIP_INSTALL=1: never).
END
}

say() {
  printf '\033[1m==>\033[0m %s\n' "$*"
}

# build_preset PRESET [TARGET]
build_preset() {
  if [ ! -e "build/$1/build.ninja" ] || [ "${cmake_again:-0}" = 1 ]; then
    say "configuring build/$1"
    mkdir -p build
    cmake --preset "$1" > "build/$1.configure.log" 2>&1 || {
      cat "build/$1.configure.log" >&2
      return 1
    }
  fi
  say "building build/$1 (the first time takes some minutes)"
  cmake --build "build/$1" -j "$jobs" ${2:+--target "$2"}
}

command=${1:-help}
[ $# -eq 0 ] || shift
case "$command" in
  run)
    scripts/install_packages.sh build run
    build_preset release callboard
    exec scripts/run_examples.sh "$program" "$@"
    ;;
  test)
    scripts/install_packages.sh build test
    cmake_again=1 # a library may have come since
    preset=${CALLBOARD_TEST_PRESET:-dev}
    build_preset "$preset"
    say "testing"
    passed=0
    ctest --preset "$preset" -j "$jobs" "$@" || passed=$?
    scripts/show_skips.sh "build/$preset" || true # no log: nothing was run (ctest -N)
    exit "$passed"
    ;;
  build)
    scripts/install_packages.sh build
    build_preset release
    say "built $program"
    ;;
  sim)
    scripts/install_packages.sh build test
    build_preset dev callboard-sim
    if [ $# -eq 0 ]; then
      set -- --seeds 1000
    fi
    say "simulating; callboard-sim $*"
    exec build/dev/callboard-sim "$@"
    ;;
  bench)
    case "${1:-all}" in
      peers)
        shift
        scripts/install_packages.sh build bench peers
        build_preset release
        bench/peers/install.sh build/bench/peers
        exec python3 -B bench/peers/run.py "$@"
        ;;
      micro)
        shift
        scripts/install_packages.sh build bench
        cmake_again=1 # the library may have come since
        build_preset release callboard-microbench
        exec build/release/callboard-microbench "$@"
        ;;
      report)
        shift
        exec python3 -B bench/report.py --charts docs --document docs/performance.md "$@"
        ;;
      *)
        scripts/install_packages.sh build
        build_preset release
        if [ $# -eq 0 ]; then
          set -- all
        fi
        exec build/release/callboard-bench --server "$program" "$@"
        ;;
    esac
    ;;
  check)
    scripts/install_packages.sh build check
    say "formatting"
    scripts/format.sh --check
    say "static analysis"
    scripts/tidy.sh
    ;;
  clean)
    rm -rf build
    ;;
  help | --help | -h)
    usage
    ;;
  *)
    printf 'callboard.sh: unknown command "%s"\n\n' "$command" >&2
    usage >&2
    exit 2
    ;;
esac
