"""Runs swinfer and llama.cpp in turn on the same files and writes a table of ratios.

See Benchmarks/compare/run for the usage.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent


def cpu_name():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


class Engine:
    """A process that measures once for each line it is sent."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def turn(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args[0]} ended early")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def swinfer(a, path):
    return Engine([a.swinfer, "bench", "-m", path, "-p", str(a.p), "-n", str(a.n), "-d", str(a.d), "-t", str(a.threads),
                   "-c", str(a.d + max(a.p, a.n) + 64), "-o", "jsonl", "--take-turns"])


def llamacpp(a, path):
    return Engine([sys.executable, str(here / "llamacpp_bench.py"), path, str(a.threads), str(a.p), str(a.n), str(a.d)]
                  + (["--no-repack"] if a.no_repack else []))


def measure(a, path):
    """For each test: lists of (ours, theirs, share of bandwidth, share of int8 rate), one entry a round."""
    tests = [name for name, tokens in (("pp", a.p), ("tg", a.n)) if tokens > 0]
    result = {name: [] for name in tests}
    engines = [swinfer(a, path), llamacpp(a, path)]
    for index in range(a.rounds):
        for name in tests:
            # Whoever goes first changes from round to round.
            order = (0, 1) if index % 2 == 0 else (1, 0)
            values = [None, None]
            for who in order:
                values[who] = engines[who].turn()
            row = values[0]
            result[name].append((row["avg_ts"], values[1], row["bandwidth_share"], row["int8_share"]))
    for engine in engines:
        engine.close()
    return result


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("models", nargs="+")
    ap.add_argument("-p", type=int, default=512)
    ap.add_argument("-n", type=int, default=64)
    ap.add_argument("-d", type=int, default=0)
    ap.add_argument("--rounds", type=int, default=7, help="how often the two take turns")
    ap.add_argument("-t", "--threads", type=int, default=len(os.sched_getaffinity(0)))
    ap.add_argument("--no-repack", action="store_true", help="llama.cpp without its repacked weights")
    ap.add_argument("--swinfer", required=True)
    ap.add_argument("--out")
    a = ap.parse_args()

    import llama_cpp

    lines = [
        f"{datetime.date.today()}, {cpu_name()}, {a.threads} threads. llama.cpp: llama-cpp-python "
        f"{llama_cpp.__version__}, built natively. Medians (ratios: of the pairs, least to most) of {a.rounds} "
        "measurements each, taken in turn by two running processes.",
        "",
        "| model | test | swinfer t/s | llama.cpp t/s | ratio | of bandwidth | of int8 peak |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    print("\n".join(lines), flush=True)
    for path in a.models:
        for name, rounds in measure(a, path).items():
            label = f"{name}{a.p if name == 'pp' else a.n}" + (f" @ d{a.d}" if a.d else "")
            ours, theirs, bandwidth, int8 = (statistics.median(column) for column in zip(*rounds))
            ratios = sorted(row[0] / row[1] for row in rounds)
            line = (f"| {pathlib.Path(path).stem} | {label} | {ours:.2f} | {theirs:.2f} | "
                    f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) | "
                    f"{bandwidth * 100:.0f} % | {int8 * 100:.0f} % |")
            print(line, flush=True)
            lines.append(line)
    if a.out:
        pathlib.Path(a.out).write_text("\n".join(lines) + "\n")


main()
