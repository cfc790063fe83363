"""What happens in the stories: one function per plot.

A plot gets the random generator and a cast (A the hero, B a friend or helper, C somebody of
A's family, O a thing, P a place, F food) and returns (topic, template, extra cast). The
template starts after A has been introduced. A plot keeps its own state: what is lost is
what is found, the cause of a failure explains it, and only who was there speaks.
"""

from world import FRAGILE, LIGHT_THINGS, PLURAL_FOODS, SPOTS, Being, Facts, Thing, animal, child, place, thing

PLOTS = {}


def plot(function):
    PLOTS[function.__name__] = function
    return function


def text(*paragraphs):
    return "\n\n".join(paragraphs)


@plot
def lost_thing(rng, cast):
    O = thing(rng)
    first, second = rng.sample(SPOTS, 2)
    found = rng.choice([
        Facts(where="in the tall grass", how="It had fallen out of {A.his} bag"),
        Facts(where="high in a nest", how="A magpie had carried it away because it was so pretty"),
        Facts(where="under a pile of leaves", how="The wind had covered it with leaves"),
        Facts(where="in the puppy's bed", how="A puppy had taken it to play with"),
        Facts(where="at the bottom of {A.poss} basket", how="It had been there all the time"),
        Facts(where="between two stones", how="It had rolled down the path"),
        Facts(where="in a hole in the fence", how="It had slipped through the gap")])
    return f"a lost {O.noun}", text(
        """{A} had {O.a}. [It was a gift from {C}.|{C} had made it for {A.him}.|{A.He} had got it for {A.his} birthday.]
        [{A} took it everywhere.|{A.He} loved it more than anything.|Every night it lay next to {A.his} bed.]""",
        """@oneday(A) {A} [looked for|wanted to play with] the {O}, but it was [gone|not there]. @sad(A)
        [First {A.he} looked|{A} looked first] """ + first + """, but there was only [dust|an old shoe|a sleepy cat].
        Then {A.he} looked """ + second + """, but the {O} was not there [either|].""",
        """{B} [came by|saw {A.him}|heard {A.him}]. @worry(B) "I have lost my {O}," @answered(A).
        ["Where did you [have|see] it last?" asked {B}. "{P.inside_cap}," said {A}. So they went {P.to} together.|
        "Do not [worry|cry]. We will look [for it |]together," @said(B). So they went {P.to}, where {A} had [played|been] the day before.]
        They [looked and looked|searched for a long time|looked everywhere]. At last {B} found the {O} """ + found.where + "! "
        + found.how + ".",
        """@happy(A) @thanks(A) [{A} promised to take better care of the {O}.|After that, {A} always put the {O} in a safe place.|
        "Two can find more than one," said {B}.] @ending(A)"""), dict(O=O)


@plot
def stuck_in_tree(rng, cast):
    O = thing(rng, LIGHT_THINGS)
    bird = animal(rng, rng.choice(["crow", "owl", "sparrow", "squirrel"]), taken=(str(cast["A"]), str(cast["B"])))
    move = "climbed" if bird.noun == "squirrel" else "flew"
    return f"{O.kind} in a tree", text(
        """@oneday(A) {A} [went|ran] {P.to} with {O.a}. @sunny(A) [{A} played for a long time.|{A} met {B} there, and they played together.]""",
        """Suddenly a strong wind came. It [took|blew|carried] the {O} [up into the air and|high up, and it] dropped it in the top of a tall tree.
        "[Oh no|Oh dear]! My {O}!" @cried(A).""",
        """[{A} jumped as high as {A.he} could, but the branch was too high.|{A} shook the tree, but the {O} did not fall.]
        [Then {A.he} threw a stick, but the stick got stuck too.|Then {A.he} tried to climb, but the trunk was too [wet|smooth].|
        Then {B} tried with a long stick, but the stick was too short.] @sad(A)""",
        """[Just then|At that moment], a {D.noun} [came by|looked down]. {D.His} name was {D}. @worry(D)
        "My {O} is in the tree, and I cannot reach it," @answered(A). "[That is easy for me|I can get it for you|Wait here]," said {D}.
        {D} """ + move + """ to the top, [took|pulled] the {O} from the branch and brought it down.""",
        """@thanks(A) {A} gave {D} some {N} [to say thank you|because {D.he} was hungry]. [From that day on, {A} and {D} were friends.|So {A} had a new friend.|]
        [{A} had learned that it is good to ask for help.|Even the smallest friend can be a great help.|@ending(A)]"""
    ), dict(O=O, D=bird, N=rng.choice(["nuts", "berries", "bread"]))


@plot
def hurt_animal(rng, cast):
    B = animal(rng, rng.choice("sparrow rabbit fox hedgehog deer duck owl puppy kitten squirrel".split()), taken=(str(cast["A"]),))
    bird = B.hands == "wings"
    part = "wing" if bird else "leg"
    hurt = rng.choice([f"{B.His} {part} was hurt", f"{B.He} had hurt {B.his} {part}"])
    again = "fly" if bird else "run"
    return f"a hurt {B.noun}", text(
        """@oneday(A) {A} was walking {P.inside} when {A.he} heard a [small|quiet|sad] cry. [Under a bush|Behind a stone|In the grass] sat {B.kind}. """
        + hurt + ". {B.He} looked [very |][scared|afraid|tired].",
        """"[Do not be afraid|I will not hurt you|I will help you]," @said(A). "What is your name?" "My name is {B}," @whispered(B).
        "[I fell|A big stone fell on me|I ran from a wolf and fell], and now I cannot """ + again + """."
        {A} carried {B.him} home [carefully|in a basket|in {A.his} arms]. {A.He} [washed|cleaned] the """ + part + """ with warm water and [put a soft cloth around it|tied a cloth around it].
        {C} brought [milk|water|warm soup] and a soft blanket.""",
        """[Every day|Every morning], {A} brought {B} [food and water|something to eat] and told {B.him} stories. [After a week|Slowly|Day by day], the """ + part
        + """ got better. Then one morning, {B} could """ + again + """ again! @happy(A)""",
        rng.choice([
            """"It is time to go home," said {B}. {A} was a little sad, but {A.he} opened the door. {B} [came back to visit every spring|did not forget {A}, and came to visit every week].""",
            """Some weeks later, {A} was lost in the [fog|dark forest]. {A.He} called for help. Then {A.he} heard a voice. "Follow me," said {B}.
            "You helped me, and now I will help you." {B} showed {A.him} the way home.""",
            """"Will you stay with us?" asked {A}. "Yes," said {B}, "I would like that very much." And so {B} stayed."""]) +
        """ @friends(A) [A kind heart is never forgotten.|Kindness always comes back.|@ending(A)]"""), dict(B=B)


