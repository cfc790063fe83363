"""Measures what a constrained token costs beside a free one, model included.

usage: end_to_end.py SWINFER MODEL.gguf [ROUNDS] [SAMPLERS]

A free and a constrained generation are alive at once and go on by turns, a few tokens each (the other one is stopped
by SIGSTOP), so that what slows the machine down for a second slows both. Times are those between the lines that
`run --json` prints, the first of each turn left out. "Noise" is the same of two free generations.

A model with random weights will do, if it has a vocabulary of text: it refuses to follow any constraint by itself,
which is the worst case.
"""

import json
import signal
import statistics
import subprocess
import sys
import time

TURN = 8
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


class Generation:
    """A process that generates, or is stopped."""

    def __init__(self, swinfer, model, seed, arguments):
        self.process = subprocess.Popen(
            [swinfer, "run", "-m", model, "-p", "Once upon a time", "-n", str(TOKENS), "--seed", str(seed), "--json",
             *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)
        self.tokens = 0
        # What belongs to loading and to the prompt.
        self.isRunning = self.next()
        self.process.send_signal(signal.SIGSTOP)

    def next(self):
        """Waits for a token; whether there was one."""
        event = json.loads(self.process.stdout.readline() or "{}").get("event")
        self.tokens += event == "token"
        return event == "token"

    def turn(self):
        """Seconds of a turn's tokens; None: the text has ended."""
        self.process.send_signal(signal.SIGCONT)
        if not self.next():
            return None
        start = time.perf_counter()
        for _ in range(TURN):
            if not self.next():
                return None
        end = time.perf_counter()
        self.process.send_signal(signal.SIGSTOP)
        return end - start

    def finish(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        error = self.process.communicate()[1]
        if not self.isRunning:
            sys.exit(error)


def pair(swinfer, model, seed, free, held):
    """Milliseconds of a token in two generations by turns, and the tokens of the second."""
    both = [Generation(swinfer, model, seed, free), Generation(swinfer, model, seed, held)]
    sums = [0.0, 0.0]
    turns = 0
    while True:
        # Each is first as often as second.
        order = (0, 1) if turns % 2 == 0 else (1, 0)
        times = {}
        for which in order:
            times[which] = both[which].turn()
            if times[which] is None:
                break
        if len(times) < 2 or None in times.values():
            break
        turns += 1
        for which in order:
            sums[which] += times[which]
    tokens = both[1].tokens
    for one in both:
        one.finish()
    if turns == 0:
        sys.exit("the text ended at once")
    return [1000 * sum / (turns * TURN) for sum in sums], tokens


def main():
    swinfer, model = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    wanted = sys.argv[4] if len(sys.argv) > 4 else ""
    print("| samplers | constraint | tokens | ms free | more | range |\n|---|---|---:|---:|---:|---|")
    for samplers, options in SAMPLERS:
        if wanted not in samplers:
            continue
        free = ["--ignore-eos", *options]
        for name, constraint in [("noise", None), *CONSTRAINTS]:
            held = free if constraint is None else options + constraint
            pairs = [pair(swinfer, model, seed, free, held) for seed in range(1, rounds + 1)]
            more = sorted(100 * (times[1] / times[0] - 1) for times, _ in pairs)
            print(
                f"| {samplers} | {name} | {statistics.median(tokens for _, tokens in pairs):.0f}"
                f" | {statistics.median(times[0] for times, _ in pairs):.1f} | {statistics.median(more):+.1f} %"
                f" | {more[0]:+.1f} to {more[-1]:+.1f} % |", flush=True)


if __name__ == "__main__":
    main()
