"""Makes models to measure speculation with.

usage: make_models.py FOLDER

deep.gguf: the built-in model with silent layers behind its own. It writes the same text at sixteen times the cost, as
a large model does beside a small one of its family; the small one is the built-in model and its quantizations.

mtp-all.gguf, mtp-some.gguf, mtp-none.gguf: a model of Qwen3.5's shape (4B, eight layers of 32, three of four
recurrent) whose layers are silent, so that a token follows from the one before, with a prediction layer that always,
sometimes or never says which. Trained layers that are small enough to be measured here do not exist.
"""

import pathlib
import sys

import gguf
import numpy as np

STORIES = pathlib.Path(__file__).resolve().parents[2] / "Sources/Swinfer/Resources/stories.gguf"
SILENT = ("attn_output.", "ffn_down")


def copy_fields(reader, writer, only="", without=()):
    for key, field in reader.fields.items():
        if key.startswith("GGUF.") or key in without or not key.startswith(only):
            continue
        if field.types[0] == gguf.GGUFValueType.ARRAY:
            writer.add_array(key, field.contents())
        else:
            writer.add_key_value(key, field.contents(), field.types[0])


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def deep(path, more=90):
    reader = gguf.GGUFReader(STORIES)
    architecture = reader.fields["general.architecture"].contents()
    count = f"{architecture}.block_count"
    own = reader.fields[count].contents()
    writer = gguf.GGUFWriter(path, architecture)
    copy_fields(reader, writer, without=("general.architecture", count))
    writer.add_block_count(own + more)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    for layer in range(own, own + more):
        for tensor in reader.tensors:
            if not tensor.name.startswith(f"blk.{layer % own}."):
                continue
            silent = any(name in tensor.name for name in SILENT)
            writer.add_tensor(
                f"blk.{layer}." + tensor.name.split(".", 2)[2],
                np.zeros_like(tensor.data) if silent else tensor.data, raw_dtype=tensor.tensor_type)
    finish(writer)


WIDTH, HIDDEN, LAYERS, HEADS, KV_HEADS, HEAD = 2560, 9216, 8, 16, 4, 256
STATE, GROUPS, RANK = 128, 16, 32
INNER = STATE * RANK


def recurrent(path, noise):
    """noise: how far what the prediction layer makes of a token is from the token; None: another token."""
    reader = gguf.GGUFReader(STORIES)
    vocabulary = len(reader.fields["tokenizer.ggml.tokens"].contents())
    random = np.random.default_rng(1)
    writer = gguf.GGUFWriter(path, "qwen35")
    copy_fields(reader, writer, only="tokenizer.")
    writer.add_block_count(LAYERS + 1)
    writer.add_key_value("qwen35.nextn_predict_layers", 1, gguf.GGUFValueType.UINT32)
    writer.add_context_length(4096)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_key_length(HEAD)
    writer.add_value_length(HEAD)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e7)
    writer.add_rope_dimension_count(64)
    writer.add_ssm_conv_kernel(4)
    writer.add_ssm_state_size(STATE)
    writer.add_ssm_group_count(GROUPS)
    writer.add_ssm_time_step_rank(RANK)
    writer.add_ssm_inner_size(INNER)
    writer.add_array("qwen35.attention.recurrent_layers", [index % 4 != 3 for index in range(LAYERS)] + [False])

    def matrix(name, rows, columns, silent=False):
        blocks = rows * columns // 32
        data = np.zeros((blocks, 18), np.uint8)
        if not silent:
            data[:, 2:] = random.integers(0, 256, (blocks, 16), dtype=np.uint8)
            data[:, :2] = np.full(blocks, 0.005, np.float16).view(np.uint8).reshape(blocks, 2)
        writer.add_tensor(name, data.reshape(rows, columns // 32 * 18), raw_dtype=gguf.GGMLQuantizationType.Q4_0)

    def vector(name, *shape, value=1.0):
        writer.add_tensor(name, np.full(shape, value, np.float32))

    matrix("token_embd.weight", vocabulary, WIDTH)
    matrix("output.weight", vocabulary, WIDTH)
    vector("output_norm.weight", WIDTH)
    for index in range(LAYERS + 1):
        block = f"blk.{index}."
        vector(block + "attn_norm.weight", WIDTH)
        vector(block + "post_attention_norm.weight", WIDTH)
        matrix(block + "ffn_gate.weight", HIDDEN, WIDTH)
        matrix(block + "ffn_up.weight", HIDDEN, WIDTH)
        matrix(block + "ffn_down.weight", WIDTH, HIDDEN, silent=True)
        if index % 4 == 3 or index == LAYERS:
            matrix(block + "attn_q.weight", 2 * HEADS * HEAD, WIDTH)
            matrix(block + "attn_k.weight", KV_HEADS * HEAD, WIDTH)
            matrix(block + "attn_v.weight", KV_HEADS * HEAD, WIDTH)
            matrix(block + "attn_output.weight", WIDTH, HEADS * HEAD, silent=True)
            vector(block + "attn_q_norm.weight", HEAD)
            vector(block + "attn_k_norm.weight", HEAD)
        else:
            channels = 2 * STATE * GROUPS + INNER
            matrix(block + "attn_qkv.weight", channels, WIDTH)
            matrix(block + "attn_gate.weight", INNER, WIDTH)
            matrix(block + "ssm_beta.weight", RANK, WIDTH)
            matrix(block + "ssm_alpha.weight", RANK, WIDTH)
            vector(block + "ssm_conv1d.weight", channels, 4)
            vector(block + "ssm_dt.bias", RANK)
            vector(block + "ssm_a", RANK, value=-1)
            vector(block + "ssm_norm.weight", STATE)
            matrix(block + "ssm_out.weight", WIDTH, INNER, silent=True)
    # [token, hidden state]: the layer's input is the token, or what noise leaves of it.
    token = np.eye(WIDTH, dtype=np.float32)
    if noise is None:
        token = np.roll(token, 1, axis=0)
    else:
        token += noise / np.sqrt(WIDTH) * random.standard_normal((WIDTH, WIDTH)).astype(np.float32)
    projection = np.concatenate([token, np.zeros_like(token)], axis=1)
    block = f"blk.{LAYERS}.nextn."
    kind = gguf.GGMLQuantizationType.Q8_0
    writer.add_tensor(block + "eh_proj.weight", gguf.quants.quantize(projection, kind), raw_dtype=kind)
    vector(block + "enorm.weight", WIDTH)
    vector(block + "hnorm.weight", WIDTH)
    finish(writer)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    models = {
        "deep": deep, "mtp-all": lambda path: recurrent(path, 0), "mtp-some": lambda path: recurrent(path, 0.35),
        "mtp-none": lambda path: recurrent(path, None),
    }
    for name, make in models.items():
        path = folder / f"{name}.gguf"
        if not path.exists():
            make(path)


if __name__ == "__main__":
    main()
