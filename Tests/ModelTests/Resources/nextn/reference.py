"""Logits of prediction layers ("nextn"), computed in float64 with numpy alone.

Each model is a fixture with a layer put behind its own, made of what is there: the tensors of its last
layer with their rows moved on by one, and numbers from a hash. Tests/ModelTests/PredictionModel.swift makes
the same files. The hidden states that the layer takes are numbers from the hash as well.

    python3 reference.py FIXTURES_FOLDER        (needs numpy and gguf)
"""

import os
import sys

import gguf
import numpy as np

MODELS = ["glm4moe", "deepseek2", "qwen35", "qwen3next", "glm-dsa", "glm-dsa-sparse"]
COUNT = 12  # tokens


def noise(count, seed):
    """Uniform in -0.5..<0.5."""
    mask = 0xFFFFFFFF
    x = (np.arange(1, count + 1, dtype=np.uint64) * 2654435761 + seed * 40503) & mask
    x ^= x >> np.uint64(15)
    x = (x * np.uint64(2246822519)) & mask
    x ^= x >> np.uint64(13)
    return x.astype(np.float64) / 2**32 - 0.5


def single(x):
    """As a file holds it."""
    return x.astype(np.float32).astype(np.float64)


def rms(x, weight, epsilon):
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + epsilon) * weight


def silu(x):
    return x / (1 + np.exp(-x))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


