"""The things stories are about, and the small template language they are written in.

A template is plain text with three kinds of marks:

    [one|two|three]   one of the alternatives, chosen at random; they nest
    @rule(A)          a phrase of RULES about the being A (written {X} in the rule)
    {A.his}           an attribute of a being or a thing of this story

Names, genders, possessions and places live in Python objects, so a story stays
consistent with itself however its words are chosen.
"""

import re

# Few enough that a model trained for half an hour learns to keep them apart.
GIRLS = "Mia Lily Anna Rosa Nora Ella Ivy Zoe Clara Ruby Maya Lucy".split()
BOYS = "Tom Ben Max Leo Sam Finn Jack Omar Hugo Noah Theo Will".split()
ANIMAL_NAMES_F = "Hazel Clover Fern Poppy Maple Olive Willow Daisy Honey Luna".split()
ANIMAL_NAMES_M = "Rusty Pip Bramble Bruno Moss Biscuit Acorn Button Copper Toby".split()

BURROW = ["in a burrow under an old oak tree", "in a warm burrow at the edge of the forest",
          "in a cosy hole in the side of a hill"]
DEN = ["in a den deep in the forest", "in a warm den between two rocks", "in a den near the river"]
NEST = ["in a nest at the top of a tall tree", "in an old tree at the edge of the meadow",
        "in a round nest in a pine tree"]
WATER = ["beside a quiet pond", "on the bank of a slow river", "near a small lake full of reeds"]
FARM = ["on a farm behind the hill", "in a red barn on a busy farm", "on a little farm near the village"]
WILD = ["in a wide green valley", "at the edge of a great forest", "in the hills above the river"]
HOUSE = ["in a small house by the sea", "in a village at the foot of a hill", "in a little town by a river",
         "in a house with a blue door", "in a cottage at the edge of the forest", "on a farm near a lake",
         "in a tall house next to the market", "in a small village between two mountains"]
CASTLE = ["in a castle on a hill", "in an old tower by the lake", "in a stone castle above the sea"]

# species: (homes, hands, adjectives that suit it)
SPECIES = {
    "fox": (DEN, "paws", "clever red quick"), "rabbit": (BURROW, "paws", "grey white quick"),
    "bear": (DEN, "paws", "brown strong gentle"), "mouse": (BURROW, "paws", "tiny grey quiet"),
    "owl": (NEST, "wings", "wise grey sleepy"), "squirrel": (NEST, "paws", "red quick busy"),
    "hedgehog": (BURROW, "paws", "shy round brown"), "frog": (WATER, "hands", "green noisy cheerful"),
    "duck": (WATER, "wings", "yellow white noisy"), "cat": (HOUSE, "paws", "black white lazy"),
    "dog": (HOUSE, "paws", "brown loyal playful"), "deer": (WILD, "hooves", "gentle shy quick"),
    "badger": (BURROW, "paws", "grumpy strong old"), "otter": (WATER, "paws", "playful brown quick"),
    "turtle": (WATER, "feet", "slow green patient"), "goat": (FARM, "hooves", "white stubborn hungry"),
    "lamb": (FARM, "hooves", "white soft shy"), "pig": (FARM, "feet", "pink round hungry"),
    "hen": (FARM, "wings", "brown busy round"), "crow": (NEST, "wings", "black clever proud"),
    "sparrow": (NEST, "wings", "tiny brown cheerful"), "beaver": (WATER, "paws", "busy brown strong"),
    "donkey": (FARM, "hooves", "grey patient stubborn"), "pony": (FARM, "hooves", "brown fast gentle"),
    "elephant": (WILD, "feet", "grey big gentle"), "lion": (WILD, "paws", "proud golden brave"),
    "monkey": (WILD, "hands", "funny brown quick"), "penguin": (["on a cold white shore"], "wings", "round funny black"),
    "dragon": (["in a cave on a high mountain"], "claws", "green friendly shy"),
    "wolf": (DEN, "paws", "grey lonely brave"), "goose": (FARM, "wings", "white proud noisy"),
    "kitten": (HOUSE, "paws", "white soft playful"), "puppy": (HOUSE, "paws", "brown playful noisy"),
    "tiger": (WILD, "paws", "striped proud strong"), "panda": (WILD, "paws", "round sleepy gentle"),
    "mole": (BURROW, "paws", "black shy quiet"), "snail": (["under a big green leaf"], "feelers", "slow tiny patient"),
    "bee": (["in a hive by the meadow"], "wings", "busy golden tiny"),
    "robot": (HOUSE, "hands", "shiny silver clever"), "princess": (CASTLE, "hands", "brave kind clever"),
    "prince": (CASTLE, "hands", "proud kind young"), "knight": (CASTLE, "hands", "brave strong young"),
    "witch": (["in a crooked house in the woods"], "hands", "kind old clever"),
    "wizard": (CASTLE, "hands", "old wise kind"), "giant": (WILD, "hands", "big gentle lonely"),
    "king": (CASTLE, "hands", "old kind proud"), "queen": (CASTLE, "hands", "wise kind proud"),
    "pirate": (["on an old ship in the harbour"], "hands", "brave funny old"),
    "farmer": (FARM, "hands", "kind busy old"), "baker": (HOUSE, "hands", "cheerful kind busy"),
    "dinosaur": (WILD, "feet", "green big gentle"), "unicorn": (WILD, "hooves", "white shy gentle"),
    "fairy": (["inside a blue flower"], "hands", "tiny cheerful kind"), "elf": (["in a hollow tree"], "hands", "tiny clever quick"),
}
ALWAYS_F = {"princess", "queen", "witch", "hen", "fairy"}
ALWAYS_M = {"prince", "king", "wizard", "knight"}
COMMON = list(SPECIES)[:28]  # helpers and friends are animals a child knows
GROWN = {"witch", "wizard", "king", "queen", "pirate", "farmer", "baker", "giant", "knight"}


