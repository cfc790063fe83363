"""Writes the training text: small stories, and conversations with a small storyteller.

    python stories.py --out DIR [--documents 60000] [--held-out 600] [--seed 1]

writes DIR/train.jsonl and DIR/held-out.jsonl, one document per line as
{"kind": "story"|"chat", "text": ...}. Chat documents carry their ChatML marks as text.

About one in sixteen pairs of a plot and a hero's name is never trained on: the held-out
stories are made of exactly these pairs, from another seed.
"""

import argparse
import json
import pathlib
import random
import zlib

from chat import conversation
from plots import PLOTS, default_cast
from world import FOODS, SPECIES, animal, child, expand, relative

OPENINGS = ["Once upon a time, there was {A.intro} [named|called|whose name was] {A}. {A.He} lived {A.home} [with {C}|].",
            "Once upon a time, there was {A.intro} [named|called] {A}, who lived {A.home}.",
            "Once upon a time, {A.intro} [named|called] {A} lived {A.home}.",
            "Once upon a time there was {A.intro}. {A.His} name was {A}, and {A.he} lived {A.home}."]
OTHER_OPENINGS = ["There was once {A.intro} [named|called] {A}, who lived {A.home}.", "Long ago, {A.intro} [named|called] {A} lived {A.home}.",
                  "{A} was {A.intro}. {A.He} lived {A.home} [with {C}|].", "{A.home}, there lived {A.intro} [named|called] {A}.",
                  "{A.intro} [named|called] {A} lived {A.home} [with {C}|].", "{A} the {A.noun} lived {A.home}.",
                  "Far away, {A.home}, lived {A.intro} [named|called] {A}.", "This is the story of {A}, {A.intro}. {A.He} lived {A.home}."]
HABITS = ["{A} [loved|liked] to [play outside|sing|listen to stories|look at the stars|help {C}|ask questions|collect stones].",
          "{A.He} was always [cheerful|kind to everybody|full of questions|ready for an adventure].",
          "{A.poss} best friend was {B}, {B.intro}.", "{A.He} had a friend named {B}, who was {B.intro}.",
          "{A.poss} best friend was {B}, {B.intro}.", "Nearby lived {B}, {B.intro}."]
FRIEND_HABITS = HABITS[2:]
CUSTOMS = ["[Every evening|At night], {C} told {A.him} a story.", "[In summer|On warm days], {A} [liked to sit|often played] under an old apple tree.",
           "{A} was not [very big|very strong], but {A.he} had a [big|good] heart.", "Every morning, {A} [woke up with the sun|ate {F} for breakfast].",
           "{A} was [very proud of|well known for] {A.his} [long stories|loud laugh|good ideas].", "In winter, {A} [liked to sit by the fire|dreamed of spring].",
           "Everybody in the [village|valley] knew {A.him}.", "{A} had one big dream: {A.he} wanted to [see the sea|see the whole world|fly like a bird]."]
EPILOGUES = ["Many years later, {A} still [told|liked to tell] the story of that day.", "When {A} was old, {A.he} [often |]told this story to the children.",
             "If you listen carefully, you can still hear {A} [laugh|sing] in the evening.",
             "People still talk about it today.", "And {A}? {A.He} was already looking for the next adventure."]
# Plots that bring their own second being, or introduce it themselves.
OWN_FRIEND = {"hurt_animal", "lost_way", "new_friend", "storm", "sharing"}


def is_held_out(plot, name):
    return zlib.crc32(f"{plot}/{name}".encode()) % 16 == 0


def story(rng, held_out=False, hero=None, plot=None):
    """One story: (hero, topic, text). `hero` is a species, "boy", "girl" or None."""
    while True:
        name = plot or rng.choice(list(PLOTS))
        kind = hero or (rng.choice(["girl", "boy"]) if rng.random() < 0.5 else rng.choice(list(SPECIES)))
        A = child(rng, "f" if kind == "girl" else "m") if kind in ("girl", "boy") else animal(rng, kind)
        if is_held_out(name, A.name) == held_out:
            break
    B, where = default_cast(rng, A)
    cast = dict(A=A, B=B, C=relative(rng, A), P=where, F=rng.choice(FOODS))
    topic, body, extra = PLOTS[name](rng, cast)
    opening = rng.choice(OPENINGS if rng.random() < 0.6 else OTHER_OPENINGS)
    if name in OWN_FRIEND:
        habit = rng.choice(HABITS[:2]) if rng.random() < 0.5 else ""
    else:
        # Whoever acts later has been introduced.
        habit = rng.choice(FRIEND_HABITS) if rng.random() < 0.8 else rng.choice(HABITS[:2]) + " " + rng.choice(FRIEND_HABITS)
    if rng.random() < 0.35:
        habit = f"{rng.choice(CUSTOMS)} {habit}"
    epilogue = f"\n\n{rng.choice(EPILOGUES)}" if rng.random() < 0.2 else ""
    cast.update(extra)
    return A, topic, expand(f"{opening} {habit} {body}{epilogue}", rng, **cast)


def documents(seed, count, held_out):
    rng = random.Random(seed)
    for _ in range(count):
        if rng.random() < 0.72:
            yield {"kind": "story", "text": story(rng, held_out)[2]}
        else:
            yield {"kind": "chat", "text": conversation(rng, lambda **wish: story(rng, held_out, **wish))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--documents", type=int, default=60000)
    parser.add_argument("--held-out", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, seed, count, held_out in [("train", arguments.seed, arguments.documents, False),
                                        ("held-out", arguments.seed + 1000, arguments.held_out, True)]:
        with open(arguments.out / f"{name}.jsonl", "w", encoding="utf-8") as file:
            for document in documents(seed, count, held_out):
                file.write(json.dumps(document, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
