"""Measures what a constrained token costs beside a free one, model included, run in turn.

usage: end_to_end.py SWINFER MODEL.gguf [ROUNDS]

A model with random weights will do, if it has a vocabulary of text: it refuses to follow any constraint by itself,
which is the worst case.
"""

import json
import statistics
import subprocess
import sys

TOKENS = 96
CONSTRAINTS = [
    ("any text", ["--grammar", "root ::= .*"]),
    ("any object", ["-j", '{"type":"object"}']),
    ("strings up to 2,000", [
        "-j", '{"type":"object","properties":{"x":{"type":"string","minLength":60,"maxLength":2000}},"required":["x"]}']),
    ("array of numbers", ["-j", '{"type":"array","items":{"type":"number"},"minItems":40}']),
    ("pattern", [
        "-j", '{"type":"object","properties":{"x":{"type":"string","pattern":"^[A-Z][a-z]+( [A-Z][a-z]+)*$",'
        '"minLength":60}},"required":["x"]}']),
    ("uris", [
        "-j", '{"type":"array","items":{"type":"string","format":"uri","maxLength":40},"minItems":3}']),
]
SAMPLERS = [("default", []), ("greedy", ["--temp", "0"]),
            ("temperature alone", ["--top-k", "0", "--top-p", "1", "--min-p", "0"])]


def run(swinfer, model, seed, arguments):
    """Milliseconds of a token behind the first."""
    result = subprocess.run(
        [swinfer, "run", "-m", model, "-p", "Once upon a time", "-n", str(TOKENS), "--seed", str(seed), "--json",
         *arguments], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(result.stderr)
    end = json.loads(result.stdout.splitlines()[-1])
    return 1000 * end["generation_seconds"] / max(1, end["generated_tokens"] - 1), end["generated_tokens"]


def main():
    swinfer, model = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    print("| samplers | constraint | tokens | ms free | more | range |\n|---|---|---:|---:|---:|---|")
    for samplers, options in SAMPLERS:
        for name, constraint in CONSTRAINTS:
            pairs = [(run(swinfer, model, seed, ["--ignore-eos", *options]), run(swinfer, model, seed, options + constraint))
                     for seed in range(1, rounds + 1)]
            more = sorted(100 * (held[0] / free[0] - 1) for free, held in pairs)
            print(
                f"| {samplers} | {name} | {statistics.median(held[1] for _, held in pairs):.0f}"
                f" | {statistics.median(free[0] for free, _ in pairs):.1f} | {statistics.median(more):+.1f} %"
                f" | {more[0]:+.1f} to {more[-1]:+.1f} % |", flush=True)


if __name__ == "__main__":
    main()
