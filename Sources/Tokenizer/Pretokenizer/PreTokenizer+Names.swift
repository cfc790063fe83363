extension PreTokenizer {
    /// The pre-tokenizer that a file names, nil when it is unknown.
    package static func named(_ name: String) -> PreTokenizer? {
        byName[name]
    }

    /// All names, in alphabetical order.
    package static let names: [String] = byName.keys.sorted()

    private static let byName: [String: PreTokenizer] = {
        var byName: [String: PreTokenizer] = [:]
        for (names, preTokenizer) in gpt2Families + wordFamilies + casedFamilies + scriptFamilies
            + otherFamilies
        {
            for name in names { byName[name] = preTokenizer }
        }
        return byName
    }()

    private typealias Families = [([String], PreTokenizer)]

    private static let digits = SplitPass.runs(RunPattern(set: .numbers))
    private static let singleDigits = SplitPass.runs(RunPattern(set: .numbers, atMost: 1))
    private static let digitsByThree = SplitPass.runs(RunPattern(set: .numbers, atMost: 3))
    private static let asciiTriples = SplitPass.runs(
        RunPattern(set: .asciiDigits, atLeast: 3, atMost: 3))
    private static let chineseAndKana = SplitPass.runs(RunPattern(set: .chineseAndKana))
    private static let lineBreaks = SplitPass.runs(RunPattern(set: .lineBreaks, atMost: 1))

    private static let gpt2Families: Families = [
        (
            [
                "gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0",
                "mellum", "modern-bert", "exaone4", "mpt", "olmo", "jais",
            ],
            PreTokenizer(.gpt2) { $0.cleansSpaces = true }
        ),
        (["trillion", "granite-docling"], PreTokenizer(.gpt2)),
        (
            ["jina-v1-en", "jina-v2-code", "roberta-bpe"],
            PreTokenizer(.gpt2) {
                $0.cleansSpaces = true
                $0.addsSEP = true
            }
        ),
        (
            ["starcoder", "refact", "codeshell", "exaone", "minerva-7b", "mellum2"],
            PreTokenizer(singleDigits, .gpt2) { $0.cleansSpaces = true }
        ),
        (["command-r", "smollm"], PreTokenizer(singleDigits, .gpt2)),
        (
            ["falcon"],
            PreTokenizer(.runs(RunPattern(set: .punctuation(backquote: true))), .gpt2, asciiTriples) {
                $0.cleansSpaces = true
            }
        ),
        (
            ["default"],
            PreTokenizer(
                .runs(RunPattern(set: .punctuation(backquote: false))), .gpt2, digits, asciiTriples
            ) { $0.cleansSpaces = true }
        ),
    ]

    private static let wordFamilies: Families = [
        (
            [
                "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2",
                "jina-v5-nano",
            ],
            PreTokenizer(.words(WordPattern())) {
                $0.ignoresMerges = true
                $0.addsBOS = true
                $0.cleansSpaces = true
            }
        ),
        (["dbrx", "smaug-bpe"], PreTokenizer(.words(WordPattern())) { $0.cleansSpaces = true }),
        (
            ["chatglm-bpe"],
            PreTokenizer(.words(WordPattern())) {
                $0.hasDefaultBOS = false
                $0.cleansSpaces = true
            }
        ),
        (
            ["glm4", "glm5"],
            PreTokenizer(.words(WordPattern())) {
                $0.hasDefaultBOS = false
                $0.ignoresMerges = true
                $0.cleansSpaces = true
            }
        ),
        (
            [
                "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "hunyuan", "solar-open", "grok-2",
                "bailingmoe", "bailingmoe2", "llada-moe",
            ],
            PreTokenizer(.words(WordPattern(digits: 1)))
        ),
        (["stablelm2", "megrez"], PreTokenizer(.words(WordPattern(digits: 1))) { $0.cleansSpaces = true }),
        (["qwen35"], PreTokenizer(.words(WordPattern(letters: [.letter, .mark], digits: 1)))),
        (["ufakzeka"], PreTokenizer(.words(WordPattern(digits: 1, contractions: false)))),
        (["seed-coder"], PreTokenizer(.words(WordPattern(digits: 1, joinsLineBreaks: false)))),
        (["laguna"], PreTokenizer(.lines, .words(WordPattern(digits: 1)))),
        (
            ["minicpm5"],
            PreTokenizer(digitsByThree, .words(WordPattern(digits: .max))) {
                $0.ignoresMerges = true
                $0.cleansSpaces = true
            }
        ),
        (
            ["jais-2"],
            PreTokenizer(.words(WordPattern(spaces: .powersOfTwo))) { $0.cleansSpaces = true }
        ),
        (["exaone-moe"], PreTokenizer(.phrases) { $0.cleansSpaces = true }),
    ]

    private static let casedFamilies: Families = [
        (
            ["gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"],
            PreTokenizer(.casedWords(CasedWordPattern()))
        ),
        (
            ["tekken"],
            PreTokenizer(.casedWords(CasedWordPattern(digits: 1, contractions: false))) {
                $0.ignoresMerges = true
                $0.addsBOS = true
            }
        ),
        (
            ["granite-embed-multi-97m"],
            PreTokenizer(.casedWords(CasedWordPattern(letters: [.letter, .mark]))) {
                $0.ignoresMerges = true
            }
        ),
        (
            ["tiny_aya", "cohere2moe"],
            PreTokenizer(
                .digitTriples, .casedWords(CasedWordPattern(letters: [.letter, .mark], isCased: false)))
        ),
        (["kimi-k2"], PreTokenizer(.kimi) { $0.mayLackMerges = true }),
    ]

    private static let scriptFamilies: Families = [
        (
            ["deepseek-llm"],
            PreTokenizer(
                lineBreaks, .runs(RunPattern(set: .deepSeekLetters, lead: .whitespace)),
                .runs(RunPattern(set: .deepSeekPunctuation, lead: .whitespace)), .trailingWhitespace,
                .runs(RunPattern(set: .deepSeekCJK)), digits)
        ),
        (
            ["deepseek-coder"],
            PreTokenizer(
                lineBreaks, .runs(RunPattern(set: ScalarSet(kinds: .letter), lead: .whitespace)),
                .runs(RunPattern(set: ScalarSet(kinds: .punctuation), lead: .whitespace)),
                .runs(RunPattern(set: .deepSeekCJK)), singleDigits)
        ),
        (
            ["deepseek-v3", "hunyuan-dense", "hy_v4", "joyai-llm"],
            PreTokenizer(digitsByThree, chineseAndKana, .punctuatedWords(PunctuatedWordPattern()))
        ),
        (
            ["spark2_5"],
            PreTokenizer(
                digitsByThree, chineseAndKana,
                .punctuatedWords(PunctuatedWordPattern(joinsLineBreaks: false)), singleDigits)
        ),
        (
            ["afmoe"],
            PreTokenizer(
                .digitTriples, .runs(RunPattern(set: .afmoeScripts)),
                .punctuatedWords(PunctuatedWordPattern()))
        ),
        (
            ["youtu"],
            PreTokenizer(
                .runs(RunPattern(set: .youtuHangul)), .runs(RunPattern(set: .youtuPunctuation)),
                .runs(RunPattern(set: .youtuBopomofo)), chineseAndKana,
                .casedWords(CasedWordPattern(letters: [.letter, .mark], digits: 1, isCased: false))
            ) { $0.ignoresMerges = true }
        ),
    ]

    private static let otherFamilies: Families = [
        (
            ["bloom", "gpt3-finnish"],
            PreTokenizer(.runs(RunPattern(set: .bloomWords, lead: .space))) { $0.cleansSpaces = true }
        ),
        (["poro-chat"], PreTokenizer(.runs(RunPattern(set: .bloomWords, lead: .space)))),
        (["viking"], PreTokenizer(.runs(RunPattern(set: .bloomWords, lead: .space)), singleDigits)),
        (["superbpe"], PreTokenizer(digits, .asciiDigitTriples)),
        (
            ["gemma4", "granite-embed-multi-311m"],
            PreTokenizer(.lines) {
                $0.isByteLevel = false
                $0.keepsLineFeedRuns = true
                $0.alwaysAddsBOS = true
                $0.cleansSpaces = true
            }
        ),
        (["sarvam-moe"], PreTokenizer(.lines) { $0.isByteLevel = false }),
    ]
}