@plot
def storm(rng, cast):
    shelter = rng.choice(["cave", "hollow tree", "old hut", "empty barn"])
    comfort = rng.choice(["sang a quiet song", "told {B.him} a funny story", "told {B.him} a riddle", "shared {A.his} bread with {B.him}"])
    return "a storm", text(
        """@oneday(A) {A} went {P.to} to [look at the {P.sight}|play|pick flowers]. [At first, the sky was blue.|The morning was warm and still.]
        But [soon|after a while] dark clouds came, and the wind [grew strong|began to howl]. [Big drops of rain fell.|It began to rain.] Then there was [lightning and |a flash and loud ]thunder.
        @scared(A)""",
        """"I must find a dry place," [thought {A}|{A} thought]. {A.He} ran [as fast as {A.he} could|through the rain] and found """
        + f"{'an' if shelter[0] in 'aeio' else 'a'} {shelter}" + """. Inside it was [dark|dark but dry]. [Somebody was crying in the corner.|{A.He} heard a small sound in the corner.] It was {B.intro} [named|called] {B}.
        "[I am afraid of the thunder|The thunder is so loud|I want to go home]," @said(B).""",
        """{A} was afraid too, but {A.he} sat down next to {B} and """ + comfort + """. "[The storm will pass|The thunder is only noise|We are safe here]," @said(A).
        [Soon|After a while] they [both |]forgot to be afraid.""",
        """At last the rain stopped. When they came out of the """ + shelter + """, there was a [bright|beautiful|big] rainbow [over the {P.name}|in the sky].
        {C} was waiting at the [door|gate]. "[There you are|I was so worried|You are wet]!" {C} cried and [hugged {A.him}|held {A.him} tight].
        [{A} told {C.him} about the storm and about {B}.|They all drank hot milk by the fire.] @friends(A) [Being brave is easier with a friend.|@ending(A)]"""
    ), {}


@plot
def sharing(rng, cast):
    F = rng.choice(PLURAL_FOODS)
    trouble = rng.choice([
        Facts(what="fell into a deep hole", cry="I cannot get out", fix="let down a long rope and pulled {A.him} out"),
        Facts(what="slipped and fell into the river", cry="I cannot swim", fix="held out a long branch and pulled {A.him} to the bank"),
        Facts(what="got stuck under a fallen branch", cry="I cannot move", fix="pushed the branch with all {B.his} strength until {A.he} was free"),
        Facts(what="got lost in the fog", cry="I cannot see the way", fix="came with a lantern and led {A.him} home")])
    return "sharing", text(
        """@oneday(A) {A} [found|picked] a whole basket of """ + F + """ {P.inside}. "[They are all mine|I will eat them all myself]!" [thought {A}|{A} said].""",
        """On the way home {A.he} met {B}, {B.intro}. "[What a lot of|Those are beautiful] """ + F + """," said {B}. "[I am so hungry|I have not eaten today]. May I have [one|some]?"
        "No," @said(A). "[I found them|They are mine]." {B} [went away sadly|said nothing and walked away|lowered {B.his} head and went away].""",
        """[A little later|Not long after that], {A} """ + trouble.what + """. [All the|The] """ + F + """ [rolled away|were lost]. "[Help|Help me|Please help]! """ + trouble.cry + """!" @cried(A).
        {B} heard {A.him} and came [at once|running]. {B.He} """ + trouble.fix + """.""",
        """"Why did you help me?" asked {A}. "I was not kind to you." "[You needed help|Everyone needs help sometimes|A friend does not count]," @answered(B).
        {A} felt [sorry|ashamed]. "I am sorry," {A.he} said. [The next day|Then] they [picked|found] new """ + F + """ together, and {A} gave {B} the [bigger|bigger] half.
        [They tasted much better than before.|@happy(B)|Shared food tastes best.] @friends(A) @ending(A)"""), {}


@plot
def broken(rng, cast):
    O = Thing(rng.choice("blue white old red yellow pretty".split()), rng.choice(FRAGILE))
    hide = rng.choice(["under {A.his} bed", "behind the curtain", "in the garden", "in an old box"])
    return "telling the truth", text(
        """{C} had {O.a}. {C.He} had [got it as a wedding gift|found it in a shop by the sea|bought it at the market long ago], and {C.he} [loved it|was very proud of it].""",
        """@oneday(A) {A} was playing with {N} in the house, although {A.he} was not [allowed|supposed] to. [Crash!|Bang!] {A.He} [hit|bumped into] the table, and the {O} fell down and broke.
        @scared(A) "[What shall I do|What will {C} say]?" {A.he} thought. [Quickly {A.he} hid|{A.He} hid] the pieces """ + hide + """.""",
        """At dinner, {A} [could not eat|did not say a word|only looked at {A.his} plate]. [{A.His} stomach hurt.|{A.He} felt worse and worse.] "Have you seen my {O}?" asked {C}.
        [First {A.he} wanted to say no. But then {A.he} took a deep breath.|{A} looked at the floor.] "I broke it," {A.he} said [quietly|softly]. "[I am so sorry|I was afraid to tell you]." """,
        """{C} was [quiet|silent] for a moment. Then {C.he} [smiled|took {A} in {C.his} arms]. "[Thank you for telling me|It was brave to tell me] the truth," {C.he} said. "[A {O} can be mended|You are more important than a {O}]."
        Together they [fetched|found] the glue and put the {O} back together. [It had a small crack, but it was still beautiful.|It did not look new, but it stood in its place again.]
        [{A} felt light and happy.|@happy(A)] [The truth is always the best way.|{A} never hid anything again.|@ending(A)]"""
    ), dict(O=O, N=rng.choice(["a ball", "a stick", "a wooden sword"]))


