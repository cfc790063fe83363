#!/usr/bin/env python3
"""Writes a model with the full shape of a published mixture-of-experts model, few layers and
random weights, to compare the speed of engines with. Its text is noise.

usage: make_family.py FAMILY OUT.gguf --vocab VOCAB.gguf [--layers N] [--experts N]
needs: pip install gguf numpy

Matrices are Q4_K (Q8_0 where a row is no multiple of 256), the output matrix Q6_K, the experts of
gpt-oss MXFP4 beside Q8_0. Shapes are those of the published configurations.
"""
import argparse

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Q
from gguf import GGML_QUANT_SIZES

FAMILIES = {
    # openai/gpt-oss-20b
    "gpt-oss": dict(
        layers=4, embd=2880, heads=64, kv=8, head=64, vocab=201088, experts=32, used=4, width=2880, ffn=2880,
        keys={"rope.scaling.type": "yarn", "rope.scaling.factor": 32.0, "rope.freq_base": 150000.0,
              "rope.scaling.original_context_length": 4096, "rope.scaling.yarn_beta_fast": 32.0,
              "rope.scaling.yarn_beta_slow": 1.0, "attention.sliding_window": 128}),
    # zai-org/GLM-4.5-Air
    "glm4moe": dict(
        layers=4, embd=4096, heads=96, kv=8, head=128, vocab=151552, experts=128, used=8, width=1408, ffn=10944,
        dense=1, shared=1408,
        keys={"rope.freq_base": 1e6, "rope.dimension_count": 64, "expert_group_count": 1,
              "expert_group_used_count": 1, "expert_shared_count": 1, "leading_dense_block_count": 1,
              "expert_gating_func": 2, "expert_weights_scale": 1.0, "expert_weights_norm": True}),
    # Qwen/Qwen3-Next-80B-A3B-Instruct
    "qwen3next": dict(
        layers=4, embd=2048, heads=16, kv=2, head=256, vocab=151936, experts=512, used=10, width=512, ffn=5120,
        shared=512, delta=(16, 32, 128),
        keys={"rope.freq_base": 1e7, "rope.dimension_count": 64, "expert_shared_feed_forward_length": 512,
              "full_attention_interval": 4}),
    # Qwen/Qwen3.5-35B-A3B
    "qwen35moe": dict(
        layers=4, embd=2048, heads=16, kv=2, head=256, vocab=248320, experts=256, used=8, width=512,
        shared=512, delta=(16, 32, 128),
        keys={"rope.freq_base": 1e7, "rope.dimension_count": 64, "expert_shared_feed_forward_length": 512,
              "full_attention_interval": 4, "rope.dimension_sections": [11, 11, 10, 0]}),
    # meta-llama/Llama-4-Scout-17B-16E-Instruct
    "llama4": dict(
        layers=4, embd=5120, heads=40, kv=8, head=128, vocab=202048, experts=16, used=1, width=8192, ffn=16384,
        shared=8192, keys={"rope.freq_base": 5e5, "rope.dimension_count": 128, "interleave_moe_layer_step": 1}),
    # deepseek-ai/DeepSeek-V3
    "deepseek2": dict(
        layers=2, embd=7168, heads=128, kv=1, head=576, vocab=129280, experts=256, used=8, width=2048, ffn=18432,
        dense=1, shared=2048, latent=(1536, 512, 64, 128, 128),
        keys={"rope.scaling.type": "yarn", "rope.scaling.factor": 40.0, "rope.freq_base": 10000.0,
              "rope.scaling.original_context_length": 4096, "rope.scaling.yarn_beta_fast": 32.0,
              "rope.scaling.yarn_beta_slow": 1.0, "rope.scaling.yarn_log_multiplier": 0.1,
              "rope.dimension_count": 64, "expert_group_count": 8, "expert_group_used_count": 4,
              "expert_gating_func": 2, "leading_dense_block_count": 1, "expert_shared_count": 1,
              "expert_weights_scale": 2.5, "expert_weights_norm": True, "attention.q_lora_rank": 1536,
              "attention.kv_lora_rank": 512, "attention.key_length_mla": 192, "attention.value_length_mla": 128}),
    # zai-org/GLM-5
    "glm-dsa": dict(
        layers=2, embd=6144, heads=64, kv=1, head=576, vocab=154880, experts=256, used=8, width=2048, ffn=12288,
        dense=1, shared=2048, latent=(2048, 512, 64, 192, 256), indexer=(32, 128),
        keys={"rope.freq_base": 1e6, "rope.dimension_count": 64, "expert_group_count": 1,
              "expert_group_used_count": 1, "expert_gating_func": 2, "leading_dense_block_count": 1,
              "expert_shared_count": 1, "expert_weights_scale": 2.5, "expert_weights_norm": True,
              "attention.q_lora_rank": 2048, "attention.kv_lora_rank": 512, "attention.key_length_mla": 256,
              "attention.value_length_mla": 256, "attention.indexer.head_count": 32,
              "attention.indexer.key_length": 128, "attention.indexer.top_k": 2048}),
    # MiniMaxAI/MiniMax-M2
    "minimax-m2": dict(
        layers=2, embd=3072, heads=48, kv=8, head=128, vocab=200064, experts=256, used=8, width=1536, ffn=1536,
        keys={"rope.freq_base": 5e6, "rope.dimension_count": 64, "expert_gating_func": 2}),
    # google/gemma-4-26B-A4B-it
    "gemma4": dict(
        layers=6, embd=2816, heads=16, kv=8, head=512, vocab=262144, experts=128, used=8, width=704, ffn=2112,
        local=256, global_kv=2,
        keys={"rope.freq_base": 1e6, "rope.freq_base_swa": 10000.0, "attention.sliding_window": 1024,
              "attention.shared_kv_layers": 0, "embedding_length_per_layer_input": 0,
              "attention.key_length_swa": 256, "attention.value_length_swa": 256, "rope.dimension_count": 512,
              "rope.dimension_count_swa": 256}),
    # Qwen/Qwen3-30B-A3B
    "qwen3moe": dict(
        layers=6, embd=2048, heads=32, kv=4, head=128, vocab=151936, experts=128, used=8, width=768, ffn=6144,
        keys={"rope.freq_base": 1e6}),
    # allenai/OLMoE-1B-7B-0924
    "olmoe": dict(
        layers=8, embd=2048, heads=16, kv=16, head=128, vocab=50304, experts=64, used=8, width=1024, ffn=1024,
        keys={"rope.freq_base": 10000.0}),
}


