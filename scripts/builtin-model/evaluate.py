"""Measures a GGUF file against its checkpoint, its data and other implementations.

    python evaluate.py --data DIR --checkpoint DIR/checkpoint.pt --gguf stories.gguf

prints: held-out perplexity before and after quantization, how often each expert runs, how
much of what the model writes stands in its training text, the distance of its logits to
transformers' Qwen3MoeForCausalLM, and (with llama-cpp-python) to llama.cpp.
"""

import argparse
import json
import pathlib
import re

import numpy as np
import torch
from tokenizers import Tokenizer

from export import load_checkpoint, load_gguf
from tokenizer import END_OF_TEXT
from train import IGNORED, ROW, load_rows, perplexity, split_row


def nmse(ours, theirs):
    return float(((ours - theirs) ** 2).sum() / (theirs ** 2).sum())


@torch.no_grad()
def routing(model, rows):
    """Share of each expert [layers, experts] over the text of `rows`."""
    shares, weight = 0, 0
    for row in rows:
        inputs, targets = split_row(row[None])
        length = int((targets != IGNORED).sum())
        shares = shares + model(inputs[:, :length])[3] * length
        weight += length
    return shares / weight


@torch.no_grad()
def sample(model, tokenizer, prompt, count, temperature, seed, limit=500):
    """`count` continuations of one prompt, up to the end of text."""
    generator = torch.Generator().manual_seed(seed)
    end = tokenizer.token_to_id(END_OF_TEXT)
    tokens = torch.tensor([tokenizer.encode(prompt).ids] * count)
    cache = [{} for _ in range(model.c.layers)]
    logits = model(tokens, cache)[0][:, -1]
    done = torch.zeros(count, dtype=torch.bool)
    for _ in range(limit):
        following = (torch.multinomial((logits / temperature).softmax(dim=-1), 1, generator=generator) if temperature > 0
                     else logits.argmax(dim=-1, keepdim=True))
        tokens = torch.cat([tokens, following], dim=1)
        done |= following[:, 0] == end
        if done.all():
            break
        logits = model(following, cache)[0][:, -1]
    texts, ended = [], 0
    for row in tokens.tolist():
        ended += end in row
        texts.append(tokenizer.decode(row[:row.index(end)] if end in row else row, skip_special_tokens=False))
    return texts, ended


def grams(text, length=12):
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i:i + length]) for i in range(len(words) - length + 1)}


def recitation(texts, known, known_stories):
    """(share of the texts that are training stories, mean share of their 12-grams in the training text)."""
    shares = [len(g & known) / len(g) for g in map(grams, texts) if g]
    return np.mean([text in known_stories for text in texts]), np.mean(shares)


@torch.no_grad()
def transformers_logits(model, tokens):
    from transformers import Qwen3MoeConfig, Qwen3MoeForCausalLM

    c = model.c
    other = Qwen3MoeForCausalLM(Qwen3MoeConfig(
        vocab_size=c.vocabulary, hidden_size=c.width, num_hidden_layers=c.layers, num_attention_heads=c.heads,
        num_key_value_heads=c.key_value_heads, head_dim=c.head_width, num_experts=c.experts, num_experts_per_tok=c.experts_used,
        moe_intermediate_size=c.expert_width, intermediate_size=c.expert_width, norm_topk_prob=True, decoder_sparse_step=1,
        mlp_only_layers=[], rms_norm_eps=c.norm_epsilon, attention_bias=False, tie_word_embeddings=True,
        max_position_embeddings=c.context, rope_parameters={"rope_type": "default", "rope_theta": c.rope_base},
        attn_implementation="eager")).float().eval()
    ours = {"model.embed_tokens.weight": model.embedding.weight, "model.norm.weight": model.norm.weight, "lm_head.weight": model.embedding.weight}
    for number, block in enumerate(model.blocks):
        layer = f"model.layers.{number}."
        attention = block.attention
        ours |= {layer + "input_layernorm.weight": block.attention_norm.weight,
                 layer + "post_attention_layernorm.weight": block.feed_forward_norm.weight,
                 layer + "self_attn.q_proj.weight": attention.query.weight, layer + "self_attn.k_proj.weight": attention.key.weight,
                 layer + "self_attn.v_proj.weight": attention.value.weight, layer + "self_attn.o_proj.weight": attention.output.weight,
                 layer + "self_attn.q_norm.weight": attention.query_norm.weight, layer + "self_attn.k_norm.weight": attention.key_norm.weight,
                 layer + "mlp.gate.weight": block.experts.router.weight,
                 layer + "mlp.experts.gate_up_proj": torch.cat([block.experts.gate, block.experts.up], dim=1),
                 layer + "mlp.experts.down_proj": block.experts.down}
    other.load_state_dict(ours)
    return other(tokens).logits


