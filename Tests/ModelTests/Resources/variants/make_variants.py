#!/usr/bin/env python3
"""Makes tiny random models of variants that have no published model of that size, and what
llama.cpp answers for them.

usage: make_variants.py OUT_DIR [NAME ...]
needs: pip install numpy gguf llama-cpp-python

Matrices are exact in F16. llama.cpp reads them as F32, with F32 keys and values and without flash
attention, so that the reference rounds nothing to F16. NAME.json lists the tokens and the context
lengths; NAME.logits.npy holds the logits of the last one, NAME.CONTEXT.logits.npy of the others.
"""
import argparse
import ctypes
import json
import os
import tempfile

import gguf
import numpy as np

VOCAB = 64
COUNT = 40


class Model:
    """Metadata and tensors (dimensions in NumPy's order) of one architecture."""

    def __init__(self, arch, seed, **keys):
        self.arch, self.keys, self.tensors = arch, keys, {}
        self.random = np.random.default_rng(seed)

    def matrix(self, name, *shape, scale=1.0):
        data = self.random.standard_normal(shape) * scale / np.sqrt(shape[-1])
        self.tensors[name + ".weight"] = data.astype(np.float16)

    def vector(self, name, count, mean=0.0, spread=0.2):
        self.tensors[name] = (mean + spread * self.random.standard_normal(count)).astype(np.float32)

    def norm(self, name, count):
        self.vector(name + ".weight", count, mean=1.0)

    def ends(self, embd, tied=False):
        self.matrix("token_embd", VOCAB, embd, scale=np.sqrt(embd))
        self.norm("output_norm", embd)
        if not tied:
            self.matrix("output", VOCAB, embd)

    def dense(self, block, embd, width, fused=False):
        if not fused:
            self.matrix(block + ".ffn_gate", width, embd)
        self.matrix(block + ".ffn_up", 2 * width if fused else width, embd)
        self.matrix(block + ".ffn_down", embd, width)

    def experts(self, block, embd, count, width):
        self.matrix(block + ".ffn_gate_inp", count, embd)
        for name in ("gate", "up"):
            self.matrix(f"{block}.ffn_{name}_exps", count, width, embd)
        self.matrix(block + ".ffn_down_exps", count, embd, width)

    def shared(self, block, embd, width):
        self.matrix(block + ".ffn_gate_shexp", width, embd)
        self.matrix(block + ".ffn_up_shexp", width, embd)
        self.matrix(block + ".ffn_down_shexp", embd, width)

    def attention(self, block, embd, heads, kv, size, bias=False, value=True):
        for name, rows in (("q", heads * size), ("k", kv * size), ("v", kv * size)):
            if name == "v" and not value:
                continue
            self.matrix(f"{block}.attn_{name}", rows, embd)
            if bias:
                self.vector(f"{block}.attn_{name}.bias", rows)
        self.matrix(block + ".attn_output", embd, heads * size)

    def write(self, path, exact):
        w = gguf.GGUFWriter(path, self.arch)
        w.add_tokenizer_model("none")
        for key, value in self.keys.items():
            key = f"{self.arch}.{key.replace('__', '.')}"
            add = (w.add_array if isinstance(value, list) else w.add_bool if isinstance(value, bool) else
                   w.add_string if isinstance(value, str) else
                   w.add_float32 if isinstance(value, float) else w.add_uint32)
            add(key, value)
        for name, data in self.tensors.items():
            w.add_tensor(name, data.astype(np.float32) if exact else data)
        w.write_header_to_file()
        w.write_kv_data_to_file()
        w.write_tensors_to_file()
        w.close()


def base(arch, seed, layers, embd, heads, kv, **more):
    return Model(arch, seed, block_count=layers, context_length=1024, embedding_length=embd, vocab_size=VOCAB,
                 attention__head_count=heads, attention__head_count_kv=kv,
                 attention__layer_norm_rms_epsilon=1e-6, **more)


