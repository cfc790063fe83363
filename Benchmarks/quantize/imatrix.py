#!/usr/bin/env python3
"""Importance matrices of a DeepSeek-V3-like model with latent attention: swinfer imatrix against llama-imatrix on one
text. The model is random, of the variants' maker, with the vocabulary of the built-in model.

usage: imatrix.py LLAMA_IMATRIX TEXT.txt [--swinfer PROGRAM] [--chunks N]
needs: pip install numpy gguf
"""
import argparse, pathlib, subprocess, sys, tempfile

import gguf
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/ModelTests/Resources/variants"))
import make_variants

VOCABULARY = ROOT / "Sources/Swinfer/Resources/stories.gguf"
parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1])
parser.add_argument("collector")
parser.add_argument("text")
parser.add_argument("--swinfer", default=str(ROOT / ".build/release/swinfer"))
parser.add_argument("--chunks", default="8")
a = parser.parse_args()


def add_vocabulary(writer, _):
    for key, field in gguf.GGUFReader(VOCABULARY).fields.items():
        if key.startswith("tokenizer.ggml."):
            sub = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(key, field.contents(), field.types[0], sub_type=sub)


def read(path):
    return {t.name: np.array(t.data, dtype=np.float64) for t in gguf.GGUFReader(path).tensors}


make_variants.VOCAB = 2048
# Where the variants have no vocabulary this model gets one.
gguf.GGUFWriter.add_tokenizer_model = add_vocabulary
model = make_variants.deepseek2(
    9, 4, (256, 4, 128, 128, 32, 64, 64, 512, 128), True, expert_count=8, expert_gating_func=2, expert_group_count=2,
    expert_group_used_count=1, expert_weights_scale=2.5, expert_weights_norm=True,
    rope__scaling__yarn_log_multiplier=0.1)
with tempfile.TemporaryDirectory() as folder:
    path, ours, theirs = f"{folder}/mla.gguf", f"{folder}/ours.gguf", f"{folder}/theirs.gguf"
    model.write(path, exact=True)
    common = ["-m", path, "-f", a.text, "-c", "256", "--chunks", a.chunks]
    subprocess.run([a.swinfer, "imatrix", *common, "-o", ours], check=True, capture_output=True)
    # Without flash attention, in which the value matrices are no products of their own.
    subprocess.run([a.collector, *common, "-o", theirs, "-fa", "off", "--no-ppl"], check=True, capture_output=True)
    ours, theirs = read(ours), read(theirs)
print(f"{len(ours)} entries of swinfer, {len(theirs)} of llama-imatrix; only here: {sorted(set(ours) - set(theirs))}, "
      f"only there: {sorted(set(theirs) - set(ours))}\n")
print("| tensors | entries | shape | worst difference of sums | of counts |\n|---|---:|---|---:|---:|")
kinds = {}
for name in sorted(set(ours) & set(theirs)):
    kind = name.split(".", 2)[-1] if name.startswith("blk.") else name
    kinds.setdefault(kind.rsplit(".", 1)[0], []).append(name)
for kind, names in kinds.items():
    worst = {"in_sum2": 0.0, "counts": 0.0}
    for name in names:
        x, y = ours[name], theirs[name]
        if x.size != y.size:
            sys.exit(f"{name}: {x.shape} here, {y.shape} there")
        x, y = x.reshape(y.shape), y
        part = name.rsplit(".", 1)[1]
        worst[part] = max(worst[part], float(np.linalg.norm(x - y) / np.linalg.norm(y)))
    sums = next(n for n in names if n.endswith("in_sum2"))
    print(f"| {kind} | {len(names) // 2} | {' x '.join(map(str, theirs[sums].shape))} | {worst['in_sum2']:.2e} "
          f"| {worst['counts']:.2e} |")
