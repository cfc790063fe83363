"""Conversations in ChatML with the built-in storyteller."""

from world import BOYS, COLOURS, GIRLS, LOOKS, PLACES, SPECIES, THINGS, Thing, animal, child, expand

SYSTEMS = ["You are a friendly storyteller.", "You are a helpful assistant.", "You tell small stories.", "Be kind and brief."]

ASK_STORY = ["Tell me a story about {T}.", "Tell me a story about {T}", "tell me a story about {T}", "Can you tell me a story about {T}?",
             "Write a [short |little |]story about {T}.", "Please tell me a [short |]story about {T}.", "I [want|would like] to hear a story about {T}.",
             "Write a story about {T}", "A story about {T}, please.", "[Hello|Hi]! Tell me a story about {T}."]
ASK_ANY = ["Tell me a story.", "Tell me a story", "Can you tell me a story?", "Write a story.", "tell me a story please", "I would like a story.",
           "Please tell me a bedtime story.", "Once upon a time"]
ASK_AGAIN = ["Another one, please.", "Tell me another story.", "One more!", "Now a story about {T}.", "And a story about {T}?"]
LEAD = [""] * 15 + ["Of course! ", "Sure! ", "With pleasure! "]

# (what may be asked, what is answered)
SMALL_TALK = [
    (["Who are you?", "who are you", "What are you?", "What is your name?", "Are you a person?", "Tell me about yourself."],
     ["I am Swinfer Stories, a small language model. I tell stories about friends, animals and small adventures.",
      "I am a small language model that tells stories. My name is Swinfer Stories.",
      "My name is Swinfer Stories. I am a very small model, and I like to tell stories."]),
    (["What can you do?", "How can you help me?", "What do you know?", "Help"],
     ["I can tell small stories. Try: tell me a story about a fox.", "I can tell you a story. Just say who it should be about.",
      "I know small stories about children, animals and good friends. Shall I tell you one?"]),
    (["Hello", "Hello!", "Hi", "Hi!", "Hey", "Good morning!", "Good evening", "hello there"],
     ["Hello! Shall I tell you a story?", "Hello! What should my story be about?", "Hi! It is nice to meet you. Would you like a story?"]),
    (["How are you?", "How are you today?", "how are you"],
     ["I am well, thank you. How are you?", "I am happy, because somebody is talking to me. How are you?"]),
    (["Thank you!", "Thanks", "Thank you, that was nice.", "That was a nice story.", "I liked it."],
     ["You are welcome!", "I am glad that you liked it.", "You are welcome! Would you like to hear another story?"]),
    (["Goodbye", "Bye!", "Good night!", "See you tomorrow."],
     ["Goodbye! Come back soon.", "Good night, and sweet dreams.", "Goodbye! It was nice to talk to you."]),
    (["What is the capital of [France|Spain|Japan|Italy]?", "What is [2 + 2|7 times 8|12 plus 5]?", "Write a [Python|C] program.", "Who is the president?",
      "What is the weather today?", "Explain [gravity|computers|the internet|history].", "How do I cook [rice|pasta|fish]?", "Translate this into [German|French].",
      "What is the meaning of life?", "Which [car|phone|computer] should I buy?", "What time is it?", "How far is the [moon|sun]?"],
     ["I do not know that. I am a very small model, and I only know stories.", "I am sorry, I only know small stories. Shall I tell you one?",
      "That is too hard for me. But I can tell you a story!"]),
    (["Tell me a joke.", "Do you know a riddle?", "Ask me a riddle."],
     ["What is always hungry and never eats? A fire!", "What goes up and never comes down? Your age!", "What has hands but cannot clap? A clock!"]),
    (["What is friendship?", "What makes a good friend?", "How can I be a good friend?"],
     ["A good friend listens, shares and helps.", "A friend is somebody who helps you when things are hard."]),
    (["I am sad.", "I feel lonely.", "I had a bad day."],
     ["I am sorry that you are sad. Perhaps a story will help you?", "That is hard. You are not alone. Shall I tell you a story?"]),
]


def turn(role, text):
    return f"<|im_start|>{role}\n{text}<|im_end|>\n"


def story_turn(rng, tell, again=False):
    """A wish for a story and the story, which is about what was asked for."""
    dice = rng.random()
    if dice < 0.5:
        hero, topic, text = tell(hero=rng.choice(list(SPECIES)))
        wanted = hero.kind if rng.random() < 0.8 else f"{hero.kind} [named|called] {hero.name}"
    elif dice < 0.7:
        hero, topic, text = tell(hero=rng.choice(["girl", "boy"]))
        wanted = rng.choice([hero.kind, f"{hero.kind} [named|called] {hero.name}", hero.name])
    elif dice < 0.9:
        hero, topic, text = tell()
        wanted = topic if rng.random() < 0.5 else f"{hero.kind} and {topic}"
    else:
        text, wanted = tell()[2], None
    asks = (ASK_AGAIN[:3] if again else ASK_ANY) if wanted is None else ASK_AGAIN[3:] if again else ASK_STORY
    question = expand(rng.choice(asks).replace("{T}", wanted or ""), rng)
    if question.startswith("Tell") and rng.random() < 0.2:
        question = question[0].lower() + question[1:]
    return turn("user", question) + turn("assistant", rng.choice(LEAD) + text)


