#!/usr/bin/env bash
# Installs what Callboard needs on Debian 12 and is not there yet, by name and without questions.
#
#   scripts/install_packages.sh [build] [test] [run] [check] [bench] [peers]     default: build test run
#
# build  compiler, tools and libraries        test   everything that the tests use besides
# run    what `./callboard.sh run` uses       check  clang-format and clang-tidy
# bench  micro-benchmarks and charts          peers  the servers that `bench peers` compares with
#
# Servers are installed and not started.
#
# CALLBOARD_SKIP_INSTALL=1 leaves everything as it is. docs/dependencies.md says why each package is needed.
set -euo pipefail

build_packages=(
  g++ cmake ninja-build ccache mold pkg-config git ca-certificates
  libcaf-dev libboost1.81-dev nlohmann-json3-dev librocksdb-dev libcli11-dev libtomlplusplus-dev libspdlog-dev libssl-dev
  libcurl4-openssl-dev libsqlite3-dev libvalijson-dev libre2-dev libjemalloc-dev libhowardhinnant-date-dev tzdata
  libncurses-dev # callboard top
  nodejs npm # the dashboard, and the tests of the TypeScript client
  python3 # the description of the REST interface
)
test_packages=(
  catch2 librapidcheck-dev libbenchmark-dev python3 python3-aiosmtpd python3-jsonschema openssl curl procps
  openssh-server # the SFTP test starts its own sshd
  iproute2 perl util-linux # the fleet tests: hosts in network namespaces
  user-mode-linux # the cgroup tests: a kernel that runs as a process
  chromium # the tests of the dashboard and of the TypeScript client
  prometheus python3-prometheus-client # the tests of the metrics and of the alert rules
  zsh fish groff-base mandoc # completion and manual pages
  python3-pyte # a terminal for callboard top
)
run_packages=(python3 python3-aiosmtpd openssl curl procps)
check_packages=(clang-format-14 clang-tidy-14)
bench_packages=(libbenchmark-dev python3)
peers_packages=(
  beanstalkd redis-server gearman-job-server ruby-sidekiq python3-celery python3-redis rabbitmq-server nodejs npm
)
# Their packages start a service.
server_packages=(openssh-server prometheus beanstalkd redis-server gearman-job-server rabbitmq-server)

say() {
  printf 'install_packages: %s\n' "$*" >&2
}

wanted=()
for group in "${@:-default}"; do
  case "$group" in
    build) wanted+=("${build_packages[@]}") ;;
    test) wanted+=("${test_packages[@]}") ;;
    run) wanted+=("${run_packages[@]}") ;;
    check) wanted+=("${check_packages[@]}") ;;
    bench) wanted+=("${bench_packages[@]}") ;;
    peers) wanted+=("${peers_packages[@]}") ;;
    default) wanted+=("${build_packages[@]}" "${test_packages[@]}" "${run_packages[@]}") ;;
    *)
      say "unknown group '$group'; there are: build, test, run, check, bench, peers"
      exit 2
      ;;
  esac
done

if [ "${CALLBOARD_SKIP_INSTALL:-0}" = 1 ]; then
  exit 0
fi
if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null; then
  say "this is not Debian; going on with what is installed. Callboard needs, under Debian's names: ${wanted[*]}"
  exit 0
fi

missing=()
for package in "${wanted[@]}"; do
  # Other sources of Node.js bring npm along in their package, and do not go with Debian's.
  case "$package" in
    nodejs) command -v node > /dev/null && continue ;;
    npm) command -v npm > /dev/null && continue ;;
  esac
  if [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2> /dev/null || true)" != installed ]; then
    case " ${missing[*]:-} " in
      *" $package "*) ;;
      *) missing+=("$package") ;;
    esac
  fi
done
if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo > /dev/null; then
    say "these packages are missing: ${missing[*]}"
    say "installing them needs root, and there is no sudo. As root, run: apt-get install --no-install-recommends ${missing[*]}"
    exit 1
  fi
  as_root=(sudo)
fi

# A server package starts its service as it is installed, unless this file says no. One that is there stays as it is.
policy=/usr/sbin/policy-rc.d
made_policy=0
remove_policy() {
  if [ "$made_policy" = 1 ]; then
    ${as_root[@]+"${as_root[@]}"} rm -f "$policy"
  fi
}
trap remove_policy EXIT
for package in "${server_packages[@]}"; do
  case " ${missing[*]} " in
    *" $package "*)
      if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | ${as_root[@]+"${as_root[@]}"} tee "$policy" > /dev/null
        made_policy=1
        ${as_root[@]+"${as_root[@]}"} chmod 755 "$policy"
      fi
      ;;
  esac
done

say "installing: ${missing[*]}"
log=$(mktemp)
if ! {
  ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -q update &&
    ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
      -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "${missing[@]}"
} > "$log" 2>&1; then
  tail -n 40 "$log" >&2
  say "apt-get failed (its whole output: $log)"
  exit 1
fi
rm -f "$log"
say "done"
