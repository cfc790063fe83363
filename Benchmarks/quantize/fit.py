#!/usr/bin/env python3
"""swinfer quantize --fit against uniform mixes of the same size: KL divergence from the original on other text
than importances and sensitivities come from. Made files are removed; figures are kept in FOLDER, so that a run
that was stopped goes on.

usage: fit.py FOLDER ORIGINAL.gguf CALIBRATION.txt TEXT.txt [--sizes MIX,...] [--mixes MIX,...] [--swinfer PROGRAM]
              [-c TOKENS] [--chunks N] [--seconds LIMIT] [--random-too]
"""
import argparse, json, os, pathlib, re, subprocess, sys, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZES = "IQ2_XXS,Q2_K,IQ3_XXS,Q3_K_M,IQ4_XS,Q4_K_M,Q5_K_M,Q6_K"
parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1])
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("original")
parser.add_argument("calibration")
parser.add_argument("text")
parser.add_argument("--sizes", default=SIZES, help="mixes whose size is fitted")
parser.add_argument("--mixes", default=SIZES + ",IQ2_M,IQ3_M,Q4_K_S", help="uniform mixes to compare with")
parser.add_argument("--swinfer", default=str(ROOT / ".build/release/swinfer"))
parser.add_argument("-c", default="256")
parser.add_argument("--chunks", default="16")
parser.add_argument("--seconds", type=float, default=1e9, help="start nothing after this time")
a = parser.parse_args()
a.folder.mkdir(exist_ok=True, parents=True)
end = time.time() + a.seconds
known = a.folder / "results.json"
results = json.loads(known.read_text()) if known.exists() else {}


def run(*arguments, log=None):
    start = time.time()
    done = subprocess.run([a.swinfer, *map(str, arguments)], capture_output=True, text=True)
    print(f"{time.time() - start:6.1f} s  {' '.join(map(str, arguments))[-120:]}", file=sys.stderr, flush=True)
    if done.returncode:
        sys.exit(done.stderr[-600:])
    if log:
        log.write_text(done.stderr)
    return done.stdout


def measure(key, *quantize):
    if key in results:
        return
    if time.time() > end:
        sys.exit("stopped for time; run it again to go on")
    path = a.folder / "model.gguf"
    run("quantize", "--allow-requantize", "--imatrix", importances, *quantize[:-1], a.original, path, *quantize[-1:],
        log=a.folder / f"{key}.log")
    out = run("perplexity", "-m", path, "--kl-divergence-base", base, "--kl-divergence")
    results[key] = dict(
        bytes=path.stat().st_size, kld=float(re.search(r"mean KLD\s+([0-9.eE+-]+)", out)[1]),
        same=float(re.search(r"same top token\s+([0-9.]+)", out)[1]))
    path.unlink()
    known.write_text(json.dumps(results, indent=1))


importances, base = a.folder / "importances.gguf", a.folder / "base.kld"
if not importances.exists():
    run("imatrix", "-m", a.original, "-f", a.calibration, "-c", a.c, "--chunks", a.chunks, "-o", importances)
if not base.exists():
    run("perplexity", "-m", a.original, "-f", a.text, "-c", a.c, "--chunks", a.chunks, "--kl-divergence-base", base)
mixes = a.mixes.split(",")
for mix in mixes:
    measure(mix, mix)
for mix in a.sizes.split(","):
    if "fit-" + mix not in results:
        measure("fit-" + mix, "--fit", results[mix]["bytes"], "-c", 0, "-f", a.calibration, "--sensitivities",
                a.folder / "sensitivities.txt", "--")
print("| budget, bytes | best uniform mix | its bytes | mean KLD | same top token | fitted, bytes | mean KLD "
      "| same top token | ratio |\n|---:|---|---:|---:|---:|---:|---:|---:|---:|")
for mix in a.sizes.split(","):
    budget, fit = results[mix]["bytes"], results["fit-" + mix]
    best = min((m for m in mixes if results[m]["bytes"] <= budget), key=lambda m: results[m]["kld"])
    u = results[best]
    print(f"| {budget:,} | {best} | {u['bytes']:,} | {u['kld']:.5f} | {u['same']:.1f} % | {fit['bytes']:,} | {fit['kld']:.5f} "
          f"| {fit['same']:.1f} % | {fit['kld'] / u['kld']:.2f} |")