def llama_yarn():
    """YaRN with an attention factor, heads wider than embedding / heads,
    biases, tied output."""
    m = base("llama", 1, 2, 48, 4, 2, attention__key_length=24, attention__value_length=24, feed_forward_length=64,
             rope__dimension_count=24, rope__freq_base=10000.0, rope__scaling__type="yarn",
             rope__scaling__factor=8.0, rope__scaling__attn_factor=1.25,
             rope__scaling__original_context_length=32)
    m.ends(48, tied=True)
    for b in ("blk.0", "blk.1"):
        m.norm(b + ".attn_norm", 48)
        m.attention(b, 48, 4, 2, 24, bias=True)
        m.vector(b + ".attn_output.bias", 48)
        m.norm(b + ".ffn_norm", 48)
        m.dense(b, 48, 64)
    return m


def llama_linear():
    """A factor for positions without a type of scaling: linear. One key head for all queries."""
    m = base("llama", 2, 2, 48, 3, 1, feed_forward_length=64, rope__dimension_count=16,
             rope__scaling__factor=4.0)
    m.ends(48)
    for b in ("blk.0", "blk.1"):
        m.norm(b + ".attn_norm", 48)
        m.attention(b, 48, 3, 1, 16)
        m.norm(b + ".ffn_norm", 48)
        m.dense(b, 48, 64)
    return m


def llama4_maverick():
    """128 experts, so no norm of queries and keys; every other layer dense."""
    m = base("llama4", 3, 4, 16, 2, 1, attention__key_length=16, attention__value_length=16,
             feed_forward_length=24, rope__dimension_count=16, rope__freq_base=500000.0, expert_count=128,
             expert_used_count=1, expert_feed_forward_length=4, interleave_moe_layer_step=2)
    m.ends(16)
    for i in range(4):
        b = f"blk.{i}"
        m.norm(b + ".attn_norm", 16)
        m.attention(b, 16, 2, 1, 16)
        m.norm(b + ".ffn_norm", 16)
        if i % 2:
            m.experts(b, 16, 128, 4)
            m.shared(b, 16, 4)
        else:
            m.dense(b, 16, 24)
    return m


def phi3_longrope():
    """Fused projections, part of each head turning, divisors for short and for long contexts."""
    m = base("phi3", 4, 2, 64, 4, 2, feed_forward_length=72, rope__dimension_count=12,
             rope__freq_base=10000.0, rope__scaling__original_context_length=256,
             rope__scaling__attn_factor=1.19)
    m.ends(64, tied=True)
    m.tensors["rope_factors_short.weight"] = np.linspace(1, 1.6, 6).astype(np.float32)
    m.tensors["rope_factors_long.weight"] = np.linspace(1, 9, 6).astype(np.float32)
    for b in ("blk.0", "blk.1"):
        m.norm(b + ".attn_norm", 64)
        m.matrix(b + ".attn_qkv", 64 + 2 * 32, 64)
        m.matrix(b + ".attn_output", 64, 64)
        m.norm(b + ".ffn_norm", 64)
        m.dense(b, 64, 72, fused=True)
    return m, [512, 256]


def glm4moe_plain():
    """GLM-4.5 without norms of queries and keys; two dense layers, two shared experts, weights not
    normalized, and a prediction layer."""
    m = base("glm4moe", 5, 4, 32, 4, 2, attention__key_length=16, attention__value_length=16,
             feed_forward_length=40, rope__dimension_count=8, rope__freq_base=1e6, expert_count=6,
             expert_used_count=3, expert_feed_forward_length=12, expert_shared_count=2,
             leading_dense_block_count=2, expert_gating_func=2, expert_weights_scale=1.7,
             expert_weights_norm=False, nextn_predict_layers=1)
    m.ends(32)
    for i in range(4):
        b = f"blk.{i}"
        m.norm(b + ".attn_norm", 32)
        m.attention(b, 32, 4, 2, 16, bias=True)
        m.norm(b + ".post_attention_norm", 32)
        if i < 2:
            m.dense(b, 32, 40)
        else:
            m.experts(b, 32, 6, 12)
            m.vector(b + ".exp_probs_b.bias", 6)
            m.shared(b, 32, 24)
    m.matrix("blk.3.nextn.eh_proj", 32, 64)
    for name in ("enorm", "hnorm"):
        m.norm("blk.3.nextn." + name, 32)
    return m


