#!/usr/bin/env python3
"""Copies a model with random weights so that its routers spread tokens over the experts.

Random quantized blocks have a mean that is not zero, so the hidden states of all tokens are nearly
one vector, with all its values alike, and all tokens go to the same few experts. Router rows
without a mean do not see that part: what differs between tokens decides.

usage: spread_routing.py MODEL.gguf OUT.gguf
"""
import shutil, sys

import gguf

source, target = sys.argv[1:3]
shutil.copyfile(source, target)
routers = [
    tensor for tensor in gguf.GGUFReader(target, "r+").tensors if tensor.name.endswith("ffn_gate_inp.weight")]
for router in routers:
    router.data[...] -= router.data.mean(axis=1, keepdims=True)
    router.data.flush()
print(f"{target}: {len(routers)} routers")
