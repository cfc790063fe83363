"""Writes a checkpoint as GGUF, matrices quantized to Q8_0, and reads it back.

    python export.py --data DIR --checkpoint DIR/checkpoint.pt --out stories.gguf

Router and norms stay float32: they are small, and rounding the router could change which
experts run.
"""

import argparse
import json
import pathlib

import gguf
import numpy as np
import torch

from model import Configuration, StoryModel
from tokenizer import END_OF_TEXT, SPECIAL, TURN_END

ARCHITECTURE = "qwen3moe"
CHAT_TEMPLATE = """\
{%- for message in messages %}
    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}"""
BLOCK_TENSORS = {
    "attention_norm.weight": "attn_norm", "attention.query.weight": "attn_q", "attention.key.weight": "attn_k",
    "attention.value.weight": "attn_v", "attention.output.weight": "attn_output",
    "attention.query_norm.weight": "attn_q_norm", "attention.key_norm.weight": "attn_k_norm",
    "feed_forward_norm.weight": "ffn_norm", "experts.router.weight": "ffn_gate_inp",
    "experts.gate": "ffn_gate_exps", "experts.up": "ffn_up_exps", "experts.down": "ffn_down_exps"}


def gguf_name(name):
    """The name in GGUF of a parameter of StoryModel."""
    if name.startswith("blocks."):
        _, layer, rest = name.split(".", 2)
        return f"blk.{layer}.{BLOCK_TENSORS[rest]}.weight"
    return {"embedding.weight": "token_embd.weight", "norm.weight": "output_norm.weight"}[name]


def is_quantized(name, parameter):
    return parameter.dim() > 1 and "router" not in name


def add_metadata(writer, c):
    writer.add_name("Swinfer Stories")
    writer.add_description("A very small mixture-of-experts model that writes stories. Built into swinfer, and trained "
                           "from nothing on generated text by the scripts in scripts/builtin-model.")
    writer.add_type("model")
    writer.add_author("The swinfer authors")
    writer.add_license("mit")
    writer.add_languages(["en"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_vocab_size(c.vocabulary)
    writer.add_context_length(c.context)
    writer.add_embedding_length(c.width)
    writer.add_block_count(c.layers)
    # No layer is dense; readers that ask get the width which runs for a token.
    writer.add_feed_forward_length(c.experts_used * c.expert_width)
    writer.add_expert_feed_forward_length(c.expert_width)
    writer.add_expert_count(c.experts)
    writer.add_expert_used_count(c.experts_used)
    writer.add_head_count(c.heads)
    writer.add_head_count_kv(c.key_value_heads)
    writer.add_key_length(c.head_width)
    writer.add_value_length(c.head_width)
    writer.add_layer_norm_rms_eps(c.norm_epsilon)
    writer.add_rope_freq_base(c.rope_base)
    writer.add_rope_dimension_count(c.head_width)


def add_tokenizer(writer, path):
    bpe = json.loads(path.read_text(encoding="utf-8"))
    vocabulary = {**bpe["model"]["vocab"], **{token["content"]: token["id"] for token in bpe["added_tokens"]}}
    tokens = sorted(vocabulary, key=vocabulary.get)
    assert [vocabulary[token] for token in tokens] == list(range(len(tokens)))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if token in SPECIAL else gguf.TokenType.NORMAL for token in tokens])
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in bpe["model"]["merges"]])
    # A story ends with the end of text, a turn of a conversation with the end of the turn.
    writer.add_eos_token_id(vocabulary[END_OF_TEXT])
    writer.add_eot_token_id(vocabulary[TURN_END])
    writer.add_pad_token_id(vocabulary[END_OF_TEXT])
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def export(checkpoint, tokenizer_path, out):
    saved = torch.load(checkpoint, weights_only=True)
    writer = gguf.GGUFWriter(out, ARCHITECTURE)
    add_metadata(writer, Configuration(**saved["configuration"]))
    add_tokenizer(writer, tokenizer_path)
    for name, parameter in saved["model"].items():
        array = parameter.float().numpy()
        if is_quantized(name, parameter):
            data = gguf.quants.quantize(array, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(gguf_name(name), data, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(gguf_name(name), array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def load_checkpoint(path):
    saved = torch.load(path, weights_only=True)
    model = StoryModel(Configuration(**saved["configuration"]))
    model.load_state_dict(saved["model"])
    return model.eval()


def load_gguf(path):
    """The model with the weights as they are in the file, dequantized."""
    reader = gguf.GGUFReader(path)
    field = lambda name: reader.fields[f"{ARCHITECTURE}.{name}"].contents()
    model = StoryModel(Configuration(
        vocabulary=field("vocab_size"), context=field("context_length"), width=field("embedding_length"),
        layers=field("block_count"), heads=field("attention.head_count"), key_value_heads=field("attention.head_count_kv"),
        head_width=field("attention.key_length"), experts=field("expert_count"), experts_used=field("expert_used_count"),
        expert_width=field("expert_feed_forward_length"), rope_base=field("rope.freq_base"),
        norm_epsilon=field("attention.layer_norm_rms_epsilon")))
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    weights = {}
    for name, parameter in model.state_dict().items():
        tensor = tensors.pop(gguf_name(name))
        array = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        weights[name] = torch.from_numpy(np.array(array)).view(parameter.shape)
    assert not tensors, f"unknown tensors {list(tensors)}"
    model.load_state_dict(weights)
    return model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--checkpoint", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    export(arguments.checkpoint, arguments.data / "tokenizer.json", arguments.out)
    load_gguf(arguments.out)
    print(f"{arguments.out}: {arguments.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
