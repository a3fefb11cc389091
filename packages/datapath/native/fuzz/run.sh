#!/bin/sh
# Builds every fuzz target with ASan and UBSan and runs each for SECONDS, two at a time, starting from the golden packets and
# from what earlier runs found. Fails on a crash, a broken property, a leak or a hang.
#
#   run.sh SECONDS            all targets
#   run.sh SECONDS TARGET…    these, such as segment_packet
#
# SRWAN_BUILD_DIR: where to build and keep corpora (default packages/datapath/build/fuzz).
set -eu

case "${1:-}" in
  ''|*[!0-9]*|0) echo "usage: run.sh SECONDS [TARGET...]" >&2; exit 2 ;;
esac
seconds=$1
shift

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
build=${SRWAN_BUILD_DIR:-$here/../../build/fuzz}
for tool in clang++ cmake; do
  command -v "$tool" >/dev/null || { echo "run.sh: $tool is not installed; fuzzing needs clang, cmake and the OpenSSL 3 headers" >&2; exit 1; }
done

generator=
if command -v ninja >/dev/null; then generator='-G Ninja'; fi
mkdir -p "$build"
build=$(CDPATH='' cd -- "$build" && pwd)
# shellcheck disable=SC2086
cmake $generator -S "$here/.." -B "$build" -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DSRWAN_FUZZ=ON -DSRWAN_TESTS=OFF -DSRWAN_SANITIZE=address,undefined >"$build/configure.log" 2>&1 || { cat "$build/configure.log" >&2; exit 1; }
cmake --build "$build" --target srwan_fuzzers -j 2 >"$build/build.log" 2>&1 || { cat "$build/build.log" >&2; exit 1; }
"$build/test/wire/golden_packets" seeds "$build/seeds"

if [ $# -eq 0 ]; then
  set -- data_plaintext handshake_packet inner_ip_packet pair_packet probe_body relay_body segment_packet session_control
fi
for target in "$@"; do
  [ -x "$build/fuzz/${target}_fuzz" ] || { echo "run.sh: no target $target" >&2; exit 2; }
  mkdir -p "$build/corpus/$target" "$build/crashes/$target"
done

export build seconds
# shellcheck disable=SC2016
printf '%s\n' "$@" | xargs -P 2 -I '{}' sh -c '
  target=$1
  log=$build/fuzz-$target.log
  if "$build/fuzz/${target}_fuzz" "$build/corpus/$target" "$build/seeds/$target" -max_total_time="$seconds" -max_len=2048 \
      -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix="$build/crashes/$target/" >"$log" 2>&1; then
    runs=$(sed -n "s/^stat::number_of_executed_units: *//p" "$log")
    echo "ok      $target: $runs inputs in $seconds s"
  else
    echo "FAILED  $target:"
    tail -n 40 "$log"
    exit 1
  fi
' _ '{}'
