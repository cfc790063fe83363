"""Trains the story model on the CPU.

    python train.py --data DIR --out DIR [--steps 2400] [--minutes 40] [--resume DIR/checkpoint.pt]

reads DIR/train.jsonl, held-out.jsonl and tokenizer.json; writes checkpoint.pt (weights,
configuration, optimizers) every few minutes and log.txt. Two processes with one
thread each share a step: on a machine with other work to do, two threads of one process
would wait for each other at every operation. The matrices of the blocks learn
with Muon, everything else with Adam. The learning rate is constant after the warm-up and
falls linearly to zero over the last part, so a run may be shortened or prolonged with
--resume and another --steps. With --minutes the last part begins early enough to finish in
time; only then does the result depend on the machine's speed.
"""

import argparse
import dataclasses
import json
import math
import pathlib
import random
import time

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn import functional as F

from model import Configuration, StoryModel
from tokenizer import END_OF_TEXT

IGNORED = -100  # no loss on padding
ROW = 576  # two stories, or one and some conversations, fit well


def load_rows(path, tokenizer, length, seed):
    """Packs whole documents, each followed by the end of text, into rows [count, length + 1].

    Every row starts with a document, as every prompt does. The rest of a row, where no
    document of the pool fits, is padding (-100).
    """
    with open(path, encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    end = tokenizer.token_to_id(END_OF_TEXT)
    encoded = []
    for start in range(0, len(texts), 4096):
        encoded += [np.array(e.ids + [end], dtype=np.int16)[:length + 1] for e in tokenizer.encode_batch(texts[start:start + 4096])]
    random.Random(seed).shuffle(encoded)
    rows, pool, position = [], [], 0
    while position < len(encoded) or pool:
        while len(pool) < 64 and position < len(encoded):
            pool.append(encoded[position])
            position += 1
        row, free = [pool.pop(0)], length + 1
        free -= len(row[0])
        while True:
            fitting = [index for index, document in enumerate(pool) if len(document) <= free]
            if not fitting:
                break
            row.append(pool.pop(max(fitting, key=lambda index: len(pool[index]))))
            free -= len(row[-1])
        rows.append(np.concatenate(row + [np.full(free, IGNORED, dtype=np.int16)]))
    return torch.from_numpy(np.stack(rows))


def join_pairs(batch):
    """[rows, ROW + 1] -> [rows / 2, 2 ROW + 1]: later positions are trained too."""
    return torch.cat([batch[0::2, :-1], batch[1::2]], dim=1)


def split_row(batch):
    """(inputs, targets) of packed rows; padding becomes token 0 without loss."""
    batch = batch.long()
    return batch[:, :-1].clamp(min=0), batch[:, 1:]


@torch.no_grad()
def perplexity(model, rows, batch=8):
    total, count = 0.0, 0
    for start in range(0, len(rows), batch):
        inputs, targets = split_row(rows[start:start + batch])
        logits = model(inputs)[0].float()
        total += F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum").item()
        count += int((targets != IGNORED).sum())
    return math.exp(total / count)


class Muon(torch.optim.Optimizer):
    """Momentum whose matrix updates are orthogonalized by a Newton-Schulz iteration
    (Keller Jordan, 2024). Matrices of one shape, each expert being one, run as one batch, of
    which every process takes its part."""

    def __init__(self, parameters, lr, momentum=0.95, weight_decay=0.0):
        super().__init__(list(parameters), dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        rank, processes = torch.distributed.get_rank(), torch.distributed.get_world_size()
        for group in self.param_groups:
            shapes = {}
            for parameter in group["params"]:
                velocity = self.state[parameter].setdefault("velocity", torch.zeros_like(parameter))
                velocity.lerp_(parameter.grad, 1 - group["momentum"])
                update = parameter.grad.lerp(velocity, group["momentum"])
                update = update.view(-1, *update.shape[-2:])
                tall = update.shape[1] > update.shape[2]
                wide = update.transpose(1, 2) if tall else update
                shapes.setdefault(tuple(wide.shape[1:]), []).append((parameter, wide, tall))
            for members in shapes.values():
                part = orthogonal(torch.cat([wide for _, wide, _ in members]).chunk(processes)[rank])
                parts = [torch.empty_like(part) for _ in range(processes)]
                torch.distributed.all_gather(parts, part)
                results = torch.cat(parts).split([len(wide) for _, wide, _ in members])
                for (parameter, _, tall), result in zip(members, results):
                    result = (result.transpose(1, 2) if tall else result).reshape(parameter.shape)
                    scale = max(1.0, parameter.shape[-2] / parameter.shape[-1]) ** 0.5
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    parameter.add_(result, alpha=-group["lr"] * scale)


def orthogonal(matrices, iterations=5):
    """The nearest (semi-)orthogonal matrices, roughly; [count, rows <= columns, columns]."""
    x = matrices.bfloat16()
    x = x / (x.float().norm(dim=(1, 2), keepdim=True) + 1e-7).bfloat16()
    for _ in range(iterations):
        square = x @ x.transpose(1, 2)
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x.float()


def optimizers(model):
    matrices, others = [], []
    for name, parameter in model.named_parameters():
        hidden = parameter.dim() > 1 and "blocks" in name and "router" not in name
        (matrices if hidden else others).append(parameter)
    return [Muon(matrices, lr=0.01, weight_decay=0.05),
            torch.optim.AdamW(others, lr=0.003, betas=(0.9, 0.98), weight_decay=0.0)]


def schedule(step, progress, decay, warm_up=60):
    return min(1.0, (step + 1) / warm_up, (1 - progress) / decay)


def average_gradients(model, processes):
    """The mean over all processes of every gradient, in one exchange."""
    gradients = [parameter.grad for parameter in model.parameters()]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    torch.distributed.all_reduce(flat)
    flat /= processes
    for gradient, mean in zip(gradients, flat.split([gradient.numel() for gradient in gradients])):
        gradient.copy_(mean.view_as(gradient))


def train(rank, arguments, configuration, rows, held_out):
    """One of the processes: each takes its share of a step's rows, on one thread."""
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)
    torch.distributed.init_process_group("gloo", init_method=f"file://{arguments.out.resolve()}/meeting",
                                         rank=rank, world_size=arguments.processes)

    def log(line):
        if rank == 0:
            print(line, flush=True)
            with open(arguments.out / "log.txt", "a", encoding="utf-8") as file:
                print(line, file=file)

    model = StoryModel(configuration)
    tools = optimizers(model)
    rates = [[group["lr"] for group in tool.param_groups] for tool in tools]
    first = position = 0
    if arguments.resume:
        saved = torch.load(arguments.resume, weights_only=True)
        model.load_state_dict(saved["model"])
        for tool, state in zip(tools, saved["optimizers"]):
            tool.load_state_dict(state)
        first, position = saved["step"], saved["position"]
    log(f"{sum(p.numel() for p in model.parameters())} parameters, {len(rows)} rows of {ROW} tokens "
        f"({(rows != IGNORED).float().mean():.1%} text), steps {first} to {arguments.steps} of {arguments.rows} rows")

    share = arguments.rows // arguments.processes
    started, tokens = time.time(), 0
    for step in range(first, arguments.steps):
        # Decided by one process, since clocks differ.
        progress = torch.tensor(max(step / arguments.steps, (time.time() - started) / (60 * arguments.minutes)))
        torch.distributed.broadcast(progress, 0)
        progress = progress.item()
        last = step + 1 == arguments.steps or progress >= 1
        begin = position + rank * share
        batch = rows[torch.arange(begin, begin + share) % len(rows)]
        position += arguments.rows
        inputs, targets = split_row(join_pairs(batch) if step % 8 == 7 else batch)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits, balance, z, shares = model(inputs)
        loss = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
        (loss + 0.02 * balance + 0.001 * z).backward()
        average_gradients(model, arguments.processes)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for tool, base in zip(tools, rates):
            for group, rate in zip(tool.param_groups, base):
                group["lr"] = rate * schedule(step, min(progress, 1.0), arguments.decay)
            tool.step()
            tool.zero_grad()
        tokens += inputs.numel() * arguments.processes
        if step % 20 == 0:
            log(f"step {step} loss {loss.item():.4f} balance {balance.item():.3f} smallest share {shares.min():.3f} "
                f"{tokens / (time.time() - started):.0f} tokens/s {time.time() - started:.0f} s")
        if rank == 0 and ((step + 1) % 100 == 0 or last):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                log(f"step {step + 1} held-out perplexity (a tenth) {perplexity(model, held_out[:len(held_out) // 10]):.4f}")
            torch.save({"configuration": dataclasses.asdict(configuration), "model": model.state_dict(), "step": step + 1, "position": position,
                        "optimizers": [tool.state_dict() for tool in tools]}, arguments.out / "checkpoint.tmp")
            (arguments.out / "checkpoint.tmp").replace(arguments.out / "checkpoint.pt")
        if last:
            break
    torch.distributed.destroy_process_group()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--minutes", type=float, default=math.inf, help="finish after this time, even in fewer steps")
    parser.add_argument("--decay", type=float, default=0.45, help="share of the run in which the learning rate falls")
    parser.add_argument("--rows", type=int, default=8, help="rows of 576 tokens in a step")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "meeting").unlink(missing_ok=True)  # left by a run that was stopped
    tokenizer = Tokenizer.from_file(str(arguments.data / "tokenizer.json"))
    configuration = Configuration(vocabulary=tokenizer.get_vocab_size())
    rows = load_rows(arguments.data / "train.jsonl", tokenizer, ROW, arguments.seed)
    held_out = load_rows(arguments.data / "held-out.jsonl", tokenizer, ROW, arguments.seed)
    torch.multiprocessing.spawn(train, (arguments, configuration, rows, held_out), nprocs=arguments.processes)


if __name__ == "__main__":
    main()
