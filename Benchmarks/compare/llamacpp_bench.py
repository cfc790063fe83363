"""Measures llama.cpp as llama-bench does, through the bindings of llama-cpp-python.

usage: llamacpp_bench.py MODEL THREADS PROMPT GENERATE DEPTH [--no-repack]
Warms up; then, for each line of standard input, runs the prompt and the generation test by turns
and prints the test's tokens per second.
"""
import ctypes
import random
import sys
import time

import llama_cpp as L


@L.llama_log_callback
def quiet(*_):
    pass


def main():
    path = sys.argv[1]
    threads, prompt, generate, depth = map(int, sys.argv[2:6])
    L.llama_log_set(quiet, ctypes.c_void_p(0))
    L.llama_backend_init()
    mp = L.llama_model_default_params()
    mp.use_extra_bufts = "--no-repack" not in sys.argv
    model = L.llama_model_load_from_file(path.encode(), mp)
    cp = L.llama_context_default_params()
    cp.n_ctx = depth + max(prompt, generate) + 64
    cp.n_batch = 2048
    cp.n_ubatch = 512
    cp.n_threads = cp.n_threads_batch = threads
    context = L.llama_init_from_model(model, cp)
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

    tests = [(n, body) for n, body in ((prompt, lambda: prefill(prompt)),
                                       (generate, lambda: [decode(1) for _ in range(generate)])) if n > 0]

    def measure(tokens, body):
        # The depth's tokens stay where the memory can be cut behind them.
        if depth == 0 or not L.llama_memory_seq_rm(memory, 0, depth, -1) or L.llama_memory_seq_pos_max(memory, 0) < 0:
            L.llama_memory_clear(memory, True)
            prefill(depth)
        start = time.perf_counter()
        body()
        return tokens / (time.perf_counter() - start)

    for test in tests:
        measure(*test)
    for turn, _ in enumerate(sys.stdin):
        print(measure(*tests[turn % len(tests)]), flush=True)


main()
