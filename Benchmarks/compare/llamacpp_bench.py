"""Measures llama.cpp as llama-bench does, through the bindings of llama-cpp-python.

usage: llamacpp_bench.py MODEL THREADS PROMPT GENERATE DEPTH REPETITIONS [--no-repack]
Prints one JSON line: seconds of each repetition of the prompt and the generation test.
"""
import ctypes
import json
import random
import sys
import time

import llama_cpp as L


@L.llama_log_callback
def quiet(*_):
    pass


def main():
    path = sys.argv[1]
    threads, prompt, generate, depth, repetitions = map(int, sys.argv[2:7])
    L.llama_log_set(quiet, ctypes.c_void_p(0))
    L.llama_backend_init()
    mp = L.llama_model_default_params()
    mp.use_extra_bufts = "--no-repack" not in sys.argv
    started = time.perf_counter()
    model = L.llama_model_load_from_file(path.encode(), mp)
    cp = L.llama_context_default_params()
    cp.n_ctx = depth + max(prompt, generate) + 64
    cp.n_batch = 2048
    cp.n_ubatch = 512
    cp.n_threads = cp.n_threads_batch = threads
    context = L.llama_init_from_model(model, cp)
    loaded = time.perf_counter() - started
    memory = L.llama_get_memory(context)
    vocabulary = L.llama_vocab_n_tokens(L.llama_model_get_vocab(model))
    source = random.Random(42)

    def decode(count):
        tokens = (L.llama_token * count)(*[source.randrange(vocabulary) for _ in range(count)])
        assert L.llama_decode(context, L.llama_batch_get_one(tokens, count)) == 0

    def prefill(count):
        while count > 0:
            decode(min(count, 512))
            count -= 512

    def measure(body):
        seconds = []
        for round in range(repetitions + 1):  # the first one warms up
            L.llama_memory_clear(memory, True)
            prefill(depth)
            start = time.perf_counter()
            body()
            if round > 0:
                seconds.append(time.perf_counter() - start)
        return seconds

    result = {"load": loaded}
    if prompt > 0:
        result["pp"] = measure(lambda: prefill(prompt))
    if generate > 0:
        result["tg"] = measure(lambda: [decode(1) for _ in range(generate)])
    print(json.dumps(result))


main()
