#!/usr/bin/env python3
"""Makes tiny random models of forms that none of the fixtures has, and what transformers answers for them in
float32. The fixtures' own maker does the work; only configurations are given here.

usage: make_forms.py MAKE_FIXTURES.py LLAMA_CPP_DIR OUT_DIR [NAME ...]
needs: what make_fixtures.py needs (torch, transformers, gguf)
"""
import pathlib
import sys

maker, sources, out, *names = sys.argv[1:]
sys.argv = [maker, sources, out, *names]
# All of the maker but its last line, which runs it.
exec(compile(pathlib.Path(maker).read_text().rstrip().removesuffix("main()"), maker, "exec"))

small = dict(common, vocab_size=V, hidden_size=32, intermediate_size=48, num_attention_heads=4, num_key_value_heads=2)
tiny = dict(small, hidden_size=16, intermediate_size=16, num_attention_heads=2, num_key_value_heads=1)
gemma = dict(tie_word_embeddings=True, head_dim=16, sliding_window=12)
latent = dict(
    small, num_key_value_heads=4, moe_intermediate_size=16, num_experts_per_tok=4, kv_lora_rank=32, qk_rope_head_dim=16,
    v_head_dim=16, qk_nope_head_dim=16, n_shared_experts=1, first_k_dense_replace=1)


def gpt_oss_published():
    """The ends of YaRN's ramp lie between pairs, as in the models with an original context of 4096."""
    return T.GptOssConfig(
        **small, num_hidden_layers=2, head_dim=32, num_local_experts=6, num_experts_per_tok=2, sliding_window=16,
        rope_parameters=dict(rope_type="yarn", rope_theta=150000.0, factor=32.0, beta_fast=32.0, beta_slow=1.0,
                             truncate=False, original_max_position_embeddings=4096))


def llama4_unchunked():
    """Neither chunks nor a temperature, every layer turns its queries and keys."""
    return T.Llama4TextConfig(
        **dict(small, intermediate_size=24), intermediate_size_mlp=48, num_hidden_layers=4, head_dim=16,
        num_local_experts=4, num_experts_per_tok=1, interleave_moe_layer_step=1, use_qk_norm=True,
        attention_chunk_size=8192, attn_temperature_tuning=False, no_rope_layers=[1, 1, 1, 1], moe_layers=None,
        layer_types=["full_attention"] * 4)


def phi3_window():
    """A sliding window in all layers, as Phi-3-mini has."""
    return T.Phi3Config(**small, num_hidden_layers=2, sliding_window=16)


def gemma3_linear():
    """Positions of the layers that see everything divided by eight, as from the 4B model on."""
    ropes = dict(full_attention=dict(rope_type="linear", factor=8.0, rope_theta=1e6),
                 sliding_attention=dict(rope_type="default", rope_theta=10000.0))
    return T.Gemma3TextConfig(
        **dict(small, **gemma), num_hidden_layers=7, query_pre_attn_scalar=16, sliding_window_pattern=6, rope_parameters=ropes)


def gemma2_27b():
    """46 layers: scores are divided by the width per head, not by the heads' size."""
    return T.Gemma2Config(**dict(tiny, **gemma), num_hidden_layers=46, query_pre_attn_scalar=8)


def gemma3_27b():
    """62 layers: likewise."""
    return T.Gemma3TextConfig(
        **dict(tiny, **gemma), num_hidden_layers=62, query_pre_attn_scalar=8, sliding_window_pattern=6)


def deepseek2_v2():
    """DeepSeek V2: softmax scores, groups chosen by their best expert, weights not normalized."""
    return T.DeepseekV2Config(
        **latent, num_hidden_layers=3, topk_method="group_limited_greedy", n_routed_experts=12, n_group=4, topk_group=2,
        q_lora_rank=24, routed_scaling_factor=3.0, norm_topk_prob=False)


def glm_dsa_shared():
    """Layers without an indexer look at the keys that an earlier one chose. So many index heads that no two keys
    score zero together."""
    return T.models.glm_moe_dsa.configuration_glm_moe_dsa.GlmMoeDsaConfig(
        **latent, num_hidden_layers=5, n_routed_experts=8, n_group=1, topk_group=1, q_lora_rank=32, qk_head_dim=32,
        routed_scaling_factor=2.5, norm_topk_prob=True, index_topk=20, index_head_dim=32, index_n_heads=24,
        indexer_types=["full", "shared", "full", "shared", "shared"],
        mlp_layer_types=["dense"] + ["sparse"] * 4, num_nextn_predict_layers=0)


FORMS = {make.__name__.replace("_", "-"): make for make in (
    gpt_oss_published, llama4_unchunked, phi3_window, gemma3_linear, gemma2_27b, gemma3_27b, deepseek2_v2, glm_dsa_shared)}
ALL = list(FORMS)


def cfg(name):
    return FORMS[name]()


main()