def attention(family, f, i):
    """(name, shape, kind) of a layer's mixer; kind: matrix, ones, zeros, small."""
    embd, heads, kv, head = f["embd"], f["heads"], f["kv"], f["head"]
    if "latent" in f:
        q_rank, rank, turning, plain, value = f["latent"]
        result = []
        if "indexer" in f:
            count, size = f["indexer"]
            result = [("indexer.k_norm", (size,), "ones"), ("indexer.k_norm.bias!", (size,), "zeros"),
                      ("indexer.proj", (count, embd), "matrix"), ("indexer.attn_k", (size, embd), "matrix"),
                      ("indexer.attn_q_b", (count * size, q_rank), "matrix")]
        return result + [("attn_q_a", (q_rank, embd), "matrix"), ("attn_q_a_norm", (q_rank,), "ones"),
                ("attn_q_b", (heads * (plain + turning), q_rank), "matrix"),
                ("attn_kv_a_mqa", (rank + turning, embd), "matrix"), ("attn_kv_a_norm", (rank,), "ones"),
                ("attn_k_b", (heads, rank, plain), "matrix"), ("attn_v_b", (heads, value, rank), "matrix"),
                ("attn_output", (embd, heads * value), "matrix")]
    if "delta" in f and i % 4 != 3:
        groups, values, size = f["delta"]
        channels = 2 * groups * size + values * size
        rates = ([("ssm_ba", (2 * values, embd), "matrix")] if family == "qwen3next" else
                 [("ssm_alpha", (values, embd), "matrix"), ("ssm_beta", (values, embd), "matrix")])
        return [("ssm_a!", (values,), "negative"), ("ssm_conv1d", (channels, 4), "small"),
                ("ssm_dt.bias!", (values,), "zeros"), ("attn_qkv", (channels, embd), "matrix"),
                ("attn_gate", (values * size, embd), "matrix"), ("ssm_norm", (size,), "ones"),
                ("ssm_out", (embd, values * size), "matrix")] + rates
    if "local" in f:
        if i % 6 == 5:
            kv = f["global_kv"]
        else:
            head = f["local"]
    rows = heads * head * (2 if "delta" in f else 1)
    result = [("attn_q", (rows, embd), "matrix"), ("attn_k", (kv * head, embd), "matrix"),
              ("attn_output", (embd, heads * head), "matrix")]
    if not ("local" in f and i % 6 == 5):
        result.append(("attn_v", (kv * head, embd), "matrix"))
    if family in ("olmoe", "minimax-m2"):
        result += [("attn_q_norm", (heads * head,), "ones"), ("attn_k_norm", (kv * head,), "ones")]
    elif family in ("qwen3moe", "qwen3next", "qwen35moe", "gemma4"):
        result += [("attn_q_norm", (head,), "ones"), ("attn_k_norm", (head,), "ones")]
    if family in ("gpt-oss", "glm4moe"):
        result += [(f"attn_{n}.bias!", (w,), "zeros") for n, w in
                   (("q", heads * head), ("k", kv * head), ("v", kv * head))]
    if family == "gpt-oss":
        result += [("attn_output.bias!", (embd,), "zeros"), ("attn_sinks", (heads,), "zeros")]
    return result


