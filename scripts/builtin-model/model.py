"""The qwen3moe model in plain PyTorch, written for training on a CPU."""

import dataclasses

import torch
from torch import nn
from torch.nn import functional as F


@dataclasses.dataclass
class Configuration:
    vocabulary: int = 2048
    context: int = 1024
    width: int = 256
    layers: int = 6
    heads: int = 8
    key_value_heads: int = 4
    head_width: int = 32
    experts: int = 16
    experts_used: int = 2
    expert_width: int = 64
    rope_base: float = 10000.0
    norm_epsilon: float = 1e-6


def rotary_table(configuration, length):
    """Cosines and sines, each [length, head_width], for the two-halves (NEOX) rotation."""
    half = torch.arange(0, configuration.head_width, 2, dtype=torch.float32) / configuration.head_width
    angles = torch.outer(torch.arange(length, dtype=torch.float32), configuration.rope_base ** -half)
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos(), angles.sin()


def rotate(x, cosine, sine):
    first, second = x.chunk(2, dim=-1)
    return x * cosine + torch.cat([-second, first], dim=-1) * sine


def causal_attention(query, key, value, blocks=4):
    """Softmax attention over [rows, heads, length, head_width].

    On a CPU, products over blocks of queries take half the time of PyTorch's fused kernel,
    and each block only sees the keys up to its end.
    """
    length, scale = query.shape[2], query.shape[3] ** -0.5
    past = key.shape[2] - length
    size = -(-length // blocks)
    mixed = []
    for start in range(0, length, size):
        end = min(start + size, length)
        scores = torch.matmul(query[:, :, start:end] * scale, key[:, :, :past + end].transpose(-1, -2))
        future = torch.ones(end - start, past + end, dtype=torch.bool).triu(past + start + 1)
        scores = scores + scores.new_zeros(future.shape).masked_fill(future, float("-inf"))
        mixed.append(torch.matmul(scores.softmax(dim=-1).to(value.dtype), value[:, :, :past + end]))
    return torch.cat(mixed, dim=2)


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.query = nn.Linear(c.width, c.heads * c.head_width, bias=False)
        self.key = nn.Linear(c.width, c.key_value_heads * c.head_width, bias=False)
        self.value = nn.Linear(c.width, c.key_value_heads * c.head_width, bias=False)
        self.output = nn.Linear(c.heads * c.head_width, c.width, bias=False)
        self.query_norm = nn.RMSNorm(c.head_width, eps=c.norm_epsilon)
        self.key_norm = nn.RMSNorm(c.head_width, eps=c.norm_epsilon)

    def forward(self, x, cosine, sine, cache=None):
        rows, length, _ = x.shape
        split = lambda y, heads: y.view(rows, length, heads, self.c.head_width)
        query = self.query_norm(split(self.query(x), self.c.heads).float()).transpose(1, 2)
        key = self.key_norm(split(self.key(x), self.c.key_value_heads).float()).transpose(1, 2)
        value = split(self.value(x), self.c.key_value_heads).transpose(1, 2)
        query, key = rotate(query, cosine, sine).to(value.dtype), rotate(key, cosine, sine).to(value.dtype)
        if cache is not None:
            if "key" in cache:
                key, value = torch.cat([cache["key"], key], dim=2), torch.cat([cache["value"], value], dim=2)
            cache["key"], cache["value"] = key, value
        group = self.c.heads // self.c.key_value_heads
        key, value = key.repeat_interleave(group, dim=1), value.repeat_interleave(group, dim=1)
        mixed = causal_attention(query, key, value)
        return self.output(mixed.transpose(1, 2).reshape(rows, length, -1))


class Experts(nn.Module):
    """Softmax over all experts, the best two renormalized to sum to one.

    The (token, expert) pairs are sorted by expert and laid out as one padded batch, so that
    all experts run in three batched products and no pair is dropped.
    """

    def __init__(self, c):
        super().__init__()
        self.c = c
        self.router = nn.Linear(c.width, c.experts, bias=False)
        # [experts, out, in], as in the GGUF file
        self.gate = nn.Parameter(torch.empty(c.experts, c.expert_width, c.width))
        self.up = nn.Parameter(torch.empty(c.experts, c.expert_width, c.width))
        self.down = nn.Parameter(torch.empty(c.experts, c.width, c.expert_width))

    def forward(self, x):
        """Returns (output, balance loss, z loss, share of the pairs that each expert got)."""
        c, shape = self.c, x.shape
        x = x.reshape(-1, c.width)
        with torch.autocast("cpu", enabled=False):
            logits = F.linear(x.float(), self.router.weight)
        chances = logits.softmax(dim=-1)
        weights, chosen = chances.topk(c.experts_used, dim=-1)
        weights = weights / weights.sum(dim=-1, keepdim=True)

        pairs = chosen.flatten()
        order = pairs.argsort(stable=True)
        counts = torch.bincount(pairs, minlength=c.experts)
        # A multiple of 64: oneDNN compiles a kernel for every shape it has not seen.
        capacity = -(-int(counts.max()) // 64) * 64
        starts = counts.cumsum(0) - counts
        slot = torch.arange(len(pairs)) - starts[pairs[order]] + pairs[order] * capacity
        token = order // c.experts_used
        grid = x.new_zeros(c.experts * capacity, c.width).index_copy(0, slot, x.index_select(0, token))
        grid = grid.view(c.experts, capacity, c.width)
        hidden = F.silu(torch.bmm(grid, self.gate.transpose(1, 2))) * torch.bmm(grid, self.up.transpose(1, 2))
        result = torch.bmm(hidden, self.down.transpose(1, 2)).view(c.experts * capacity, c.width)
        # Back to [tokens, used, width]: where pair p went is slot[rank of p].
        place = torch.empty_like(slot).index_copy(0, order, slot)
        result = result.index_select(0, place).view(-1, c.experts_used, c.width)
        output = (result * weights.to(result.dtype).unsqueeze(-1)).sum(dim=1)

        shares = counts.float() / len(pairs)
        balance = c.experts * (shares * chances.mean(dim=0)).sum()
        z = logits.logsumexp(dim=-1).square().mean()
        return output.view(shape), balance, z, shares


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.attention_norm = nn.RMSNorm(c.width, eps=c.norm_epsilon)
        self.attention = Attention(c)
        self.feed_forward_norm = nn.RMSNorm(c.width, eps=c.norm_epsilon)
        self.experts = Experts(c)

    def forward(self, x, cosine, sine, cache=None):
        x = x + self.attention(self.attention_norm(x), cosine, sine, cache)
        mixed, balance, z, shares = self.experts(self.feed_forward_norm(x))
        return x + mixed, balance, z, shares


class StoryModel(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.embedding = nn.Embedding(c.vocabulary, c.width)
        self.blocks = nn.ModuleList(Block(c) for _ in range(c.layers))
        self.norm = nn.RMSNorm(c.width, eps=c.norm_epsilon)
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)
            if name == "embedding.weight":
                nn.init.normal_(parameter, std=0.1)  # who is spoken of must not drown in what the blocks add
            if name.endswith(("output.weight", "down")):
                nn.init.normal_(parameter, std=0.02 / (2 * c.layers) ** 0.5)

    def forward(self, tokens, cache=None):
        """tokens [rows, length] -> (logits, mean balance loss, mean z loss, shares [layers, experts]).

        `cache`, a list with a dictionary per layer, holds the keys and values of the tokens
        before these; None in training.
        """
        x = self.embedding(tokens)
        past = cache[0]["key"].shape[2] if cache and "key" in cache[0] else 0
        cosine, sine = (table[past:] for table in rotary_table(self.c, past + tokens.shape[1]))
        balances, zs, shares = [], [], []
        for layer, block in enumerate(self.blocks):
            x, balance, z, share = block(x, cosine, sine, cache[layer] if cache else None)
            balances.append(balance)
            zs.append(z)
            shares.append(share)
        # The head is the embedding: a name to repeat needs no second representation.
        return F.linear(self.norm(x), self.embedding.weight), torch.stack(balances).mean(), torch.stack(zs).mean(), torch.stack(shares)