class Being:
    """Somebody in a story, with the words that may stand for them."""

    def __init__(self, name, noun, gender, adjective="little", home="", hands="hands"):
        self.name, self.noun, self.gender, self.adjective = name, noun, gender, adjective
        self.home, self.hands = home, hands
        female = gender == "f"
        self.he, self.him, self.his = ("she", "her", "her") if female else ("he", "him", "his")
        self.himself = "herself" if female else "himself"
        self.He, self.His = self.he.capitalize(), self.his.capitalize()
        self.the = f"the {noun}"
        self.poss = self.name + "'s"
        self.kind = f"a {noun}"
        self.intro = f"a {adjective} {noun}"

    def __str__(self):
        return self.name


class Thing:
    """An object: `{O}` "kite", `{O.a}` "a red kite", `{O.the}` "the red kite"."""

    def __init__(self, look, noun):
        self.noun, self.full = noun, f"{look} {noun}"
        self.a, self.the, self.kind = f"a {look} {noun}", f"the {look} {noun}", f"a {noun}"

    def __str__(self):
        return self.noun


class Facts:
    """A bundle of phrases which belong together, such as a cause and its consequence."""

    def __init__(self, **phrases):
        self.__dict__.update(phrases)


COLOURS = "red blue green yellow white golden purple orange".split()
LOOKS = COLOURS + "wooden tiny shiny old new pretty".split()
THINGS = """kite ball hat scarf drum bell boat lantern book basket whistle flute button ring necklace
blanket umbrella key cup doll cart top bucket mitten pencil""".split()
LIGHT_THINGS = "kite ball hat scarf balloon ribbon feather".split()
FRAGILE = "cup bowl plate vase lamp jug mirror clock".split()
FOODS = ["bread", "cheese", "honey", "apple pie", "berry jam", "warm soup", "nut cake", "pancakes",
         "apples", "berries", "pears", "cookies", "plums", "corn cakes", "cherries"]
PLURAL_FOODS = ["apples", "berries", "pears", "cookies", "plums", "nuts", "cherries", "pancakes", "muffins"]