def feed_forward(family, f, i):
    embd, width, count = f["embd"], f["width"], f["experts"]
    if i < f.get("dense", 0):
        return [("ffn_gate", (f["ffn"], embd), "matrix"), ("ffn_up", (f["ffn"], embd), "matrix"),
                ("ffn_down", (embd, f["ffn"]), "matrix")]
    result = [("ffn_gate_inp", (count, embd), "router"), ("ffn_down_exps", (count, embd, width), "experts")]
    if family == "gemma4":
        result += [("ffn_gate_up_exps", (count, 2 * width, embd), "experts"), ("ffn_gate_inp.scale!", (embd,), "ones"),
                   ("ffn_down_exps.scale!", (count,), "ones"), ("layer_output_scale", (1,), "ones"),
                   ("ffn_gate", (f["ffn"], embd), "matrix"), ("ffn_up", (f["ffn"], embd), "matrix"),
                   ("ffn_down", (embd, f["ffn"]), "matrix")]
        result += [(n, (embd,), "ones") for n in ("post_ffw_norm", "post_ffw_norm_1", "post_ffw_norm_2", "pre_ffw_norm_2")]
    else:
        result += [("ffn_gate_exps", (count, width, embd), "experts"), ("ffn_up_exps", (count, width, embd), "experts")]
    if "shared" in f:
        result += [("ffn_gate_shexp", (f["shared"], embd), "matrix"), ("ffn_up_shexp", (f["shared"], embd), "matrix"),
                   ("ffn_down_shexp", (embd, f["shared"]), "matrix")]
    if "delta" in f:
        result.append(("ffn_gate_inp_shexp", (embd,), "small"))
    if family in ("glm4moe", "deepseek2", "glm-dsa", "minimax-m2"):
        result.append(("exp_probs_b.bias!", (count,), "zeros"))
    if family == "gpt-oss":
        result += [("ffn_gate_exps.bias!", (count, width), "zeros"), ("ffn_up_exps.bias!", (count, width), "zeros"),
                   ("ffn_down_exps.bias!", (count, embd), "zeros"), ("ffn_gate_inp.bias!", (count,), "zeros")]
    return result


def norms(family, f):
    names = ["attn_norm"]
    if family in ("gemma4",):
        names += ["post_attention_norm", "ffn_norm"]
    else:
        names.append("post_attention_norm" if family in ("gpt-oss", "glm4moe", "qwen3next", "qwen35moe") else "ffn_norm")
    return [(n, (f["embd"],), "ones") for n in names]