@plot
def night_noise(rng, cast):
    cause = rng.choice([
        Facts(noise="a scratching sound", where="at the door", what="It was only a [wet kitten|small hedgehog] that wanted to come in",
              end="They gave it [milk|some food] and a warm place by the fire."),
        Facts(noise="a loud bang", where="in the attic", what="It was only the window, which the wind opened and closed",
              end="They closed the window, and everything was quiet."),
        Facts(noise="a strange humming", where="in the kitchen", what="It was only {C}, who was humming a song and baking [bread|a cake]",
              end="They all ate a warm piece and laughed."),
        Facts(noise="a deep snoring", where="under the stairs", what="It was only an old dog, who had found a warm place to sleep",
              end="They put a blanket over him and let him sleep."),
        Facts(noise="a soft tapping", where="at the window", what="It was only a branch of the apple tree, which moved in the wind",
              end="They waved at the tree and laughed.")])
    return "the dark", text(
        """{A} was afraid of [the dark|the night]. [Every evening {A.he} asked {C} to leave a light on.|At night, every shadow looked like a monster.]""",
        """One night, {A} woke up. There was """ + cause.noise + " " + cause.where + """. "[What is that|Who is there]?" @whispered(A). @scared(A)
        {B}, who was [staying|sleeping] at {A.poss} house that night, woke up too. "[I hear it too|There it is again]," [said {B}|whispered {B}].""",
        """"[Let us look|We could go and see]," {B} said. {A} [wanted to hide under the blanket|did not want to go]. But then {A.he} [took a lantern|lit a candle] and [stood up|went first].
        Step by step, they went through the dark house. The noise [grew louder|came closer]. {A} [took a deep breath and held up the light|counted to three and looked].""",
        cause.what + """! {A} and {B} looked at each other and [began to laugh|laughed and laughed]. """ + cause.end,
        """[Since then|From that night on], {A} was no longer afraid of the dark. "[Most monsters are very small when you look at them|A little light makes the dark small]," {A.he} [liked to say|told {B}]. [@ending(A)|]"""
    ), {}


@plot
def learn_skill(rng, cast):
    skill = rng.choice([
        Facts(do="swim", fail="swallowed water and came up coughing", done="swam all the way across the pond", where="at the pond", thing="swimming"),
        Facts(do="ride a bicycle", fail="fell into a bush", done="rode all the way around the square", where="in the square", thing="riding"),
        Facts(do="whistle", fail="blew and blew, but only air came out", done="whistled a whole song", where="in the garden", thing="whistling"),
        Facts(do="skate", fail="slipped and sat down on the ice", done="flew over the ice like a bird", where="on the frozen lake", thing="skating"),
        Facts(do="play the flute", fail="made a sound like an angry goose", done="played a beautiful song", where="behind the house", thing="playing"),
        Facts(do="bake bread", fail="burned the bread until it was black", done="baked a golden loaf of bread", where="in the kitchen", thing="baking"),
        Facts(do="dance", fail="stepped on {A.his} own feet", done="danced from one end of the hall to the other", where="in the barn", thing="dancing"),
        Facts(do="paint", fail="spilled the paint over the floor", done="painted a picture of the whole village", where="in the yard", thing="painting"),
        Facts(do="climb", fail="slid down and hurt {A.his} knee", done="climbed to the top of the tall tree", where="in the orchard", thing="climbing")])
    return f"learning to {skill.do}", text(
        """{A} wanted to learn to """ + skill.do + """. [All {A.his} friends could do it already.|{A.He} had seen {B} do it, and it looked like so much fun.]""",
        """@oneday(A) {A} tried it """ + skill.where + """ for the first time. But {A.he} """ + skill.fail + """. {A.He} tried again, [and again it went wrong|but it was no better].
        [Some children laughed.|Nobody clapped.|] @giveup(A)""",
        """{B} [sat down next to {A.him}|had seen everything]. "[When I started, I could not do it either|Nobody can do it on the first day]," @said(B). "[Try a little every day|Do it slowly, and do not be afraid to fail]. I will help you." """,
        """So they [practised|worked] every day. On the first day, it [went wrong again|was still hard]. On the third day, it was a little better. [Sometimes {A} was tired, but {A.he} did not stop.|{A} did not give up.]
        And after [two weeks|ten days|many days], {A} """ + skill.done + """! "[I can do it|Look at me|I did it]!" @cried(A).""",
        """{B} [clapped|cheered|was proud]. {C} came to watch and [was very proud|could hardly believe it]. @happy(A) [Little by little, we can learn anything.|{A.He} had learned that every master was once a beginner.|@ending(A)]"""
    ), {}


@plot
def race(rng, cast):
    D = animal(rng, taken=(str(cast["A"]), str(cast["B"])))
    goal = rng.choice(["the old mill", "the big oak", "the bridge", "the top of the hill"])
    return "a race", text(
        """Every [year|summer|autumn] there was a big race from the [market|well] to """ + goal + """. The prize was {F}. {A} [wanted to win|had practised for weeks].
        {B} wanted to win too. "[I am the fastest of all|Nobody can beat me]!" said {B}.""",
        """On the day of the race, everybody came to watch. "One, two, three, go!" [They ran|Off they went]. {B} was in front, but {A} was [close behind|right behind {B.him}].
        Near """ + goal + """, {A} [ran faster and faster and passed|passed] {B}. [Now {A.he} was the first!|Only a few steps were left!]""",
        """[But then|Suddenly] {A} heard a cry. {D.kind} called {D} had fallen [on the stones|into a ditch] and could not get up. {A} [looked at the finish|thought of the prize]. [Then {A.he} stopped.|But {A.he} turned around.]
        "[Hold on to me|I will help you]," {A.he} said, and [helped|pulled] {D} [up|to {D.his} feet]. {B} ran past them and won.""",
        """{A} was the last to [arrive|finish]. But [all the people|everybody] clapped and cheered for {A.him}. {B} [looked at the prize for a moment|was quiet for a moment]. "You should have this," @said(B). "[You are the real winner|You could have won]."
        "[Let us share it|We can all share it]," @said(A). So the three of them [sat down and ate|ate] {F} together. [Winning is good, but helping is better.|@happy(A)] [@ending(A)|]"""
    ), dict(D=D)


