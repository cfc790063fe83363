"""Writes llama.cpp's greedy continuations of ten prompts, as reference data for the engine's tests.

    python reference.py --gguf stories.gguf --out builtin-greedy.json

Of many prompts, five stories and five conversations are kept whose continuation is decided
most clearly: where the best two logits are close, a correct engine may choose the other one.
Beginnings alone leave the name and the plot open, so held-out stories, cut in their middle,
are prompts too (--held-out).
"""

import argparse
import json
import pathlib

import llama_cpp
import numpy as np

LENGTH = 64
PROMPTS = [
    "Once upon a time", "One day, Tom", "Mia was a curious girl.", "Once upon a time, there was a little fox named Rusty",
    "Long ago, a wise queen", "In a small village between two mountains, there lived", "A tiny mouse called Dot lived",
    "This is the story of Leo,", "Once upon a time, a clever crow", "There was once a grumpy badger", "Far away, in a castle on a hill,",
    "Ben had a red kite. One day,", "\"Snow!\" cried Nora.", "Suddenly a strong wind came.", "Every year there was a big race",
    "Once upon a time, there was a brave girl named Anna, who lived in a house with a blue door.", "Kate the pirate lived",
    "It was Max's birthday.", "The dragon was crying. \"Why are you", "Lucy wanted to learn to swim.",
    "<|im_start|>user\nTell me a story about a fox.<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nWhat can you do?<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nHow are you?<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nThank you!<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nGoodbye<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nTell me a joke.<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nI am sad.<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nWhat is friendship?<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nDo you know a riddle?<|im_end|>\n<|im_start|>assistant\n",
    "The sun was shining. Suddenly",
    "They had just sat down when dark clouds came, and",
    "\"Good things take time,\" said Leo.\n\nThen one morning,",
    "On the evening of the festival,",
    "One night, heavy rain made the river rise, and",
    "And from that day on,",
    "They looked at each other and",
    "First she was slow. Then it went",
    "<|im_start|>user\nWho are you?<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nTom went to the river. He found a red ball there. Tom gave the ball to Mia. Who has the ball now?<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>system\nYou are a friendly storyteller.<|im_end|>\n<|im_start|>user\nTell me a story about a girl named Mia.<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nWrite a story about a lost kite<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nMy name is Sam.<|im_end|>\n<|im_start|>assistant\nHello, Sam! Would you like to hear a story?<|im_end|>\n<|im_start|>user\nWhat is my name?<|im_end|>\n<|im_start|>assistant\n",
]


def greedy(engine, prompt):
    """The continuation of up to LENGTH tokens, with an end-of-generation token if one comes."""
    model = engine._model.model
    vocabulary = llama_cpp.llama_model_get_vocab(model)
    tokens = engine.tokenize(prompt.encode(), add_bos=False, special=True)
    engine.reset()
    engine.eval(tokens)
    generated, gaps = [], []
    for _ in range(LENGTH):
        logits = np.array(engine.scores[engine.n_tokens - 1])
        second, first = np.sort(logits)[-2:]
        gaps.append(float(first - second))
        generated.append(int(logits.argmax()))
        if llama_cpp.llama_vocab_is_eog(vocabulary, generated[-1]):
            break
        engine.eval(generated[-1:])
    return {"prompt": prompt, "prompt_tokens": tokens, "tokens": generated,
            "text": engine.detokenize(generated, special=True).decode("utf-8", "replace"),
            "smallest_gap": round(min(gaps), 4), "smallest_gap_position": int(np.argmin(gaps))}


def beginnings(path, count):
    """The first halves of held-out stories, cut between two words."""
    result = []
    for line in path.read_text(encoding="utf-8").splitlines():
        text = json.loads(line)
        text = text.get("text", "") if isinstance(text, dict) else text
        if text.startswith("<|im_start|>") or len(text) < 400:
            continue
        cut = text.rfind(" ", 0, min(len(text) // 2, 500))
        result.append(text[:cut])
        if len(result) == count:
            break
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gguf", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--keep", type=int, default=10)
    parser.add_argument("--held-out", type=pathlib.Path, help="held-out.jsonl; its first stories, cut after their third sentence or later")
    parser.add_argument("--stories", type=int, default=300, help="how many of them to try")
    arguments = parser.parse_args()
    engine = llama_cpp.Llama(str(arguments.gguf), n_ctx=1024, logits_all=True, n_threads=1, n_threads_batch=1, verbose=False)
    prompts = PROMPTS + (beginnings(arguments.held_out, arguments.stories) if arguments.held_out else [])
    results = sorted((greedy(engine, prompt) for prompt in prompts), key=lambda result: -result["smallest_gap"])
    # Half stories, half conversations: the short answers are always decided most clearly.
    conversations = [result for result in results if result["prompt"].startswith("<|im_start|>")]
    stories = [result for result in results if not result["prompt"].startswith("<|im_start|>")]
    kept = stories[:arguments.keep // 2] + conversations[:arguments.keep - arguments.keep // 2]
    document = {"model": arguments.gguf.name, "engine": f"llama.cpp, llama-cpp-python {llama_cpp.__version__}", "continuations": kept}
    arguments.out.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for result in kept:
        print(f"{result['smallest_gap']:.3f} {result['prompt']!r} -> {result['text']!r}")


if __name__ == "__main__":
    main()
