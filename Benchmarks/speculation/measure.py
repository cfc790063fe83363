"""Measures speculation: acceptance and speed beside the same model without it, run in turn.

usage: measure.py SWINFER FOLDER [ROUNDS] [TEXT]

FOLDER holds what make_models.py makes; TEXT is a part of the names of the texts to measure. Prints a Markdown table; every text is compared with the one that comes
without speculation.
"""

import json
import pathlib
import re
import statistics
import subprocess
import sys

FREE = "Once upon a time"
# The built-in model does not repeat itself by itself; lines of JSON are what is repetitive in practice.
LINES = r'''root ::= ("{\"name\": \"" [A-Z] [a-z]{2,8} "\", \"animal\": \"" [a-z]{3,8} "\"}\n"){9}'''


def run(swinfer, arguments):
    result = subprocess.run([swinfer, "run", "--json", *arguments], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(result.stderr)
    events = [json.loads(line) for line in result.stdout.splitlines()]
    end = events[-1]
    aside = re.search(r"set aside (\d+)", result.stderr)
    return {
        "text": "".join(event.get("text", "") for event in events[:-1]),
        "milliseconds": 1000 * end["generation_seconds"] / end["generated_tokens"],
        "tried": end["drafted_tokens"], "taken": end["accepted_tokens"], "aside": int(aside[1]) if aside else 0,
    }


def main():
    swinfer, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    wanted = sys.argv[4] if len(sys.argv) > 4 else ""
    lookup = ("lookup", ["--lookup"])
    deep = [
        lookup, ("draft, the built-in model", ["-md", folder / "stories.gguf"]),
        ("draft, its Q4_0", ["-md", folder / "stories-Q4_0.gguf"]),
        ("draft, its Q2_K", ["-md", folder / "stories-Q2_K.gguf"]),
        ("lookup, then draft (Q4_0)", ["--lookup", "-md", folder / "stories-Q4_0.gguf"]),
    ]
    layer = ("prediction layer", ["--spec-type", "draft-mtp"])
    cases = []
    for name, more in [
        ("lines of JSON", ["--temp", "0", "--grammar", LINES]), ("free", ["--temp", "0", "--ignore-eos"]),
        ("free, sampled", ["--temp", "0.8", "--seed", "1", "--ignore-eos"]),
    ]:
        cases.append(("deep", name, ["-p", FREE, "-n", "300", *more], deep))
    for kind in ["all", "some", "none"]:
        chain = ["-p", FREE, "-n", "160", "--temp", "0", "--ignore-eos"]
        cases.append((f"mtp-{kind}", "a chain", chain, [layer] + ([lookup] if kind == "all" else [])))
    print("| model | text | speculation | tried | taken | acceptance | set aside | ms per token without | speed | range |")
    print("|---|---|---|---:|---:|---:|---:|---:|---:|---|")
    for model, text, arguments, ways in cases:
        if wanted not in text:
            continue
        base = ["-m", folder / f"{model}.gguf", *arguments]
        plain, results = [], [[] for _ in ways]
        for _ in range(rounds):
            for way, result in zip(ways, results):
                plain.append(run(swinfer, base))
                result.append((plain[-1], run(swinfer, base + way[1])))
        without = statistics.median(one["milliseconds"] for one in plain)
        for way, result in zip(ways, results):
            ratios = [before["milliseconds"] / after["milliseconds"] for before, after in result]
            if any(before["text"] != after["text"] for before, after in result):
                sys.exit(f"{model}, {text}, {way[0]}: another text")
            last = result[-1][1]
            share = f"{100 * last['taken'] / last['tried']:.0f} %" if last["tried"] else "-"
            print(
                f"| {model} | {text} | {way[0]} | {last['tried']} | {last['taken']} | {share} | {last['aside']} |"
                f" {without:.2f} | {statistics.median(ratios):.2f} | {min(ratios):.2f} to {max(ratios):.2f} |",
                flush=True)


if __name__ == "__main__":
    main()