# place: (in it, to it, something to see there)
PLACES = {
    "forest": ("in the forest", "to the forest", ["tall trees", "soft moss", "blue flowers"]),
    "meadow": ("in the meadow", "to the meadow", ["yellow flowers", "long grass", "white butterflies"]),
    "river": ("by the river", "to the river", ["smooth stones", "silver fish", "green reeds"]),
    "beach": ("on the beach", "to the beach", ["pink shells", "small crabs", "long waves"]),
    "hill": ("on the hill", "up the hill", ["grey rocks", "wild roses", "small clouds"]),
    "garden": ("in the garden", "to the garden", ["red roses", "fat bees", "tall sunflowers"]),
    "lake": ("by the lake", "to the lake", ["white swans", "round stones", "quiet water"]),
    "park": ("in the park", "to the park", ["old trees", "green benches", "fat pigeons"]),
    "field": ("in the field", "to the field", ["golden corn", "red poppies", "small birds"]),
    "orchard": ("in the orchard", "to the orchard", ["ripe apples", "fallen leaves", "busy bees"]),
}
SPOTS = ["under the bed", "behind the door", "in the kitchen", "under the big chair", "in the basket",
         "behind the curtain", "in the barn", "under the stairs", "on the window sill", "in the garden",
         "behind the oak tree", "under the wooden bench", "beside the well", "near the gate",
         "in the long grass", "under a bush"]

RULES = {
    "said": ["said {X}", "{X} said", "said {X}", "said {X} [softly|gently|at once]"],
    "answered": ["answered {X}", "{X} replied", "said {X}", "{X} answered", "replied {X}"],
    "asked": ["asked {X}", "{X} asked", "asked {X}", "{X} wondered"],
    "cried": ["cried {X}", "shouted {X}", "called {X}", "{X} shouted", "{X} called out"],
    "whispered": ["whispered {X}", "{X} whispered", "said {X} [softly|quietly|in a low voice]"],
    "happy": ["{X} was [very |so |]happy.", "{X} felt [warm and happy|happy again|proud and happy].",
              "{X} [smiled|laughed] [with joy|happily].", "{X} [smiled|grinned] from ear to ear.",
              "{X} was so happy that {X.he} [danced|jumped up and down|clapped {X.his} {X.hands}|began to sing]."],
    "sad": ["{X} was [very |]sad.", "{X} felt [sad|lonely|very small].", "{X} [began|started] to cry.",
            "A [tear|big tear] ran down {X.his} cheek.", "{X} [sat down|sighed] and [did not know what to do|felt sad]."],
    "scared": ["{X} was [scared|afraid|frightened].", "{X.His} heart [beat fast|beat like a drum].",
               "{X} [shook with fear|held {X.his} breath|did not dare to move].",
               "{X} felt [a little |very |]afraid."],
    "tired": ["{X} was [tired|very tired].", "{X.His} legs were [tired|heavy].", "{X} [yawned|had to rest for a while]."],
    "thanks": ['"Thank you[| so much| for your help|, my friend]," @said(X).', '"Thank you!" @cried(X).',
               '"[You are so kind|You are a true friend|I will never forget this]," @said(X).', '"How can I ever thank you?" asked {X}.',
               '{X} thanked [everyone|{X.his} friend] [with a big smile|again and again].'],
    "worry": ['"What is wrong?" @asked(X).', '"Why are you [so |]sad?" @asked(X).',
              '"[Are you all right|Can I help you|What happened]?" @asked(X).'],
    "idea": ["Then {X} had [an idea|a good idea|a clever idea].", "{X} thought [hard|for a long time]. Then {X.he} had an idea.",
             "Suddenly {X} knew what to do.", '"I have an idea!" @cried(X).', '"I know what to do!" @cried(X).'],
    "agree": ['"[Yes|Of course|Good idea|That is a good plan]!" @answered(X).', "{X} nodded.", '"[Let us try it|I will help you]," @answered(X).'],
    "giveup": ['"[I will never do it|It is no use|I cannot do it]," @said(X).', "{X} wanted to give up.",
               '"This is too [hard|difficult] for me," @said(X).'],
    "sunny": ["The sun was [shining|warm and bright].", "It was a [warm|bright|sunny|beautiful] day.",
              "The sky was [blue|clear and blue] and the birds were singing.", "A [soft|warm] wind blew [over the grass|from the south]."],
    "night": ["That night, {X} [slept well|slept very well|fell asleep with a smile|dreamed of {X.his} adventure].",
              "When the moon [came up|rose], {X} was [fast asleep|asleep in {X.his} bed]."],
    "ending": ["[And from|From] that day on, {X} was [always |][happy|cheerful].", "The end.",
               "It was [the best day of {X.his} life|a day that {X.he} never forgot|a very good day].",
               "@night(X)", "And they all lived happily ever after.", "{X} [never forgot|always remembered] that day."],
    "friends": ["From that day on, they were [best friends|good friends|friends].",
                "And so they became [friends|best friends|the best of friends].",
                "After that, they played together [every day|all summer|whenever they could]."],
    "stay": ["They stayed [friends|best friends] all their lives.", "And they [stayed|were still] friends when they were old.",
             "{X} was glad to have such a [good|true|dear] friend."],
    "oneday": ["One [day|morning|afternoon|sunny morning|fine day],", "One day,", "Early one morning,", "One [spring|summer|autumn] day,"],
}

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_MACRO = re.compile(r"@(\w+)\((\w)\)")
_SENTENCE = re.compile(r'(^|\n|[.!?] |\." )(")?([a-z])')
_AN = re.compile(r"\b([Aa]) (?=[aeiou])(?!one |uni|use)")


