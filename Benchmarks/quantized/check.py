#!/usr/bin/env python3
"""Files that llama-quantize writes, run by swinfer and by llama.cpp: do both compute the same?

For every type the built-in model is quantized by llama.cpp's llama-quantize. Then the logits of one text
are computed three times: by swinfer, by llama.cpp, and by llama.cpp from the same weights as float32
(`llama-quantize FILE F32`), the reference. The table tells how far both engines are from the reference and
from each other: of every position the normalized mean square, of these the median, as positions where
rounding tips a router are far off in both. And the perplexities that `swinfer perplexity` and
llama-perplexity find on longer texts.

usage: check.py LLAMA_BIN [TYPE ...] [--swinfer PROGRAM] [--model FILE] [--tokens N] [--stories N] [--threads N]
LLAMA_BIN: the folder of llama-quantize and llama-perplexity
needs: numpy and llama-cpp-python (Benchmarks/compare/run makes an environment with both)
"""
import argparse, ctypes, json, math, os, pathlib, re, subprocess, sys, tempfile
import numpy as np
import llama_cpp as L

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What llama-quantize refuses to write without importances.
NEED_IMPORTANCES = {"IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ2_M", "IQ3_XXS", "IQ3_XS", "Q2_K_S"}
# Newer than swinfer's types; its message is shown.
NOT_READ = {"Q2_0"}
# Perplexities may differ by this share (where a type leaves so little of the model that they exceed e, their
# logarithms may), and engines' errors from the reference by this factor.
PERPLEXITY_BAR, ERROR_BAR = 0.005, 1.1


def arguments():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1])
    parser.add_argument("tools", type=pathlib.Path)
    parser.add_argument("types", nargs="*")
    parser.add_argument("--swinfer", default=str(ROOT / ".build/release/swinfer"))
    parser.add_argument("--model", default=str(next((ROOT / "Sources/Swinfer/Resources").glob("*.gguf"))))
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--stories", type=int, default=24)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    return parser.parse_args()


def run(command, **more):
    result = subprocess.run(command, capture_output=True, text=True, **more)
    if result.returncode:
        lines = (result.stderr or result.stdout).strip().splitlines()
        raise RuntimeError(lines[-1] if lines else f"exit {result.returncode}")
    return result.stdout


def known_types(quantizer):
    """Names in llama-quantize's help; aliases (of one number) once, floats and copies left out."""
    text = subprocess.run([quantizer, "--help"], capture_output=True, text=True)
    found = {}
    for number, name in re.findall(r"^\s*(\d+)\s+or\s+(\w+)\s*:", text.stdout + text.stderr, re.M):
        found[number] = name
    return [name for name in found.values() if name != "F32"]


def llama_logits(path, tokens, threads):
    model = L.llama_model_load_from_file(path.encode(), L.llama_model_default_params())
    if not model:
        raise RuntimeError("llama.cpp cannot load the file")
    options = L.llama_context_default_params()
    options.n_ctx = options.n_batch = options.n_ubatch = len(tokens)
    options.n_threads = options.n_threads_batch = threads
    options.type_k = options.type_v = 0  # F32, as swinfer logits keeps them
    context = L.llama_init_from_model(model, options)
    batch = L.llama_batch_init(len(tokens), 0, 1)
    batch.n_tokens = len(tokens)
    for place, token in enumerate(tokens):
        batch.token[place], batch.pos[place], batch.n_seq_id[place] = token, place, 1
        batch.seq_id[place][0], batch.logits[place] = 0, 1
    if L.llama_decode(context, batch):
        raise RuntimeError("llama.cpp cannot compute the file")
    width = L.llama_vocab_n_tokens(L.llama_model_get_vocab(model))
    logits = np.ctypeslib.as_array(L.llama_get_logits(context), shape=(len(tokens), width)).copy()
    L.llama_batch_free(batch)
    L.llama_free(context)
    L.llama_model_free(model)
    return logits.astype(np.float64)


def swinfer_logits(program, path, tokens, threads, folder):
    out = f"{folder}/logits.bin"
    run([program, "logits", "-m", path, "--tokens", ",".join(map(str, tokens)), "--out", out, "-t", str(threads)])
    return np.fromfile(out, np.float32).reshape(len(tokens), -1).astype(np.float64)


