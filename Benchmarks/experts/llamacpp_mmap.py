#!/usr/bin/env python3
"""llama.cpp on a mapped model, without repacking: speed of one prompt, then of single tokens.

usage: llamacpp_mmap.py MODEL PROMPT GENERATE THREADS; prints {"pp": tok/s, "tg": tok/s}
"""
import ctypes, json, random, sys, time
import llama_cpp as L

path, prompt, generate, threads = sys.argv[1], *map(int, sys.argv[2:5])


def quiet(level, text, data):
    pass


callback = L.llama_log_callback(quiet)
L.llama_log_set(callback, None)
L.llama_backend_init()
parameters = L.llama_model_default_params()
parameters.n_gpu_layers = 0
parameters.use_mmap = True
if hasattr(parameters, "use_extra_bufts"):
    parameters.use_extra_bufts = False
model = L.llama_load_model_from_file(path.encode(), parameters)
options = L.llama_context_default_params()
options.n_ctx = 1024
options.n_batch = options.n_ubatch = 512
options.n_threads = options.n_threads_batch = threads
context = L.llama_new_context_with_model(model, options)
vocabulary = L.llama_vocab_n_tokens(L.llama_model_get_vocab(model))
random.seed(42)


def decode(tokens):
    array = (L.llama_token * len(tokens))(*tokens)
    if L.llama_decode(context, L.llama_batch_get_one(array, len(tokens))) != 0:
        sys.exit("llama_decode failed")
    # The call returns once the logits are asked for.
    L.llama_get_logits_ith(context, -1)


def clear():
    L.llama_memory_clear(L.llama_get_memory(context), True)


def token():
    return random.randrange(vocabulary)


result = {}
if prompt:
    start = time.monotonic()
    decode([token() for _ in range(prompt)])
    result["pp"] = prompt / (time.monotonic() - start)
    clear()
if generate:
    start = time.monotonic()
    for _ in range(generate):
        decode([token()])
    result["tg"] = generate / (time.monotonic() - start)
print(json.dumps(result))
