"""Trains the byte-level BPE tokenizer on the training text.

    python tokenizer.py --data DIR [--vocabulary 2048]

reads DIR/train.jsonl and writes DIR/tokenizer.json. The pre-tokenizer is the one which
llama.cpp calls "qwen2", so that the GGUF file needs no pre-tokenizer of its own. All 256
bytes are tokens: text the stories never use still has an encoding.
"""

import argparse
import json
import pathlib

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

END_OF_TEXT, TURN_START, TURN_END = SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
QWEN2 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
         r"|\s*[\r\n]+|\s+(?!\S)|\s+")


def train_tokenizer(texts, vocabulary):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN2), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=SPECIAL, show_progress=False,
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--vocabulary", type=int, default=2048)
    arguments = parser.parse_args()
    with open(arguments.data / "train.jsonl", encoding="utf-8") as file:
        # A tenth of the text holds every word often enough.
        texts = [json.loads(line)["text"] for number, line in enumerate(file) if number % 10 == 0]
    tokenizer = train_tokenizer(texts, arguments.vocabulary)
    tokenizer.save(str(arguments.data / "tokenizer.json"))
    characters = sum(map(len, texts))
    tokens = sum(len(encoding.ids) for encoding in tokenizer.encode_batch(texts))
    print(f"{tokenizer.get_vocab_size()} tokens in the vocabulary; {characters / tokens:.2f} characters per token")


if __name__ == "__main__":
    main()
