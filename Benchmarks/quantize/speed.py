#!/usr/bin/env python3
"""Times swinfer quantize and llama-quantize in turns on one file: seconds of whole runs, medians and the ratio of
each pair's times.

usage: speed.py LLAMA_QUANTIZE ORIGINAL.gguf TYPE ... [--imatrix FILE] [--rounds N] [--threads N] [--swinfer PROGRAM]
                [--folder FOLDER] [--seconds LIMIT]
Types marked with + (IQ2_XS+) are written with the importance matrix, the others without.
"""
import argparse, os, pathlib, statistics, subprocess, sys, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1])
parser.add_argument("quantizer")
parser.add_argument("original")
parser.add_argument("types", nargs="+")
parser.add_argument("--imatrix")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--threads", default=str(os.cpu_count()))
parser.add_argument("--swinfer", default=str(ROOT / ".build/release/swinfer"))
parser.add_argument("--folder", default="/tmp")
parser.add_argument("--seconds", type=float, default=1e9, help="start no more rounds after this time")
a = parser.parse_args()
end = time.time() + a.seconds


def timed(program, mix, marked):
    out = f"{a.folder}/speed-{os.getpid()}.gguf"
    more = ["--imatrix", a.imatrix] if marked else []
    command = [program, "--allow-requantize", *more, a.original, out, mix, a.threads]
    if program == a.swinfer:
        command.insert(1, "quantize")
    start = time.time()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.time() - start
    if done.returncode:
        sys.exit((done.stderr or done.stdout)[-400:])
    size = os.path.getsize(out)
    os.unlink(out)
    return seconds, size


print("| type | swinfer, s | llama-quantize, s | ratio | of rounds | bytes differ by |\n|---|---:|---:|---:|---:|---:|")
for kind in a.types:
    mix, marked = kind.rstrip("+"), kind.endswith("+")
    ours, theirs, difference = [], [], 0
    for round in range(a.rounds):
        if round and time.time() > end:
            break
        for mine in (True, False) if round % 2 == 0 else (False, True):
            seconds, size = timed(a.swinfer if mine else a.quantizer, mix, marked)
            (ours if mine else theirs).append(seconds)
            difference += size if mine else -size
    ratios = sorted(t / o for o, t in zip(ours, theirs))
    print(f"| {mix}{', importances' if marked else ''} | {statistics.median(ours):.2f} | {statistics.median(theirs):.2f} "
          f"| {statistics.median(ratios):.2f} | {ratios[0]:.2f}...{ratios[-1]:.2f} | {difference // len(ours)} |", flush=True)
