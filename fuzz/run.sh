#!/bin/sh
# Runs the fuzz targets one after the other: `fuzz/run.sh [SECONDS [TARGET…]]`, 60 seconds each
# unless said otherwise. Needs a nightly toolchain and `cargo install cargo-fuzz`.
set -eu
cd "$(dirname "$0")"
seconds=${1:-60}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- manifest project plan_file ledger journal lock simulator_state answers answer token token_file
cargo +nightly fuzz build
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
"${CARGO_TARGET_DIR:-target}/$host/release/seed"
for target in "$@"; do
    echo "== $target"
    dictionary=
    [ ! -f "dictionaries/$target.dict" ] || dictionary="-dict=dictionaries/$target.dict"
    # shellcheck disable=SC2086
    cargo +nightly fuzz run "$target" -- -max_total_time="$seconds" -max_len=16384 -timeout=20 -rss_limit_mb=4096 $dictionary
done