def gemma4_small():
    """Gemma 4 E2B's form: an input per layer, and last layers that attend to keys and values of
    earlier ones, with wider blocks."""
    layers, embd, local, size, per = 6, 32, 16, 32, 8
    pattern = [i % 3 != 2 for i in range(layers)]
    m = base("gemma4", 6, layers, embd, 2, 1, attention__key_length=size, attention__value_length=size,
             attention__key_length_swa=local, attention__value_length_swa=local,
             feed_forward_length=[40] * 3 + [80] * 3, rope__dimension_count=size,
             rope__dimension_count_swa=local, rope__freq_base=1e6, rope__freq_base_swa=10000.0,
             attention__sliding_window=12, attention__sliding_window_pattern=pattern,
             attention__shared_kv_layers=3, embedding_length_per_layer_input=per,
             final_logit_softcapping=30.0)
    m.ends(embd, tied=True)
    m.matrix("per_layer_token_embd", VOCAB, per * layers)
    m.matrix("per_layer_model_proj", per * layers, embd)
    m.norm("per_layer_proj_norm", per)
    m.tensors["rope_freqs.weight"] = np.array([1.0] * 4 + [1e30] * 12, np.float32)
    for i in range(layers):
        b, head = f"blk.{i}", local if pattern[i] else size
        m.norm(b + ".attn_norm", embd)
        m.matrix(b + ".attn_q", 2 * head, embd)
        m.norm(b + ".attn_q_norm", head)
        if i < 3:
            m.matrix(b + ".attn_k", head, embd)
            m.matrix(b + ".attn_v", head, embd)
            m.norm(b + ".attn_k_norm", head)
        m.matrix(b + ".attn_output", embd, 2 * head)
        for name in ("post_attention_norm", "ffn_norm", "post_ffw_norm", "post_norm"):
            m.norm(f"{b}.{name}", embd)
        m.dense(b, embd, 40 if i < 3 else 80)
        m.matrix(b + ".inp_gate", per, embd)
        m.matrix(b + ".proj", embd, per)
        m.vector(b + ".layer_output_scale.weight", 1, mean=0.8)
    return m


def gemma4_dense():
    """Gemma 4 31B's form: keys as values in the layers that see everything, with fewer key heads."""
    layers, embd, local, size = 4, 32, 16, 32
    pattern = [i % 2 == 0 for i in range(layers)]
    m = base("gemma4", 7, layers, embd, 4, [2, 1, 2, 1], attention__key_length=size,
             attention__value_length=size, attention__key_length_swa=local, attention__value_length_swa=local,
             feed_forward_length=48, rope__dimension_count=size, rope__dimension_count_swa=local,
             rope__freq_base=1e6, rope__freq_base_swa=10000.0, attention__sliding_window=10,
             attention__sliding_window_pattern=pattern, attention__shared_kv_layers=0,
             embedding_length_per_layer_input=0, final_logit_softcapping=25.0)
    m.ends(embd, tied=True)
    m.tensors["rope_freqs.weight"] = np.array([1.0] * 4 + [1e30] * 12, np.float32)
    for i in range(layers):
        b, head, kv = f"blk.{i}", local if pattern[i] else size, 2 if pattern[i] else 1
        m.norm(b + ".attn_norm", embd)
        m.attention(b, embd, 4, kv, head, value=pattern[i])
        m.norm(b + ".attn_q_norm", head)
        m.norm(b + ".attn_k_norm", head)
        for name in ("post_attention_norm", "ffn_norm", "post_ffw_norm"):
            m.norm(f"{b}.{name}", embd)
        m.dense(b, embd, 48)
    return m