class Model:
    def __init__(self, path):
        reader = gguf.GGUFReader(path)
        self.architecture = reader.fields["general.architecture"].contents()
        self.fields = reader.fields
        tensors = {t.name: np.asarray(t.data, dtype=np.float64) for t in reader.tensors}
        self.embedding = self.key("embedding_length")
        self.epsilon = self.key("attention.layer_norm_rms_epsilon")
        self.tokens = tensors["token_embd.weight"]
        self.output = tensors["output.weight"]
        last = f"blk.{self.key('block_count') - 1}."
        self.layer = {n[len(last) :]: np.roll(t, 1, 0) if t.ndim < 3 else rolled(t)
                      for n, t in tensors.items() if n.startswith(last)}
        width = self.embedding
        self.projection = single(noise(2 * width * width, 1) * 0.25).reshape(width, 2 * width)
        self.token_norm = single(1 + noise(width, 2) * 0.5)
        self.hidden_norm = single(1 + noise(width, 3) * 0.5)
        self.head_norm = single(1 + noise(width, 4) * 0.5)

    def key(self, name, default=None):
        field = self.fields.get(f"{self.architecture}.{name}")
        return default if field is None else field.contents()

    def w(self, name):
        return self.layer[name + ".weight"]

    def logits(self, tokens, hidden):
        e = rms(self.tokens[tokens], self.token_norm, self.epsilon)
        h = rms(hidden, self.hidden_norm, self.epsilon)
        x = np.concatenate([e, h], axis=1) @ self.projection.T
        attention = {"glm4moe": self.grouped, "deepseek2": self.latent, "glm-dsa": self.latent}.get(self.architecture, self.gated)
        x = x + attention(rms(x, self.w("attn_norm"), self.epsilon))
        second = "ffn_norm" if "ffn_norm.weight" in self.layer else "post_attention_norm"
        h = rms(x, self.w(second), self.epsilon)
        x = x + (self.experts(h) if "ffn_gate_inp.weight" in self.layer else self.dense(h, ""))
        return rms(x, self.head_norm, self.epsilon) @ self.output.T

    # Attention

    def grouped(self, h):
        heads, size = self.key("attention.head_count"), self.key("attention.key_length")
        q = (h @ self.w("attn_q").T).reshape(len(h), heads, size)
        return self.attend(h, q, heads, size) @ self.w("attn_output").T

    def gated(self, h):
        heads, size = self.key("attention.head_count"), self.key("attention.key_length")
        both = (h @ self.w("attn_q").T).reshape(len(h), heads, 2 * size)
        out = self.attend(h, both[:, :, :size], heads, size)
        return (out * sigmoid(both[:, :, size:]).reshape(len(h), -1)) @ self.w("attn_output").T

    def attend(self, h, q, heads, size):
        shared = self.key("attention.head_count_kv")
        k = (h @ self.w("attn_k").T).reshape(len(h), shared, size)
        v = (h @ self.w("attn_v").T).reshape(len(h), shared, size)
        q = rms(q, self.w("attn_q_norm"), self.epsilon)
        k = rms(k, self.w("attn_k_norm"), self.epsilon)
        turning = self.key("rope.dimension_count")
        frequencies = self.key("rope.freq_base") ** (-np.arange(0, turning, 2) / turning)
        q, k = turn_halves(q, frequencies), turn_halves(k, frequencies)
        out = np.zeros_like(q)
        for head in range(heads):
            other = head // (heads // shared)
            scores = q[:, head] @ k[:, other].T / np.sqrt(size)
            out[:, head] = softmax(causal(scores)) @ v[:, other]
        return out.reshape(len(h), -1)

    def latent(self, h):
        heads, rank = self.key("attention.head_count"), self.key("attention.kv_lora_rank")
        size, turning = self.key("attention.key_length_mla"), self.key("rope.dimension_count")
        plain = size - turning
        low = rms(h @ self.w("attn_q_a").T, self.w("attn_q_a_norm"), self.epsilon)
        q = (low @ self.w("attn_q_b").T).reshape(len(h), heads, size)
        both = h @ self.w("attn_kv_a_mqa").T
        c = rms(both[:, :rank], self.w("attn_kv_a_norm"), self.epsilon)
        frequencies, sharpness = self.yarn(turning)
        k_turned = turn_pairs(both[:, None, rank:], frequencies)[:, 0]
        q_turned = turn_pairs(q[:, :, plain:], frequencies)
        chosen = self.choice(h, low, frequencies) if "indexer.proj.weight" in self.layer else 0
        out = []
        for head in range(heads):
            keys = c @ self.w("attn_k_b")[head]  # [token][plain]
            scores = q[:, head, :plain] @ keys.T + q_turned[:, head] @ k_turned.T
            weights = softmax(causal(scores * sharpness**2 / np.sqrt(size)) + chosen)
            out.append(weights @ (c @ self.w("attn_v_b")[head].T))
        return np.concatenate(out, axis=1) @ self.w("attn_output").T

    def choice(self, h, low, frequencies):
        """0 for the keys that the indexer chooses for a query, -infinity for the others."""
        heads, size = self.key("attention.indexer.head_count"), self.key("attention.indexer.key_length")
        q = turn_first((low @ self.w("indexer.attn_q_b").T).reshape(len(h), heads, size), frequencies)
        k = h @ self.w("indexer.attn_k").T
        k = k - k.mean(axis=1, keepdims=True)
        k = k / np.sqrt(np.mean(k * k, axis=1, keepdims=True) + 1e-6)
        k = turn_first((k * self.w("indexer.k_norm") + self.layer["indexer.k_norm.bias"])[:, None], frequencies)
        scores = np.maximum(np.einsum("thd,sd->ths", q, k[:, 0]), 0)
        scores = causal(np.einsum("ths,th->ts", scores, h @ self.w("indexer.proj").T))
        result = np.full(scores.shape, -np.inf)
        for row in range(len(h)):
            order = np.argsort(-scores[row, : row + 1], kind="stable")
            result[row, order[: self.key("attention.indexer.top_k")]] = 0
        return result

    def yarn(self, turning):
        """Frequencies, and what queries and keys are multiplied with."""
        base, factor = self.key("rope.freq_base"), self.key("rope.scaling.factor")
        plain = base ** (-np.arange(0, turning, 2) / turning)
        if factor is None:
            return plain, 1
        original = self.key("rope.scaling.original_context_length")

        def pair(turns):
            return turning * np.log(original / (turns * 2 * np.pi)) / (2 * np.log(base))

        low = max(np.floor(pair(self.key("rope.scaling.yarn_beta_fast"))), 0)
        high = min(np.ceil(pair(self.key("rope.scaling.yarn_beta_slow"))), turning - 1)
        ramp = np.clip((np.arange(turning // 2) - low) / max(high - low, 0.001), 0, 1)
        sharpness = 1 + self.key("rope.scaling.yarn_log_multiplier") * np.log(factor)
        return plain / factor * ramp + plain * (1 - ramp), sharpness

    # Feed-forward

    def dense(self, h, suffix):
        gate, up = h @ self.w("ffn_gate" + suffix).T, h @ self.w("ffn_up" + suffix).T
        return (silu(gate) * up) @ self.w("ffn_down" + suffix).T

    def experts(self, h):
        used = self.key("expert_used_count")
        logits = h @ self.w("ffn_gate_inp").T
        gating = self.key("expert_gating_func", 2 if self.architecture == "glm-dsa" else 1)
        scores = sigmoid(logits) if gating == 2 else softmax(logits)
        wanted = scores + self.layer.get("exp_probs_b.bias", 0)
        groups = self.key("expert_group_count", 1)
        if groups > 1:
            parts = wanted.reshape(len(h), groups, -1)
            best = np.sort(parts, axis=2)[:, :, -2:].sum(axis=2)
            for row in range(len(h)):
                for group in np.argsort(-best[row])[self.key("expert_group_used_count") :]:
                    parts[row, group] = -np.inf
        out = np.zeros_like(h)
        for row in range(len(h)):
            chosen = np.argsort(-wanted[row])[:used]
            weights = scores[row, chosen] / scores[row, chosen].sum() * self.key("expert_weights_scale", 1.0)
            for weight, expert in zip(weights, chosen):
                gate = self.w("ffn_gate_exps")[expert] @ h[row]
                up = self.w("ffn_up_exps")[expert] @ h[row]
                out[row] += weight * (self.w("ffn_down_exps")[expert] @ (silu(gate) * up))
        shared = self.dense(h, "_shexp")
        if "ffn_gate_inp_shexp.weight" in self.layer:
            shared = shared * sigmoid(h @ self.w("ffn_gate_inp_shexp").reshape(-1, 1))
        return out + shared


def rolled(t):
    return np.roll(t.reshape(-1, t.shape[-1]), 1, 0).reshape(t.shape)


def causal(scores):
    return np.where(np.tril(np.ones(scores.shape)) > 0, scores, -np.inf)


def turn_halves(x, frequencies):
    half = len(frequencies)
    angles = np.arange(len(x))[:, None, None] * frequencies
    a, b = x[..., :half], x[..., half : 2 * half]
    turned = [a * np.cos(angles) - b * np.sin(angles), b * np.cos(angles) + a * np.sin(angles)]
    return np.concatenate(turned + [x[..., 2 * half :]], axis=-1)


def turn_pairs(x, frequencies):
    angles = np.arange(len(x))[:, None, None] * frequencies
    a, b = x[..., 0::2], x[..., 1::2]
    result = np.empty_like(x)
    result[..., 0::2] = a * np.cos(angles) - b * np.sin(angles)
    result[..., 1::2] = b * np.cos(angles) + a * np.sin(angles)
    return result


def turn_first(x, frequencies):
    turning = 2 * len(frequencies)
    return np.concatenate([turn_pairs(x[..., :turning], frequencies), x[..., turning:]], axis=-1)


if __name__ == "__main__":
    folder = os.path.dirname(os.path.abspath(__file__))
    for name in MODELS:
        model = Model(os.path.join(sys.argv[1], f"{name}.gguf"))
        tokens = np.arange(COUNT) * 37 % len(model.tokens)
        hidden = single(noise(COUNT * model.embedding, 5) * 4).reshape(COUNT, -1)
        logits = model.logits(tokens, hidden)
        logits.astype("<f4").tofile(os.path.join(folder, f"{name}.logits.f32"))
        print(name, logits.shape, logits.std(), logits.argmax(axis=1))