@plot
def garden(rng, cast):
    plant = rng.choice([
        Facts(seed="a small brown seed", grow="sunflower", big="taller than the house", use="Its seeds fed all the birds in winter"),
        Facts(seed="a white seed", grow="pumpkin", big="as big as a cart", use="They made soup for the whole village"),
        Facts(seed="a tiny black seed", grow="melon", big="so big that nobody could lift it", use="Everybody got a sweet piece"),
        Facts(seed="a round seed", grow="apple tree", big="higher than the roof", use="Every autumn, everybody came to pick apples")])
    danger = rng.choice([
        Facts(what="For three weeks there was no rain", act="carried water from the well every morning and every evening"),
        Facts(what="A hungry snail came to eat the leaves", act="carried the snail to the meadow, where there was plenty of grass"),
        Facts(what="A cold night came", act="put a warm blanket around the plant"),
        Facts(what="A strong wind bent the stem", act="tied the plant to a strong stick")])
    return f"{'an' if plant.grow[0] == 'a' else 'a'} {plant.grow}", text(
        """@oneday(A) {C} gave {A} """ + plant.seed + """. "[Put it in the earth and be patient|Look after it, and you will see something wonderful]," said {C}. {A} [dug|made] a small hole in the garden, put the seed into it and gave it water.""",
        """[The next day|The next morning], {A} looked, but there was nothing. {A.He} looked [every day|again and again]. [Still nothing.|There was only brown earth.] "[Perhaps the seed is asleep|Perhaps it does not like me]," {A.he} said [sadly|to {B}].
        "[Good things take time|Just wait]," @said(B).""",
        """Then one morning, there was a [tiny|little] green leaf! @happy(A) The plant grew and grew. But then there was trouble. """ + danger.what + """. "[The plant will die|My poor plant]!" cried {A}. So {A.he} """ + danger.act + """. And the plant [lived|grew on].""",
        """By the end of the summer, there was a """ + plant.grow + """ that was """ + plant.big + """! [People came from far away to see it.|{B} could not believe {B.his} eyes.] """ + plant.use
        + """. "[How did you do that|What is your secret]?" asked {B}. "[Water, sun and patience|I only waited and cared for it]," @answered(A). @ending(A)"""), {}


@plot
def birthday(rng, cast):
    O = thing(rng)
    return "a birthday", text(
        """[It was {A.poss} birthday.|Today was {A.poss} birthday.] {A.He} woke up early and ran [to the kitchen|to find {C}]. But {C} only said, "[Good morning|Hello, {A}]. [I am very busy today|I have to go out]." [Not a word about the birthday!|There was no cake and no song.]""",
        """So {A} went to see {B}. But {B} [hid something behind {B.his} back and |]said, "[I have no time today|I cannot play now, I am sorry]." {A} walked {P.to} [alone|all alone]. "[Everybody has forgotten my birthday|Nobody thinks of me]," {A.he} [thought|said to {A.himself}]. @sad(A)""",
        """When it [got|grew] dark, {A} [went|walked] home slowly. The house was [dark|dark and quiet]. {A.He} opened the door. "Surprise!" [Suddenly there was light everywhere.|Candles were shining everywhere.] {C} was there, and {B}, and all {A.his} friends! On the table stood a [big|huge|round] cake.""",
        """"[Did you think we had forgotten you|How could we forget you]?" @asked(B) [with a smile|and laughed]. {B} gave {A} a [box|parcel] with a [red|blue|yellow] ribbon. Inside was {O.a}! "[I made it myself|I worked on it all day]," said {B}. "That is why I had no time."
        @happy(A) They [danced|sang|played games] [until late|until the stars came out], and [the cake was gone in no time|everybody ate two pieces of cake]. [It was the best birthday of all.|@ending(A)]"""
    ), dict(O=O)


@plot
def new_friend(rng, cast):
    O = thing(rng)
    return "a new friend", text(
        """@oneday(A) {B_intro} [came to live|moved in] next door. {B.His} name was {B}. {B} was [very shy|shy and quiet]. {B.He} [never played with the others|always sat alone at the window|did not say a word to anybody].""",
        """"[Perhaps {B.he} does not like us|{B.He} is strange]," said the others. But {A} thought, "[Perhaps {B.he} is only lonely|It must be hard to be new]." So {A} went to {B.poss} door and [knocked|rang the bell]. "Do you want to play [with me|]?" asked {A}. {B} shook {B.his} head and closed the door.""",
        """The next day, {A} brought {F}. {B} [said thank you, but did not come out|smiled a little, but said nothing]. @idea(A) On the third day, {A} sat down in front of {B.poss} house and began to play with {O.a}. {A} [laughed so loudly|had so much fun] that {B} [came to the door|looked out of the window].
        "What are you doing?" {B} asked [quietly|softly]. "I am playing with my {O}. [It is more fun with two|Come and try it]," @answered(A).""",
        """[Slowly|Carefully], {B} came out. First they played [without a word|quietly]. Then {B} [laughed|began to laugh] too. "[I was afraid that nobody would like me|In my old home I had no friends]," {B.he} said. "[I like you|Now you have me]," @said(A).
        @friends(A) [Soon {B} knew all the others too.|] [Sometimes a friend only needs a little time.|@ending(B)]"""
    ), dict(O=O, B_intro=cast["B"].intro)


@plot
def lost_way(rng, cast):
    lure = rng.choice(["a blue butterfly", "a shiny beetle", "a funny cloud", "a white feather in the wind", "a yellow bird"])
    B = animal(rng, rng.choice("owl deer badger crow hedgehog wolf fox squirrel turtle".split()), taken=(str(cast["A"]),))
    sign = rng.choice(["the sound of the river", "the smell of smoke", "the north star", "the light of the moon"])
    return "losing the way", text(
        """"Do not go too far," {C} always said. But one day {A} saw """ + lure + """. {A.He} followed it [over the hill|through the bushes|across the stream] and deeper and deeper into the forest. When it was gone, {A} looked around. [All the trees looked the same.|{A.He} did not know this place.]""",
        """{A} [tried|took] the path to the left, but it [ended at a high rock|led to a dark swamp]. {A.He} [tried|took] the path to the right, but [after an hour {A.he} was back at the same tree|it only led deeper into the woods]. [It was getting dark.|The sun was going down.] @scared(A)""",
        """"[Who is there|Why are you crying]?" said a [deep|soft|friendly] voice. It was {B_old}. {B.His} name was {B}. "I am lost," @answered(A). "[I want to go home|My home is far away]." "[Do not be afraid|Dry your tears]," said {B}. "[I know every tree in this forest|I will show you the way]. We only have to follow """ + sign + """." """,
        """They walked [for a long time|side by side]. At last {A} saw [a light between the trees|the smoke of {A.his} own home]. {C} [came running|stood at the door] and [took {A} in {C.his} arms|hugged {A} for a long time]. "I will [never|not] go so far again," said {A}. "[Not alone|At least not without telling you]."
        {C} gave {B} {F}, and {B} [ate it all|was very happy]. [@friends(A)|@ending(A)]"""), dict(B=B, B_old=f"an old {B.noun}")