def expand(template, rng, **cast):
    """Turns a template into text. `cast` gives the beings and things by letter."""
    text = template

    def macro(match):
        rule, who = match.groups()
        return rng.choice(RULES[rule]).replace("{X", "{" + who).replace("(X)", f"({who})")

    while "[" in text or "@" in text:
        if "[" in text:
            text = _CHOICE.sub(lambda match: rng.choice(match.group(1).split("|")), text)
        else:
            text = _MACRO.sub(macro, text)
    text = text.format(**cast)
    paragraphs = (re.sub(r" ([.,?!])", r"\1", " ".join(part.split())) for part in text.split("\n\n"))
    text = "\n\n".join(part for part in paragraphs if part)
    text = _AN.sub(r"\1n ", text)
    return _SENTENCE.sub(lambda match: match.group(1) + (match.group(2) or "") + match.group(3).upper(), text)


def child(rng, gender=None, taken=()):
    gender = gender or rng.choice("fm")
    name = rng.choice([n for n in (GIRLS if gender == "f" else BOYS) if n not in taken])
    noun = "girl" if gender == "f" else "boy"
    trait = rng.choice("little kind brave curious clever shy cheerful young small".split())
    return Being(name, noun, gender, trait, rng.choice(HOUSE))


def animal(rng, species=None, gender=None, taken=()):
    species = species or rng.choice(COMMON)
    homes, hands, adjectives = SPECIES[species]
    gender = "f" if species in ALWAYS_F else "m" if species in ALWAYS_M else gender or rng.choice("fm")
    names = ANIMAL_NAMES_F if gender == "f" else ANIMAL_NAMES_M
    if hands == "hands" and species not in ("frog", "monkey", "robot"):
        names = GIRLS if gender == "f" else BOYS
    name = rng.choice([n for n in names if n not in taken])
    # A grown-up is not "little".
    adjectives = adjectives.split() + ([] if species in GROWN else ["little", "little", "young", "small"])
    return Being(name, species, gender, rng.choice(adjectives), rng.choice(homes), hands)


def relative(rng, being):
    """A parent or grandparent of `being`, said as "his mother"; a brother or sister of a grown-up."""
    if being.noun in GROWN:
        word, gender = rng.choice([("sister", "f"), ("brother", "m")])
        return Being(f"{being.his} {word}", word, gender)
    word, gender = rng.choice([("mother", "f"), ("mother", "f"), ("father", "m"), ("grandmother", "f"), ("grandfather", "m"),
                               ("aunt", "f"), ("uncle", "m")])
    return Being(f"{being.his} {word}", word, gender)


def thing(rng, nouns=THINGS, taken=()):
    return Thing(rng.choice(LOOKS), rng.choice([n for n in nouns if n not in taken]))


def place(rng, names=None):
    name = rng.choice(names or list(PLACES))
    inside, to, sights = PLACES[name]
    return Facts(name=name, inside=inside, to=to, sight=rng.choice(sights))
