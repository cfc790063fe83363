#!/usr/bin/env python3
"""Writes a random mixture-of-experts model in F16 whose tensors are as unlike each other as trained ones are:
heavy tails, columns and rows of different size, channels that stand out, layers and experts of different weight.
Its predictions are spread as a trained model's are, so that divergences between its quantizations mean something.

usage: make_model.py OUT.gguf --vocab VOCAB.gguf [--layers N] [--seed N]
needs: pip install numpy gguf
"""
import argparse

import gguf
import numpy as np

EMBEDDING, HEADS, KEY_HEADS, HEAD, EXPERTS, USED, WIDTH = 768, 12, 4, 64, 16, 4, 512


def sizes(random, count, spread, outliers=0.0, factor=1.0):
    """Log-normal sizes of mean square 1, a few of them `factor` times larger."""
    result = np.exp(spread * random.standard_normal(count))
    result[random.random(count) < outliers] *= factor
    return (result / np.sqrt(np.mean(result**2))).astype(np.float32)


def matrix(random, rows, columns, gain, count=None):
    """Weights whose product with rows of mean square 1 has a mean square of gain squared."""
    shape = (rows, columns) if count is None else (count, rows, columns)
    data = random.standard_normal(shape, dtype=np.float32)
    data *= np.exp(0.35 * random.standard_normal(shape, dtype=np.float32))  # heavy tails
    data *= sizes(random, columns, 0.4, outliers=0.01, factor=5)
    data *= sizes(random, rows, 0.3)[:, None]
    if count is not None:
        data *= sizes(random, count, 0.3)[:, None, None]
    return (data * (gain / np.sqrt(np.mean(data**2) * columns))).astype(np.float16)


def norm(random, count):
    return sizes(random, count, 0.3, outliers=0.01, factor=6)


def copy_vocabulary(writer, path):
    reader = gguf.GGUFReader(path)
    for key, field in reader.fields.items():
        if key.startswith("tokenizer.ggml."):
            sub = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(key, field.contents(), field.types[0], sub_type=sub)
    return len(reader.fields["tokenizer.ggml.tokens"].data)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1])
    parser.add_argument("out")
    parser.add_argument("--vocab", required=True)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args()
    random = np.random.default_rng(a.seed)
    w = gguf.GGUFWriter(a.out, "qwen3moe")
    w.add_name("random experts")
    w.add_block_count(a.layers)
    w.add_context_length(4096)
    w.add_embedding_length(EMBEDDING)
    w.add_feed_forward_length(2 * WIDTH)
    w.add_head_count(HEADS)
    w.add_head_count_kv(KEY_HEADS)
    w.add_key_length(HEAD)
    w.add_value_length(HEAD)
    w.add_layer_norm_rms_eps(1e-6)
    w.add_rope_freq_base(10000.0)
    w.add_expert_count(EXPERTS)
    w.add_expert_used_count(USED)
    w.add_expert_feed_forward_length(WIDTH)
    w.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    vocabulary = copy_vocabulary(w, a.vocab)
    w.add_vocab_size(vocabulary)
    w.add_tensor("token_embd.weight", matrix(random, vocabulary, EMBEDDING, np.sqrt(EMBEDDING)))
    for layer in range(a.layers):
        b = f"blk.{layer}."
        # What a layer adds to the stream: much at the ends, less between, as in trained models.
        weight = 0.1 + 0.25 * (2 * layer / max(1, a.layers - 1) - 1) ** 2
        w.add_tensor(b + "attn_norm.weight", norm(random, EMBEDDING))
        w.add_tensor(b + "attn_q.weight", matrix(random, HEADS * HEAD, EMBEDDING, 1))
        w.add_tensor(b + "attn_k.weight", matrix(random, KEY_HEADS * HEAD, EMBEDDING, 1))
        w.add_tensor(b + "attn_v.weight", matrix(random, KEY_HEADS * HEAD, EMBEDDING, 1))
        w.add_tensor(b + "attn_output.weight", matrix(random, EMBEDDING, HEADS * HEAD, weight))
        w.add_tensor(b + "attn_q_norm.weight", 1.2 * sizes(random, HEAD, 0.2))
        w.add_tensor(b + "attn_k_norm.weight", 1.2 * sizes(random, HEAD, 0.2))
        w.add_tensor(b + "ffn_norm.weight", norm(random, EMBEDDING))
        router = random.standard_normal((EXPERTS, EMBEDDING), dtype=np.float32) * sizes(random, EXPERTS, 0.5)[:, None]
        w.add_tensor(b + "ffn_gate_inp.weight", 3 * router / np.float32(np.sqrt(EMBEDDING)))
        w.add_tensor(b + "ffn_gate_exps.weight", matrix(random, WIDTH, EMBEDDING, 1, EXPERTS))
        w.add_tensor(b + "ffn_up_exps.weight", matrix(random, WIDTH, EMBEDDING, 1, EXPERTS))
        w.add_tensor(b + "ffn_down_exps.weight", matrix(random, EMBEDDING, WIDTH, weight, EXPERTS))
    w.add_tensor("output_norm.weight", norm(random, EMBEDDING))
    w.add_tensor("output.weight", matrix(random, vocabulary, EMBEDDING, 1.5))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


main()