@plot
def boat(rng, cast):
    flaw = rng.choice([
        Facts(why="there was a hole in the bottom", fix="closed the hole with wax and a piece of wood"),
        Facts(why="the ropes were too weak", fix="tied the logs together with thick ropes"),
        Facts(why="it was much too heavy", fix="took away the heavy stones and used light wood"),
        Facts(why="it had no sail and the water carried it back", fix="made a sail from an old blue blanket")])
    find = rng.choice(["a tree full of sweet cherries", "a beach with a hundred pink shells", "an old chest with a map in it",
                       "a family of friendly turtles", "a cave with drawings on the walls"])
    return "a boat", text(
        """In the middle of the lake there was a small island. {A} had always wanted to see it. "[What is on the island|Who lives there]?" {A.he} asked {C}. "Nobody knows," said {C}. @idea(A) "[Let us build|We will build] a boat!" {A} told {B}. @agree(B)""",
        """They [collected|found] wood and worked [the whole day|from morning to night]. In the evening the boat was ready. They [pushed it into|put it on] the water and [jumped in|climbed in]. But they did not get far, because """ + flaw.why
        + """. They had to swim back, and they were wet and cold.""",
        """"[It is no use|We will never get there]," said {B}. But {A} [looked at the boat for a long time|did not give up]. "[Now we know what was wrong|We only made one mistake]," said {A}. The next day, they """ + flaw.fix + """. Then they tried again.""",
        """This time the boat [carried them|floated like a duck]. [The wind was soft and the waves were small.|The water was as smooth as a mirror.] After an hour they came to the island. There they found """ + find
        + """! "[It was worth the work|Nobody has seen this before us]," said {B}. In the evening they sailed home and told {C} [everything|all about it]. @happy(A) [Mistakes are good teachers.|@ending(A)]"""
    ), {}


@plot
def sick_friend(rng, cast):
    first = rng.choice([("carrots", "the garden", "garden"), ("a cup of milk", "the goat", "goat"), ("salt", "the fisherman", "fisherman")])
    second = rng.choice([("herbs", "the hill behind the village"), ("mushrooms", "the forest"), ("an onion", "the cellar")])
    return "a sick friend", text(
        """@oneday(A) {B} did not come to play. {A} [waited for a long time|waited and waited]. Then {A.he} went to {B.poss} house. {B} was in bed. {B.His} head was hot, and {B.he} [could hardly speak|was coughing]. "[I feel so weak|I am ill]," @whispered(B).""",
        """"What helps a sick friend?" {A} asked {C}. "[A hot soup|A good hot soup]," @answered(C). "But I need """ + first[0] + " and " + second[0] + """." "I will get them!" said {A}. First {A.he} went to """ + first[1] + """ and got """ + first[0]
        + """. Then {A.he} [went to|ran to] """ + second[1] + """. [It began to rain|A cold wind was blowing], but {A} did not turn back. At last {A.he} found """ + second[0] + """.""",
        """{A} brought everything home. {C} cut the vegetables, and {A} stirred the pot. [It smelled wonderful.|Soon the whole house smelled good.] Then {A} carried the soup to {B} [very carefully|and did not spill a drop]. {B} ate it [slowly|spoon by spoon], and {A} [told {B.him} a story|sat by the bed and read to {B.him}].""",
        """The next [morning|day] {B} [felt much better|could get up again]. "[Was it the soup|What was in that soup]?" {B.he} asked. "[It was the soup and a little love|Only vegetables and friendship]," said {A}, and they both laughed. [@stay(A)|@ending(B)|A good friend is the best medicine.]"""
    ), {}


@plot
def bridge(rng, cast):
    D = animal(rng, taken=(str(cast["A"]), str(cast["B"])))
    return "a bridge", text(
        """One [night|spring], [heavy rain|a great storm] made the river rise, and the water [broke|carried away] the old bridge. Now nobody could [get to the market|cross the river] any more. "[What shall we do|How will we get food]?" [asked the people|everybody asked].""",
        """"We must wait until somebody helps us," said {B}. But {A} said, "[We can help ourselves|Let us build a new bridge]." Some [laughed|shook their heads]. "You are too [small|young]," said {D}, [a|an] {D.noun} who lived by the river.
        {A} [did not listen|was not angry]. {A.He} began to [carry stones|pull branches to the river] alone. The first stone [sank|was washed away]. The second stone [sank|was washed away] too. @tired(A)""",
        """{B} watched {A} for a while. Then {B.he} [stood up|felt sorry] and began to help. "[Big stones first|We need bigger stones]," said {B}. [Soon|A little later] {D} came too, and {D.he} brought a long [rope|log]. In the end, [everybody helped|the whole village was there]. Some carried wood, some [held the ropes|cooked soup for the others].""",
        """After [three|five|seven] days, the bridge was ready. {A} was the first who [walked|went] across it. It was strong and [did not move|held]! [There was a big feast with {F}.|Everybody clapped.] "[You were small, but your idea was big|I am sorry that I laughed]," said {D}. [Many hands make light work.|@happy(A)] [@ending(A)|]"""
    ), dict(D=D)


@plot
def wish(rng, cast):
    magic = rng.choice([("a golden fish", "in a net", "opened the net"), ("a tiny fairy", "in a spider's web", "cut the web"),
                        ("a silver frog", "under a heavy stone", "lifted the stone")])
    O = thing(rng)
    who = magic[0].split()[-1]
    need = rng.choice([
        Facts(what="{B.His} house had burned down", wish="for a new house for {B}", result="there stood a little house with a green roof"),
        Facts(what="{B.He} could not find {B.his} little sister", wish="that {B.poss} sister comes home", result="{B.poss} little sister came running over the hill"),
        Facts(what="{B.His} field was dry and nothing grew", wish="for rain on {B.poss} field", result="soft rain began to fall on the field"),
        Facts(what="{B.His} mother was very ill", wish="that {B.poss} mother gets well", result="{B.poss} mother opened her eyes and smiled")])
    return "a wish", text(
        """@oneday(A) {A} found """ + magic[0] + """ {P.inside}. It was caught """ + magic[1] + """. "[Please help me|Please let me go]," said the """ + who + """. {A} was [surprised|amazed], but {A.he} [quickly |]""" + magic[2]
        + """. "[Thank you|You are kind]," said the """ + who + """. "Now you have one wish. [Think well|Choose well]!" """,
        """{A} [thought and thought|ran home to think]. "[I could wish for|I have always wanted] {O.a}," {A.he} said. "Or [a mountain of|a house full of] {F}." On the way {A.he} met {B}, who was crying. @worry(A) {B} told {A.him}: """ + need.what + """.""",
        """{A} [looked at {B}|was quiet for a moment]. {A.He} [really |]wanted the {O}. But then {A.he} closed {A.his} eyes and said, "I wish """ + need.wish + """." [There was a flash of light|A warm wind blew], and """ + need.result + """!""",
        """@happy(B) @thanks(B) {A} had no wish left, but {A.he} [did not mind|was not sad at all]. {A.He} had never felt so [good|warm inside]. [And when {A.he} came home, there was {O.a} in front of the door. Who had put it there?|"The best wishes are for others," said the """ + who + """ later.|@ending(A)]"""), dict(O=O)