def llama_logits(path, tokens):
    import llama_cpp

    engine = llama_cpp.Llama(str(path), n_ctx=1024, n_batch=1024, n_ubatch=1024, logits_all=True, n_threads=1, verbose=False)
    engine.eval(tokens)
    return torch.from_numpy(np.array(engine.scores[:len(tokens)]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--checkpoint", type=pathlib.Path, required=True)
    parser.add_argument("--gguf", type=pathlib.Path, required=True)
    parser.add_argument("--stories", type=int, default=200, help="how many stories the model writes for the recitation measure")
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    tokenizer = Tokenizer.from_file(str(arguments.data / "tokenizer.json"))
    held_out = load_rows(arguments.data / "held-out.jsonl", tokenizer, ROW, seed=1)
    trained, quantized = load_checkpoint(arguments.checkpoint), load_gguf(arguments.gguf)

    print(f"file: {arguments.gguf.stat().st_size} bytes, {sum(p.numel() for p in trained.parameters())} parameters")
    print(f"held-out perplexity: {perplexity(trained, held_out):.4f} float32, {perplexity(quantized, held_out):.4f} quantized")
    shares = routing(quantized, held_out[:40])
    print("share of each expert in per cent, by layer:")
    for layer, row in enumerate(shares * 100):
        print(f"  {layer}: " + " ".join(f"{share:5.2f}" for share in row.tolist()))
    print(f"  smallest {shares.min():.2%}, largest {shares.max():.2%}")

    tokens = held_out[0].long()
    tokens = tokens[tokens != IGNORED][None]
    with torch.no_grad():
        print(f"NMSE to transformers, trained weights, float32: {nmse(trained(tokens)[0], transformers_logits(trained, tokens)):.2e}")
        try:
            theirs = llama_logits(arguments.gguf, tokens[0].tolist())
        except ImportError:
            print("llama-cpp-python is not installed: no comparison with llama.cpp")
        else:
            ours = quantized(tokens)[0][0]
            print(f"NMSE to llama.cpp, quantized weights: {nmse(theirs, ours):.2e}, same best token at "
                  f"{(theirs.argmax(-1) == ours.argmax(-1)).float().mean():.2%} of {len(ours)} positions")

    with open(arguments.data / "train.jsonl", encoding="utf-8") as file:
        seen = [json.loads(line)["text"] for line in file]
    with open(arguments.data / "held-out.jsonl", encoding="utf-8") as file:
        unseen = [document["text"] for document in map(json.loads, file) if document["kind"] == "story"][:arguments.stories]
    written, ended = sample(quantized, tokenizer, "Once upon a time", arguments.stories, temperature=0.8, seed=1)
    # Only the grams asked for are looked up: all grams of the text would not fit in memory.
    asked = set().union(*map(grams, written + unseen))
    known = set().union(*(grams(text) & asked for text in seen))
    for name, texts in [("written by the model", written), ("held-out, for comparison", unseen)]:
        whole, part = recitation(texts, known, set(seen))
        print(f"{len(texts)} stories {name}: {whole:.1%} stand in the training text, {part:.1%} of their 12-word sequences do")
    print(f"{ended} of {len(written)} stories end within 500 tokens; {len(set(written))} differ")
    for text in written[:3]:
        print(f"\n{text}")


if __name__ == "__main__":
    main()