def deepseek2(seed, layers, sizes, split, **more):
    embd, heads, q_rank, rank, turning, plain, value, dense, width = sizes
    mla = (dict(attention__key_length=rank + turning, attention__value_length=rank,
                attention__key_length_mla=plain + turning, attention__value_length_mla=value) if split else
           dict(attention__key_length=plain + turning, attention__value_length=value))
    if q_rank:
        mla["attention__q_lora_rank"] = q_rank
    m = base("deepseek2", seed, layers, embd, heads, 1 if split else heads, feed_forward_length=dense,
             rope__dimension_count=turning, attention__kv_lora_rank=rank, expert_used_count=2,
             expert_feed_forward_length=width, expert_shared_count=2, leading_dense_block_count=1,
             rope__scaling__type="yarn", rope__scaling__factor=40.0,
             rope__scaling__original_context_length=64, **mla, **more)
    m.ends(embd)
    for i in range(layers):
        b = f"blk.{i}"
        m.norm(b + ".attn_norm", embd)
        if q_rank:
            m.matrix(b + ".attn_q_a", q_rank, embd)
            m.norm(b + ".attn_q_a_norm", q_rank)
            m.matrix(b + ".attn_q_b", heads * (plain + turning), q_rank)
        else:
            m.matrix(b + ".attn_q", heads * (plain + turning), embd)
        m.matrix(b + ".attn_kv_a_mqa", rank + turning, embd)
        m.norm(b + ".attn_kv_a_norm", rank)
        if split:
            m.matrix(b + ".attn_k_b", heads, rank, plain)
            m.matrix(b + ".attn_v_b", heads, value, rank)
        else:
            m.matrix(b + ".attn_kv_b", heads * (plain + value), rank)
        m.matrix(b + ".attn_output", embd, heads * value)
        m.norm(b + ".ffn_norm", embd)
        if i == 0:
            m.dense(b, embd, dense)
        else:
            m.experts(b, embd, more["expert_count"], width)
            m.shared(b, embd, 2 * width)
            if more.get("expert_gating_func") == 2:
                m.vector(b + ".exp_probs_b.bias", more["expert_count"])
    return m


def deepseek2_lite():
    """DeepSeek-V2-Lite's form in an older file: no compressed queries, keys and values in one
    matrix, softmax scores as they are, YaRN's multipliers of 0.707. llama.cpp knows the form by
    its 26 layers."""
    return deepseek2(8, 26, (16, 2, 0, 8, 8, 8, 8, 16, 2), False, expert_count=3, expert_weights_scale=1.3,
                     expert_weights_norm=False, rope__scaling__yarn_log_multiplier=0.0707)


def deepseek2_groups():
    """DeepSeek-V3's routing by groups, with heads whose keys and values differ in size."""
    return deepseek2(9, 3, (32, 3, 24, 40, 16, 24, 20, 48, 8), True, expert_count=12, expert_gating_func=2,
                     expert_group_count=4, expert_group_used_count=2, expert_weights_scale=2.5,
                     expert_weights_norm=True, rope__scaling__yarn_log_multiplier=0.1)


def qwen2moe_wide():
    """A shared expert whose width the file does not give: the feed-forward width."""
    m = base("qwen2moe", 10, 2, 32, 2, 2, feed_forward_length=40, rope__freq_base=1e6, rope__dimension_count=16,
             expert_count=7, expert_used_count=4, expert_feed_forward_length=12)
    m.ends(32)
    for b in ("blk.0", "blk.1"):
        m.norm(b + ".attn_norm", 32)
        m.attention(b, 32, 2, 2, 16, bias=True)
        m.norm(b + ".ffn_norm", 32)
        m.experts(b, 32, 7, 12)
        m.shared(b, 32, 40)
        m.vector(b + ".ffn_gate_inp_shexp.weight", 32)
    return m