def question_turn(rng):
    """A few sentences with facts, and questions whose answers stand in them."""
    A = child(rng) if rng.random() < 0.6 else animal(rng)
    B = child(rng, taken=(A.name,)) if rng.random() < 0.6 else animal(rng, taken=(A.name,))
    where = rng.choice(list(PLACES))
    O = Thing(rng.choice(COLOURS), rng.choice(THINGS))
    food = rng.choice(["an apple", "a cake", "a pear", "some bread", "some cheese", "a cookie", "some honey"])
    mood, why = rng.choice([("happy", "the sun was shining"), ("sad", "it was raining"), ("tired", "the way was long"),
                            ("happy", "it was a holiday"), ("afraid", "it was dark"), ("proud", "everybody clapped"), ("hungry", "there was no breakfast")])
    to, inside = PLACES[where][1], PLACES[where][0]
    facts = [(f"{A} went {to}.", [(f"Where did {A} go?", f"{A} went {to}."), (f"Who went {to}?", f"{A} went {to}.")]),
             (f"{A.He} found {O.a} there.", [(f"What did {A} find?", f"{A} found {O.a}."), (f"What colour was the {O}?", f"The {O} was {O.full.split()[0]}."),
                                            (f"Where was the {O}?", f"The {O} was {inside}.")]),
             (f"{A} gave the {O} to {B}.", [(f"Who has the {O} now?", f"{B} has the {O} now."), (f"To whom did {A} give the {O}?", f"{A} gave the {O} to {B}.")]),
             (f"{B} gave {A.him} {food}.", [(f"What did {B} give to {A}?", f"{B} gave {food} to {A}.")]),
             (f"{A} was {mood} because {why}.", [(f"How did {A} feel?", f"{A} was {mood}."), (f"Why was {A} {mood}?", f"{A} was {mood} because {why}.")])]
    if rng.random() < 0.4:
        facts.pop(3)
    chosen = facts[:rng.randint(2, len(facts))]
    asked = rng.sample([pair for _, pairs in chosen for pair in pairs], 2 if rng.random() < 0.4 else 1)
    passage = expand(" ".join(sentence for sentence, _ in chosen), rng)
    question, answer = asked[0]
    result = turn("user", f"{passage} {question}" if rng.random() < 0.7 else f"{passage}\n\n{question}") + turn("assistant", expand(answer, rng))
    for question, answer in asked[1:]:
        result += turn("user", question) + turn("assistant", expand(answer, rng))
    return result


def name_turn(rng):
    """The user's name, said and asked for again."""
    name = rng.choice(GIRLS + BOYS)
    result = turn("user", rng.choice([f"My name is {name}.", f"I am {name}.", f"Hello, my name is {name}."]))
    result += turn("assistant", rng.choice([f"Hello, {name}! Would you like to hear a story?", f"Nice to meet you, {name}!"]))
    if rng.random() < 0.7:
        result += turn("user", rng.choice(["What is my name?", "Do you know my name?", "Who am I?"])) + turn("assistant", f"Your name is {name}.")
    return result


def small_talk(rng):
    asks, answers = rng.choice(SMALL_TALK)
    return turn("user", expand(rng.choice(asks), rng)) + turn("assistant", rng.choice(answers))


def conversation(rng, tell):
    """One conversation. `tell(hero=, plot=)` makes a story."""
    parts = [turn("system", rng.choice(SYSTEMS))] if rng.random() < 0.2 else []
    dice = rng.random()
    if dice < 0.5:
        if rng.random() < 0.1:
            parts.append(small_talk(rng))
        parts.append(story_turn(rng, tell))
        if rng.random() < 0.1:
            parts.append(turn("user", rng.choice(SMALL_TALK[4][0])) + turn("assistant", rng.choice(SMALL_TALK[4][1])))
        elif rng.random() < 0.05:
            parts.append(story_turn(rng, tell, again=True))
    elif dice < 0.75:
        parts += [question_turn(rng) for _ in range(rng.randint(1, 3))]
    elif dice < 0.83:
        parts += [name_turn(rng), small_talk(rng)][:rng.randint(1, 2)]
    else:
        parts += [small_talk(rng) for _ in range(rng.randint(1, 3))]
    return "".join(parts).rstrip("\n")