@plot
def mystery(rng, cast):
    F = rng.choice(PLURAL_FOODS)
    thief = rng.choice(["mouse", "squirrel", "hedgehog", "crow", "fox", "badger"])
    babies = rng.choice(["three", "four", "five"])
    return "a mystery", text(
        """[Every morning|Each day], some """ + F + """ were missing from {C_poss} kitchen. "[Who takes them|Did you eat them]?" asked {C}. "[It was not me|No, I did not]," said {A}. "[But I will find the thief|I will find out who it was]!" """,
        """{A} asked {B} for help. "We need a [plan|trick]," said {B}. In the evening they put [flour|white flour] on the floor [and hid behind the door|and went to bed]. [In the morning|When the clock struck twelve], there were small footprints [in the flour|all over the floor]. They led [out of the window|through a hole in the wall] and [across the yard|through the garden] to an old [shed|tree].""",
        """[Quietly|Very quietly], {A} and {B} looked inside. There they saw a [thin|tired] """ + thief + " with " + babies + """ tiny babies. The babies were eating the """ + F + """. "[Please do not be angry|Forgive me]," said the """ + thief + """. "[The winter is cold and my children are hungry|I could not find any food for my children]." """,
        """{A} looked at {B}. [They were not angry any more.|{A.His} anger was gone.] "[You do not have to steal|You only had to ask]," @said(A). {A} told {C} everything, and {C} [smiled|laughed]. From then on, they put a bowl of """ + F + """ outside every evening. [In spring|When the snow melted], the """ + thief + """ came and brought [a bunch of flowers|a basket of mushrooms] to say thank you. [@happy(A)|@ending(A)]"""
    ), dict(C_poss=cast["C"].poss)


@plot
def trade(rng, cast):
    goods = rng.sample(["a bag of nuts", "a jar of honey", "a pair of gloves", "a ball of wool", "a loaf of bread", "a bunch of flowers", "a sharp knife", "a little bell"], 3)
    traders = rng.sample(["the baker", "the old fisherman", "the miller", "the shepherd", "the blacksmith", "the gardener"], 2)
    reason = {"a bag of nuts": "My children love nuts", "a jar of honey": "I need honey for my cake", "a pair of gloves": "My hands are cold",
              "a ball of wool": "I want to knit socks", "a loaf of bread": "I have not eaten today", "a bunch of flowers": "I want to give flowers to my wife",
              "a sharp knife": "My old knife is broken", "a little bell": "My sheep needs a bell"}
    O = thing(rng, ["scarf", "hat", "necklace", "cup", "umbrella", "blanket", "basket", "lantern"])
    short = [g.split(" of ")[-1] if " of " in g else g.split()[-1] for g in goods]
    return "the market", text(
        """[It was nearly {C_poss} birthday.|Soon it was {C_poss} birthday.] {A} wanted to give {C.him} {O.a}, but {A.he} had no money. {A.He} had only """ + goods[0] + """. So {A.he} took the """ + short[0] + """ and went to the market.""",
        """First {A.he} met """ + traders[0] + """. "[Can I have|Will you give me] the """ + short[0] + """?" asked """ + traders[0] + """. \"""" + reason[goods[0]] + """. I will give you """ + goods[1] + """ for it." {A} agreed. Now {A.he} had """ + goods[1] + """.""",
        """[A little later|Next], {A.he} met """ + traders[1] + """. "[What a fine thing|That is just what I need]," said """ + traders[1] + """. \"""" + reason[goods[1]] + """. I have """ + goods[2] + """. Do you want to trade?" "[Yes|Yes, please]," @answered(A). Now {A.he} had """ + goods[2] + """.""",
        """At last {A} came to {B}, who [sold|was selling] many pretty things, and there was {O.a} too! "[How much is it|What does it cost]?" asked {A}. {B} looked at the """ + short[2] + """. "[""" + reason[goods[2]] + """. Let us trade|That is a fair trade]," said {B}.""",
        """{A} ran home with the {O}. {C} [could not believe {C.his} eyes|was so surprised]. "[Where did you get it|How did you do that]?" {C.he} asked. {A} told {C.him} [the whole story|how it had all begun with """ + goods[0] + """]. @happy(C) [@ending(A)|]"""
    ), dict(O=O, C_poss=cast["C"].poss)


@plot
def snow(rng, cast):
    O = thing(rng, ["scarf", "hat", "blanket"])
    return "snow", text(
        """One [winter morning|morning in winter], {A} looked out of the window. Everything was white! "Snow!" @cried(A). {A.He} put on {O.a} and ran {P.to}. The snow [was deep and soft|fell in big flakes].""",
        """There {A.he} met {B}. They [built a big snowman|threw snowballs|slid down the slope] and [laughed a lot|had a lot of fun]. But after a while {B} [began to shiver|was shaking with cold]. "[I am so cold|I have nothing warm to wear]," @said(B). {A} [looked at {A.his} {O}|thought for a moment]. It was warm, and {A.he} [liked|loved] it. Then {A.he} took it off and gave it to {B}. "[Here, take it|You need it more than I do]," {A.he} said.""",
        """@thanks(B) {A} ran home quickly, because now {A.he} was cold too. {C} [sat by the fire|had made hot milk]. "Where is your {O}?" asked {C}. "[I gave it to {B}|{B} has it now]," @answered(A). "{B.He} was so cold." {C} was not angry. {C.He} [kissed {A.him}|only smiled].""",
        """The next morning, there was a [parcel|small parcel] in front of the door. In it was a new {O}, and it was even [warmer|prettier] than the old one. {C} had worked on it all night. [{A} ran out to show it to {B}.|Now {A} and {B} both had something warm to wear.] [A warm heart is never cold.|@stay(A)|@ending(A)]"""), dict(O=O)


