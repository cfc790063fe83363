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


def run_swinfer(a, path, prompt, generate, depth):
    command = [a.swinfer, "bench", "-m", path, "-p", str(prompt), "-n", str(generate), "-d", str(depth),
               "-r", str(a.repetitions), "-t", str(a.threads), "-c", str(depth + max(prompt, generate) + 64),
               "-o", "json"]
    rows = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    result = {}
    for row in rows:
        name = "pp" if row["n_prompt"] else "tg"
        result[name] = row["samples_ts"]
        result[name + "_limits"] = (row["bytes_per_token"], row["read_bandwidth"], row["int8_share"],
                                    row["bandwidth_share"])
    return result


def run_llamacpp(a, path, prompt, generate, depth):
    command = [sys.executable, str(here / "llamacpp_bench.py"), path, str(a.threads), str(prompt), str(generate),
               str(depth), str(a.repetitions)] + (["--no-repack"] if a.no_repack else [])
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    raw = json.loads(out)
    result = {}
    for name, tokens in (("pp", prompt), ("tg", generate)):
        if name in raw:
            result[name] = [tokens / s for s in raw[name]]
    return result


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("models", nargs="+")
    ap.add_argument("-p", type=int, default=512)
    ap.add_argument("-n", type=int, default=64)
    ap.add_argument("-d", type=int, default=0)
    ap.add_argument("--rounds", type=int, default=3, help="how often the two take turns")
    ap.add_argument("--repetitions", type=int, default=2, help="measurements in each turn")
    ap.add_argument("-t", "--threads", type=int, default=len(os.sched_getaffinity(0)))
    ap.add_argument("--no-repack", action="store_true", help="llama.cpp without its repacked weights")
    ap.add_argument("--swinfer", required=True)
    ap.add_argument("--out")
    a = ap.parse_args()

    import llama_cpp

    lines = [
        f"{datetime.date.today()}, {cpu_name()}, {a.threads} threads. llama.cpp: llama-cpp-python "
        f"{llama_cpp.__version__}, built natively. Medians; the two take turns {a.rounds} times.",
        "",
        "| model | test | swinfer t/s | llama.cpp t/s | ratio | of bandwidth | of int8 peak |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    print("\n".join(lines), flush=True)
    for path in a.models:
        ours, theirs, ratios, limits = {}, {}, {}, {}
        for _ in range(a.rounds):
            mine = run_swinfer(a, path, a.p, a.n, a.d)
            peer = run_llamacpp(a, path, a.p, a.n, a.d)
            for name in peer:
                ours.setdefault(name, []).extend(mine[name])
                theirs.setdefault(name, []).extend(peer[name])
                ratios.setdefault(name, []).append(statistics.median(mine[name]) / statistics.median(peer[name]))
                limits.setdefault(name, []).append(mine[name + "_limits"])
        for name in ours:
            label = f"{name}{a.p if name == 'pp' else a.n}" + (f" @ d{a.d}" if a.d else "")
            bandwidth = statistics.median(x[3] for x in limits[name])
            int8 = statistics.median(x[2] for x in limits[name])
            line = (f"| {pathlib.Path(path).stem} | {label} | {statistics.median(ours[name]):.2f} | "
                    f"{statistics.median(theirs[name]):.2f} | {statistics.median(ratios[name]):.2f} | "
                    f"{bandwidth * 100:.0f} % | {int8 * 100:.0f} % |")
            print(line, flush=True)
            lines.append(line)
    if a.out:
        pathlib.Path(a.out).write_text("\n".join(lines) + "\n")


main()