def qwen3next_old():
    """The first files of Qwen3-Next: all inputs of a delta net in one matrix, head by head."""
    embd, groups, values, size = 32, 2, 4, 16
    m = base("qwen3next", 11, 4, embd, 2, 1, attention__key_length=16, attention__value_length=16,
             feed_forward_length=32, rope__dimension_count=8, rope__freq_base=1e6, expert_count=5,
             expert_used_count=2, expert_feed_forward_length=8, expert_shared_feed_forward_length=12,
             ssm__conv_kernel=4, ssm__state_size=size, ssm__group_count=groups, ssm__time_step_rank=values,
             ssm__inner_size=values * size)
    m.ends(embd)
    for i in range(4):
        b = f"blk.{i}"
        m.norm(b + ".attn_norm", embd)
        if i == 3:
            m.matrix(b + ".attn_q", 2 * 2 * 16, embd)
            m.matrix(b + ".attn_k", 16, embd)
            m.matrix(b + ".attn_v", 16, embd)
            m.matrix(b + ".attn_output", embd, 32)
            m.norm(b + ".attn_q_norm", 16)
            m.norm(b + ".attn_k_norm", 16)
        else:
            channels = 2 * groups * size + values * size
            m.matrix(b + ".ssm_in", channels + values * size, embd)
            m.matrix(b + ".ssm_ba", 2 * values, embd)
            m.tensors[b + ".ssm_conv1d.weight"] = (0.5 * m.random.standard_normal((channels, 4))).astype(np.float32)
            m.vector(b + ".ssm_dt.bias", values)
            m.tensors[b + ".ssm_a"] = -m.random.uniform(0.1, 2, values).astype(np.float32)
            m.norm(b + ".ssm_norm", size)
            m.matrix(b + ".ssm_out", embd, values * size)
        m.norm(b + ".post_attention_norm", embd)
        m.experts(b, embd, 5, 8)
        m.shared(b, embd, 12)
        m.vector(b + ".ffn_gate_inp_shexp.weight", embd)
    return m


VARIANTS = [llama_yarn, llama_linear, llama4_maverick, phi3_longrope, glm4moe_plain, gemma4_small, gemma4_dense,
            deepseek2_lite, deepseek2_groups, qwen2moe_wide, qwen3next_old]


def answer(path, tokens, context):
    import llama_cpp as L
    model = L.llama_model_load_from_file(path.encode(), L.llama_model_default_params())
    if not model:
        raise RuntimeError("llama.cpp does not load it")
    p = L.llama_context_default_params()
    p.n_ctx, p.n_batch, p.n_ubatch, p.n_threads, p.n_threads_batch = context, 256, 256, 1, 1
    p.type_k = p.type_v = 0
    p.flash_attn_type = 0
    c = L.llama_init_from_model(model, p)
    b = L.llama_batch_init(len(tokens), 0, 1)
    b.n_tokens = len(tokens)
    for i, token in enumerate(tokens):
        b.token[i], b.pos[i], b.n_seq_id[i], b.seq_id[i][0], b.logits[i] = token, i, 1, 0, 1
    if L.llama_decode(c, b) != 0:
        raise RuntimeError("llama.cpp does not run it")
    rows = [np.ctypeslib.as_array(L.llama_get_logits_ith(c, i), shape=(VOCAB,)).copy() for i in range(len(tokens))]
    L.llama_free(c)
    L.llama_model_free(model)
    return np.stack(rows).astype(np.float32)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("out")
    ap.add_argument("names", nargs="*")
    a = ap.parse_args()
    os.makedirs(a.out, exist_ok=True)

    import llama_cpp as L

    @L.llama_log_callback
    def quiet(level, text, data):
        if level == 4 and not text.startswith(b"."):
            print(text.decode(errors="replace"), end="")

    L.llama_log_set(quiet, ctypes.c_void_p(0))
    L.llama_backend_init()
    for make in VARIANTS:
        name = make.__name__.replace("_", "-")
        if a.names and name not in a.names:
            continue
        made = make()
        model, contexts = made if isinstance(made, tuple) else (made, [256])
        tokens = np.random.default_rng(99).integers(0, VOCAB, COUNT).tolist()
        stem = os.path.join(a.out, name)
        model.write(stem + ".gguf", exact=False)
        with tempfile.TemporaryDirectory() as folder:
            exact = os.path.join(folder, "exact.gguf")
            model.write(exact, exact=True)
            for index, context in enumerate(contexts):
                logits = answer(exact, tokens, context)
                np.save(f"{stem}{'' if index == 0 else f'.{context}'}.logits.npy", logits)
                print(f"{name} {context}: {os.path.getsize(stem + '.gguf')} bytes, mean |logit| "
                      f"{np.abs(logits).mean():.3f}")
        json.dump(dict(arch=model.arch, tokens=tokens, n_vocab=VOCAB, contexts=contexts, reference="llama.cpp"),
                  open(stem + ".json", "w"))


if __name__ == "__main__":
    main()