@plot
def song(rng, cast):
    show = rng.choice([("sing", "song", "sang"), ("play the drum", "piece", "played"), ("tell jokes", "joke", "told"), ("dance", "dance", "danced")])
    return "a shy singer" if show[0] == "sing" else "stage fright", text(
        """{A} could """ + show[0] + """ [better than anybody|very well], but only when nobody was [there|listening]. In front of others, {A.he} [turned red and forgot everything|could not move].""",
        """@oneday(A) there was a big [festival|party] in the [village|valley]. "[You must|Please] """ + show[0] + """ for us," said {B}. "No, no," @answered(A). "What if [everybody looks at me|I make a mistake|they laugh at me]?" "[Then look only at me|I will stand next to you]," said {B}. {A} thought about it [all night|for three days]. "[All right|I will try]," {A.he} said at last.""",
        """On the evening of the [festival|party], {A} stood in front of everybody. @scared(A) At first, nothing happened. [Somebody laughed.|It was very quiet.] {A} wanted to run away. Then {A.he} saw {B}, who [nodded|smiled at {A.him}]. {A} took a deep breath and began.""",
        """First {A.he} was [slow|quiet]. Then it went better and better. {A} """ + show[2] + """ and forgot to be afraid. When {A.he} had finished, [everybody clapped|there was loud applause]. "[More|Once more]!" they shouted. {C} had tears of joy. "[I knew that you could do it|You were wonderful]," said {B}. "[I was still afraid|My knees were shaking]," said {A}, "but I did it." [Brave is who is afraid and tries it anyway.|@happy(A)] [@ending(A)|]"""
    ), {}


@plot
def fallen_star(rng, cast):
    fail = rng.choice([
        Facts(do="threw the star up as high as {A.he} could", why="it fell down again into the grass"),
        Facts(do="climbed the tallest tree with the star", why="the sky was still too far away"),
        Facts(do="tied the star to a kite", why="there was not enough wind")])
    work = rng.choice(["a great white swan took the star on its back and flew up to the moon", "they put the star into a basket and tied it to a hundred balloons",
                       "an old owl carried the star up above the clouds", "the wind blew under the star and lifted it higher and higher"])
    return "a fallen star", text(
        """One night, {A} saw a bright light [in the garden|in the grass|behind the house]. {A.He} went out and found a tiny star. It had fallen from the sky. "[I want to go home|I miss my sisters]," said the star, and its light was [weak|very pale]. "[I will help you|Do not be sad]," @said(A).""",
        """{A} """ + fail.do + """, but """ + fail.why + """. The star [began to cry|shone less and less]. "[Hurry|Please hurry]," it said. "When the sun comes up, my light will go out." {A} did not know what to do, so {A.he} woke {B}.""",
        """{B} listened to everything. @idea(B) They [ran|hurried] to the top of the hill. [There|And there] """ + work + """. {A} and {B} [watched|waved] until the star was only a small point of light.""",
        """[The next night|From then on], {A} looked up at the sky. One star was [brighter|shining brighter] than all the others. It [winked at|was smiling at] {A.him}. "Good night, little star," @whispered(A). [@ending(A)|Somewhere far above, somebody said, "Good night, {A}."|Nobody is too small to help.]"""
    ), {}


@plot
def dragon(rng, cast):
    D = animal(rng, "dragon", taken=(str(cast["A"]), str(cast["B"])))
    use = rng.choice([
        Facts(need="In winter, all the wood was wet, and nobody could light a fire", help="blew gently, and soon a fire was burning in every house"),
        Facts(need="One day, a big rock fell on the road, and nobody could get out of the valley", help="pushed the rock away as if it were a ball"),
        Facts(need="One night, a ship was lost in the fog", help="flew over the water and showed the sailors the way with fire")])
    return "a dragon", text(
        """[In a cave on the mountain|In the mountains near the village] lived a dragon. Everybody was afraid of {D.him}. "[{D.He} eats children|{D.He} burns everything]," people said. But nobody had ever [talked to|really seen] the dragon.""",
        """@oneday(A) {A} climbed up [to the cave|the mountain]. {A.He} [was looking for berries|wanted to know the truth]. In front of the cave sat the dragon, and {D.he} was crying. @scared(A) But then {A.he} [asked|went closer and asked], "Why are you crying?" "[I am so lonely|Nobody wants to be my friend]," said the dragon. "Everybody runs away. My name is {D}." "I am {A}," said {A}, "and I [will not run away|am still here]." {A.He} sat down and shared {F} with {D}.""",
        """From then on, {A} visited {D} [every week|every day]. {A} told {B} about it, but {B} [did not believe {A.him}|was afraid]. "[A dragon is dangerous|Be careful]!" said {B}. """ + use.need + """. "[I know who can help|{D} can help us]!" cried {A}, and {A.he} ran up the mountain. {D} came at once. {D.He} """ + use.help + """.""",
        """[All the people|Everybody] cheered. "[We were wrong|We are sorry]," they said. {B} went up to the dragon and gave {D.him} {F}. "[I want to be your friend too|I was afraid, but now I know you]," said {B}. @happy(D) [Do not believe everything that people say.|From that day on, {D} was never lonely again.|@ending(A)]"""), dict(D=D)


@plot
def rescue(rng, cast):
    fall = rng.choice([
        Facts(where="an old well", first="a rope, but the rope was too short", second="tied the rope and a long scarf together"),
        Facts(where="a deep hole", first="a branch, but the branch broke", second="threw down earth and stones until there was a little hill in the hole"),
        Facts(where="the cold river", first="a stick, but the stick was too short", second="climbed onto a strong branch above the water and reached down")])
    return "a rescue", text(
        """@oneday(A) {A} and {B} were playing [hide and seek|catch|a game] {P.inside}. {A} counted to ten. Then {A.he} heard a loud cry. "Help! [I fell|I have fallen]!" It was {B}. {B.He} had fallen into """ + fall.where + """!""",
        """"[I am coming|Hold on]!" @cried(A). [Nobody else was there.|There was nobody who could help.] {A} [looked around quickly|thought quickly]. First {A.he} took """ + fall.first + """. "[I am cold|I am afraid]," said {B}. "[Stay calm|Do not give up]. I will not leave you," @said(A).""",
        """@idea(A) {A.He} """ + fall.second + """. "[Now hold on|Now come up]!" {A} [called|shouted] and pulled with all {A.his} strength. [Once, twice, three times!|Slowly, {B} came up.] At last {B} was [safe|out].""",
        """They [lay in the grass|sat in the sun] and [laughed and cried|did not speak for a while]. @thanks(B) "[You would do the same for me|That is what friends are for]," @answered(A). At home, {C} gave them [dry clothes|warm blankets] and {F}. [@stay(A)|@ending(A)]"""
    ), {}