def nmse(a, b):
    return float(np.median(((a - b) ** 2).sum(-1) / (b**2).sum(-1)))


def perplexity(command):
    for _ in range(3):  # llama-perplexity sometimes ends before it has written its last line
        result = subprocess.run(command, capture_output=True, text=True)
        found = re.search(r"perplexity\s+([0-9.]+) \+/-|Final estimate: PPL = ([0-9.]+)", result.stdout + result.stderr)
        if found:
            return float(found[1] or found[2])
    return float("nan")


def main():
    a = arguments()
    quiet = L.llama_log_callback(lambda *_: None)
    L.llama_log_set(quiet, ctypes.c_void_p(0))
    L.llama_backend_init()
    failed = []
    quantizer = str(a.tools / "llama-quantize")
    with tempfile.TemporaryDirectory() as folder:
        start = "Once upon a time"

        def story(seed):
            return start + run([a.swinfer, "run", a.model, "-p", start, "-n", str(a.tokens), "--seed", str(seed),
                                "--ignore-eos"]) + "\n"

        text = story(1)
        tokens = json.loads(run([a.swinfer, "tokenize", "-m", a.model, "--jsonl"], input=json.dumps(text) + "\n"))
        tokens = tokens[: a.tokens]
        pathlib.Path(folder, "text.txt").write_text(text)
        pathlib.Path(folder, "stories.txt").write_text("".join(story(2 + n) for n in range(a.stories)))
        importances = f"{folder}/importances.gguf"
        run([a.swinfer, "imatrix", "-m", a.model, "-f", f"{folder}/text.txt", "-c", "128", "-o", importances])
        print(f"{pathlib.Path(a.model).name}, {len(tokens)} tokens; perplexities of {a.stories} texts of {a.tokens}. Errors "
              "are medians over positions of the logits' normalized mean square.\n")
        print("| type | bytes | swinfer to float32 | llama.cpp to float32 | swinfer to llama.cpp | perplexity swinfer "
              "| llama.cpp | difference |\n|---|---:|---:|---:|---:|---:|---:|---:|")
        for kind in a.types or known_types(quantizer):
            path, whole = f"{folder}/m.gguf", f"{folder}/whole.gguf"
            more = ["--imatrix", importances] if kind in NEED_IMPORTANCES else []
            try:
                run([quantizer, "--allow-requantize", *more, a.model, path, kind, str(a.threads)])
                run([quantizer, "--allow-requantize", path, whole, "F32", str(a.threads)])
                reference = llama_logits(whole, tokens, a.threads)
                theirs = llama_logits(path, tokens, a.threads)
            except RuntimeError as error:
                print(f"| {kind} | - | llama.cpp: {error} | | | | | |", flush=True)
                continue
            try:
                ours = swinfer_logits(a.swinfer, path, tokens, a.threads, folder)
            except RuntimeError as error:
                if kind not in NOT_READ:
                    failed.append(kind)
                print(f"| {kind} | {os.path.getsize(path):,} | {error} | | | | | |", flush=True)
                continue
            errors = nmse(ours, reference), nmse(theirs, reference)
            common = ["-m", path, "-f", f"{folder}/stories.txt", "-c", "256", "-t", str(a.threads)]
            values = [perplexity(command + common)
                      for command in ([a.swinfer, "perplexity"], [str(a.tools / "llama-perplexity")])]
            difference = values[0] / values[1] - 1
            # What is no number is not good.
            good = abs(difference) <= PERPLEXITY_BAR * max(1, math.log(values[1])) and errors[0] <= max(ERROR_BAR * errors[1], 1e-6)
            if not good:
                failed.append(kind)
            print(f"| {kind} | {os.path.getsize(path):,} | {errors[0]:.2e} | {errors[1]:.2e} | {nmse(ours, theirs):.2e} "
                  f"| {values[0]:.4f} | {values[1]:.4f} | {difference:+.2%}{'' if good else ' (!)'} |", flush=True)
    if failed:
        sys.exit(f"not within the bars: {', '.join(failed)}")


main()
