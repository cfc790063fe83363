#!/usr/bin/env bash
# Predicted against measured decode speed of models on this machine, in turns, as medians.
#
# usage: check-fit.sh [-r ROUNDS] MODEL.gguf ...
# Set SWINFER to the program (default: .build/release/swinfer). The machine should be idle.
set -euo pipefail
rounds=5
if [ "${1:-}" = "-r" ]; then
    rounds=$2
    shift 2
fi
if [ $# -eq 0 ]; then
    echo "usage: check-fit.sh [-r ROUNDS] MODEL.gguf ..." >&2
    exit 64
fi
program=${SWINFER:-.build/release/swinfer}

number() { # KEY: the value of a JSON field, from standard input
    grep -o "\"$1\": *[0-9.e+-]*" | head -1 | sed 's/.*: *//'
}
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

printf '| model | predicted tok/s | measured tok/s | predicted/measured |\n|---|---:|---:|---:|\n'
for model in "$@"; do
    predicted=() measured=()
    for _ in $(seq "$rounds"); do
        predicted+=("$("$program" fit "$model" -c 512 --json 2>/dev/null | number decode_ts)")
        measured+=("$("$program" bench -m "$model" -p 0 -n 32 -r 3 -o jsonl | number avg_ts)")
    done
    p=$(printf '%s\n' "${predicted[@]}" | median)
    m=$(printf '%s\n' "${measured[@]}" | median)
    printf '| %s | %.2f | %.2f | %s |\n' "$(basename "$model")" "$p" "$m" "$(awk "BEGIN { printf \"%.2f\", $p / $m }")"
done