@plot
def quarrel(rng, cast):
    O = thing(rng, ["kite", "ball", "drum", "boat", "cart", "doll", "top", "book"])
    part = rng.choice([("it broke in two", "mended it with glue and string"), ("it fell into the mud", "washed it in the stream"), ("it flew over the fence", "went around the fence and got it back")])
    return "a quarrel", text(
        """{A} and {B} were friends. @oneday(A) they found {O.a} {P.inside}. "[It is mine|I want it]!" said {A}. "No, it is mine!" said {B}. {A} pulled on one side, and {B} pulled on the other side. They pulled and pulled until """ + part[0] + """.""",
        """"[That is your fault|Look what you did]!" @cried(A). "No, it is your fault!" @cried(B). They [turned around and went home|did not speak any more]. But at home {A} [was bored|felt bad]. {A.He} had nobody to [play|talk] with. {B} sat alone too and [looked out of the window|thought of {A}].""",
        """"What happened?" asked {C}. {A} told {C.him} everything. "[What is more important, the {O} or your friend|Do you want to be right, or do you want to have a friend]?" asked {C}. {A} thought about it. Then {A.he} stood up and ran to {B}. [On the way {A.he} met {B}, who was running to {A.him}.|{B} opened the door before {A.he} could knock.] "I am sorry," they said at the same time, and they had to laugh.""",
        """Together they """ + part[1] + """. "[You can have it first|You may play first]," said {A}. "No, you," said {B}. In the end, they [took turns|played with it together]. [A friend is worth more than any toy.|@happy(A)] [@stay(A)|@ending(A)]"""
    ), dict(O=O)


@plot
def funny_cake(rng, cast):
    wrong = rng.choice([("salt", "sugar", "terrible"), ("pepper", "cinnamon", "hot"), ("soap", "butter", "strange")])
    return "a cake", text(
        """@oneday(A) {A} wanted to bake a cake for {C}. "[It will be the best cake in the world|I can do it alone]," {A.he} said. {B} came to help. They took flour, [eggs|milk] and """ + wrong[1] + """. At least, they thought it was """ + wrong[1] + """. In truth it was """ + wrong[0] + """, because the two jars looked the same.""",
        """The cake [looked beautiful|was golden and round]. {C} sat down and took a big bite. {C.His} eyes grew wide. [{C.He} drank a whole jug of water.|{C.He} coughed.] "[That is interesting|Oh my]," {C.he} said. "What did you put in it?" {A} tasted it too. It was """ + wrong[2] + """! "That is not """ + wrong[1] + """," said {A}. "That is """ + wrong[0] + """!" """,
        """{A} was [ashamed|sad]. "I have ruined everything," {A.he} said. But {C} began to laugh, and then {B} laughed, and in the end {A} had to laugh too. "[Everybody makes mistakes|My first cake was even worse]," said {C}. "Come, we will bake a new one together." This time they tasted everything first. And {A} wrote big letters on the two jars.""",
        """The second cake was [sweet and soft|wonderful]. They ate it [all|to the last crumb], and whenever somebody said "cake", they [laughed again|all had to laugh]. [Laughing together is the sweetest thing.|@happy(A)] [@ending(A)|]"""
    ), {}


@plot
def lighthouse(rng, cast):
    keeper = Being("the old keeper", "keeper", rng.choice("fm"))
    return "a lighthouse", text(
        """On a rock above the sea stood a lighthouse. {A} often visited the old keeper, who told {A.him} stories about [ships and storms|the sea]. @oneday(A) the keeper [was ill and had to stay in bed|had hurt {K.his} leg]. "[Who will light the lamp tonight|There is a storm coming]," {K.he} said. "[The ships need the light|Without the light, the ships will hit the rocks]." """,
        """"I will do it," @said(A). {A} climbed [all the two hundred steps|up the dark stairs]. The wind howled. {A.He} tried to light the lamp, but the wind blew out the [match|flame]. {A.He} tried again, and again it went out. There was only one match left! Far out on the sea, {A} saw a small ship. @scared(A)""",
        """@idea(A) {A.He} took off {A.his} [coat|big scarf] and [held it in front of the broken window|closed the window with it]. Now the wind could not get in. {A.He} lit the last match. And the lamp [began to shine|burned]! The light went far over the waves. The ship turned [slowly|at the last moment] and came safely into the harbour.""",
        """On the ship was {B}! "[We could not see anything|We thought we were lost]," said {B}. "Then we saw the light. [Who lit it|Who was it]?" "{A} did," said the keeper [proudly|with a smile]. @thanks(B) The sailors brought {F}, and [they had a feast|they sang all night]. [One small light can save a whole ship.|@happy(A)] [@ending(A)|]"""
    ), dict(K=keeper)


@plot
def picnic(rng, cast):
    trouble = rng.choice([
        Facts(what="dark clouds came, and it began to rain", move="ran to an old barn and spread the blanket on the hay", end="The rain drummed on the roof, and it was very cosy"),
        Facts(what="a long line of ants came and marched over the blanket", move="gave the ants some crumbs far away from the blanket", end="The ants were happy, and there was enough for everybody"),
        Facts(what="a goat jumped out of the bushes and ate the bread", move="picked berries and nuts and made a new picnic", end="Even the goat was allowed to sit with them")])
    return "a picnic", text(
        """@oneday(A) {A} said to {B}, "[Let us have a picnic|Shall we make a picnic]!" @agree(B) {C} packed a basket with {F}, [bread and milk|bread and cheese|eggs and bread]. They walked {P.to} and [spread|put] a [red|blue|big] blanket on the grass. @sunny(A)""",
        """They had just sat down when """ + trouble.what + """! "[Our picnic is ruined|Oh no, our beautiful picnic]!" @cried(B). @idea(A) They """ + trouble.move + """.""",
        trouble.end + """. They ate {F} and [told each other riddles|sang songs|told stories]. "What is always hungry and never eats?" asked {A}. {B} did not know. "[The fire|A fire]," said {A}, and they laughed.""",
        """When they came home in the evening, {C} asked, "Was it a good picnic?" "[It was the best picnic ever|It went all wrong, and it was wonderful]," @answered(A). [A good mood needs no good weather.|@happy(B)] [@ending(A)|]"""
    ), {}


def default_cast(rng, hero):
    """Everybody a plot may need; a plot replaces what it chooses itself."""
    other = {"f": "m", "m": "f"}[hero.gender] if rng.random() < 0.8 else hero.gender
    friend = (child if rng.random() < (0.65 if hero.noun in ("girl", "boy") else 0.25) else animal)(
        rng, gender=other, taken=(hero.name,))
    where = place(rng)
    where.inside_cap = where.inside.capitalize()
    return friend, where
