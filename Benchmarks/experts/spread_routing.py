#!/usr/bin/env python3
"""Makes the routers of a model with random weights spread tokens over the experts, as trained ones do.

Random Q4_K blocks have a mean that is not zero, so the hidden states of all tokens are nearly one
vector and all tokens go to the same few experts. Here the blocks get the offset that makes their mean
zero (7.5 times their scale), and router rows lose theirs: what differs between tokens decides.

usage: spread_routing.py MODEL.gguf [OUT.gguf]; without OUT the file itself is changed
"""
import shutil, sys

import gguf
import numpy as np

source, target = sys.argv[1], sys.argv[-1]
if target != source:
    shutil.copyfile(source, target)
routers = 0
for tensor in gguf.GGUFReader(target, "r+").tensors:
    if tensor.name.endswith("ffn_gate_inp.weight"):
        tensor.data[...] -= tensor.data.mean(axis=1, keepdims=True)
        routers += 1
    elif tensor.tensor_type == gguf.GGMLQuantizationType.Q4_K:
        # A block begins with its scale and its offset, each as float16.
        blocks = tensor.data.reshape(-1, 144)
        scales = np.ascontiguousarray(blocks[:, 0:2]).view(np.float16)
        blocks[:, 2:4] = (scales * np.float16(7.5)).view(np.uint8)
    else:
        continue
    tensor.data.flush()
print(f"{target}: {routers} routers")