def tensors(family, f, layers):
    yield "token_embd.weight", (f["vocab"], f["embd"]), "matrix"
    for i in range(layers):
        for name, shape, kind in norms(family, f) + attention(family, f, i) + feed_forward(family, f, i):
            name = name[:-1] if name.endswith("!") else name + ".weight"
            yield f"blk.{i}.{name}", shape, kind
    if family == "gemma4":
        yield "rope_freqs.weight", (f["head"] // 2,), "ones"
    else:
        yield "output.weight", (f["vocab"], f["embd"]), "output"
    yield "output_norm.weight", (f["embd"],), "ones"


def type_of(family, shape, kind):
    if kind in ("ones", "zeros", "small", "negative", "router"):
        return Q.F32
    if family == "gpt-oss":
        return Q.MXFP4 if kind == "experts" else Q.Q8_0
    if shape[-1] % 256:
        return Q.Q8_0
    return Q.Q6_K if kind == "output" else Q.Q4_K


SCALES = {Q.Q8_0: ([0], 0.05), Q.Q4_K: ([0], 0.012), Q.Q6_K: ([208], 0.008), Q.MXFP4: ([], 0)}


def values(rng, shape, kind, type):
    if kind in ("ones", "zeros", "negative"):
        return np.full(shape, {"ones": 1.0, "zeros": 0.0, "negative": -0.5}[kind], np.float32)
    spread = np.float32(1 / np.sqrt(shape[-1]))
    if type == Q.F32:
        data = rng.standard_normal(shape, dtype=np.float32) * spread
        # Uneven popularity, as in trained models.
        return data * np.exp(rng.standard_normal((shape[0], 1)) * 0.5).astype(np.float32) if kind == "router" else data
    block, size = GGML_QUANT_SIZES[type]
    count = int(np.prod(shape)) // block
    base = rng.integers(0, 256, (min(count, 65536), size), dtype=np.uint8)
    offsets, scale = SCALES[type]
    for offset in offsets:
        scales = rng.uniform(scale / 2, scale, len(base)) * spread
        base[:, offset:offset + 2] = scales.astype(np.float16).view(np.uint8).reshape(-1, 2)
    if type == Q.Q4_K:
        # The offset that makes a block's mean zero: else all tokens go to the same experts.
        scales = np.ascontiguousarray(base[:, 0:2]).view(np.float16)
        base[:, 2:4] = (scales * np.float16(7.5)).view(np.uint8)
    if type == Q.MXFP4:
        base[:, 0] = rng.integers(116, 121, len(base))
    return np.resize(base, (count, size)).reshape(*shape[:-1], shape[-1] // block * size)


def write_vocabulary(w, path, size):
    fields = gguf.GGUFReader(path).fields
    texts = lambda key: [bytes(fields[key].parts[i]) for i in fields[key].data]
    text = lambda key: bytes(fields[key].parts[-1]).decode()
    tokens = texts("tokenizer.ggml.tokens")[:size]
    types = [int(fields["tokenizer.ggml.token_type"].parts[i][0]) for i in fields["tokenizer.ggml.token_type"].data][:size]
    tokens += [f"[PAD{n}]".encode() for n in range(len(tokens), size)]
    w.add_tokenizer_model(text("tokenizer.ggml.model"))
    w.add_tokenizer_pre(text("tokenizer.ggml.pre"))
    w.add_token_list(tokens)
    w.add_token_types(types + [5] * (size - len(types)))
    w.add_token_merges(texts("tokenizer.ggml.merges"))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("family", choices=FAMILIES)
    ap.add_argument("out")
    ap.add_argument("--vocab", required=True, help="GGUF file to take the vocabulary from (byte-level BPE)")
    ap.add_argument("--layers", type=int)
    ap.add_argument("--experts", type=int, help="fewer than the model has, to save memory")
    ap.add_argument("--tokens", type=int, help="a smaller vocabulary, to see quickly whether the file loads")
    a = ap.parse_args()
    f = FAMILIES[a.family]
    layers = a.layers or f["layers"]
    f["experts"] = a.experts or f["experts"]
    f["vocab"] = a.tokens or f["vocab"]
    w = gguf.GGUFWriter(a.out, a.family)
    w.add_name(f"{a.family} synthetic")
    keys = {"block_count": layers, "context_length": 40960, "embedding_length": f["embd"],
            "attention.head_count": f["heads"], "attention.head_count_kv": f["kv"],
            "attention.layer_norm_rms_epsilon": 1e-6, "attention.key_length": f["head"],
            "attention.value_length": f["latent"][1] if "latent" in f else f["head"], "expert_count": f["experts"],
            "expert_used_count": f["used"], "expert_feed_forward_length": f["width"], "vocab_size": f["vocab"]}
    if "ffn" in f:
        keys["feed_forward_length"] = f["ffn"]
    if "delta" in f:
        groups, value_heads, size = f["delta"]
        keys |= {"ssm.conv_kernel": 4, "ssm.state_size": size, "ssm.group_count": groups,
                 "ssm.time_step_rank": value_heads, "ssm.inner_size": value_heads * size}
    if "local" in f:
        w.add_array(f"{a.family}.attention.sliding_window_pattern", [i % 6 != 5 for i in range(layers)])
        keys["attention.head_count_kv"] = [f["global_kv"] if i % 6 == 5 else f["kv"] for i in range(layers)]
    for key, value in (keys | f["keys"]).items():
        add = (w.add_array if isinstance(value, list) else w.add_bool if isinstance(value, bool) else
               w.add_string if isinstance(value, str) else w.add_float32 if isinstance(value, float) else w.add_uint32)
        add(f"{a.family}.{key}", value)
    write_vocabulary(w, a.vocab, f["vocab"])
    plan = list(tensors(a.family, f, layers))
    for name, shape, kind in plan:
        type = type_of(a.family, shape, kind)
        if type == Q.F32:
            w.add_tensor_info(name, shape, np.dtype(np.float32), int(np.prod(shape)) * 4)
        else:
            block, size = GGML_QUANT_SIZES[type]
            stored = (*shape[:-1], shape[-1] // block * size)
            w.add_tensor_info(name, stored, np.dtype(np.uint8), int(np.prod(stored)), raw_dtype=type)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_ti_data_to_file()
    rng = np.random.default_rng(0)
    for name, shape, kind in plan:
        w.write_tensor_data(values(rng, shape, kind, type_of(a.family, shape, kind)))
    w.close()


main()
