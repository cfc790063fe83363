import Swinfer

/// How long the next turn of a conversation takes to its first token.
///
///     Turns MODEL [ROUNDS]
@main
struct Turns {
    let model: Model
    let options: GenerationOptions

    /// Tokens of what a user asks next, and how many the model answers.
    static let question = 24
    static let answer = 8

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count > 1 else { fatalError("usage: Turns MODEL [ROUNDS]") }
        var loading = ModelOptions()
        loading.contextLength = 4096
        var options = GenerationOptions()
        options.maxTokens = answer
        options.temperature = 0
        options.ignoreEndOfText = true
        let turns = Turns(model: try await Model.load(path: arguments[1], options: loading), options: options)
        let rounds = arguments.count > 2 ? Int(arguments[2]) ?? 5 : 5
        _ = try await turns.generate(turns.text(64, 0), in: turns.model.makeSession())
        print(
            "| tokens | next turn | evaluated | first token, ms | read again, ms | read again / kept | range |"
        )
        print("| ---: | --- | ---: | ---: | ---: | ---: | --- |")
        for length in [500, 1000, 2000] {
            var kept = Pairs()
            var edited = Pairs()
            for round in 0..<rounds {
                try await turns.measure(length, round, &kept, &edited)
            }
            print("| \(length) | goes on | \(kept.row)")
            print("| \(length) | the opening of the answer differs | \(edited.row)")
        }
        try await turns.measureForks(length: 2000)
    }

    /// Both kinds of next turns, each beside the same number of tokens read as a new text.
    private func measure(
        _ length: Int, _ round: Int, _ kept: inout Pairs, _ edited: inout Pairs
    ) async throws {
        let seed = length * 100 + round * 10
        let conversation = text(length, seed)
        let session = try model.makeSession()
        _ = try await generate(conversation, in: session)
        // A template may render the end of the last turn's prompt otherwise.
        let other = Array(conversation.dropLast(4)) + text(4 + Self.answer + Self.question, seed + 1)
        let next = session.tokens + text(Self.question, seed + 2)
        for (tokens, isEdited) in [(next, false), (other, true)] {
            // Nothing in common with any other text, from the first token on.
            let strange = text(tokens.count, seed + (isEdited ? 4 : 3))
            var pair: [Turn] = []
            for readsAgain in round % 2 == 0 ? [false, true] : [true, false] {
                pair.append(
                    try await readsAgain
                        ? generate(strange, in: model.makeSession()) : generate(tokens, in: session))
            }
            if round % 2 == 1 { pair.reverse() }
            guard pair[0].reused > 0, pair[1].reused == 0 else {
                fatalError("\(pair[0].reused) and \(pair[1].reused) tokens reused")
            }
            if isEdited { edited.add(pair) } else { kept.add(pair) }
        }
    }

    /// A fork copies what a snapshot copies, and takes it up in another session.
    private func measureForks(length: Int) async throws {
        let session = try model.makeSession()
        _ = try await generate(text(length, 7), in: session)
        let clock = ContinuousClock()
        var times: [Double] = []
        for _ in 0..<20 {
            let start = clock.now
            let fork = try await session.fork()
            times.append(start.duration(to: clock.now) / .milliseconds(1))
            withExtendedLifetime(fork) {}
        }
        times.sort()
        print(
            "\nA fork at \(length) tokens: \(times[10].text) ms (\(times[0].text) to \(times[19].text)); recurrent state: \(model.information.stateBytesPerSession) bytes"
        )
    }

    struct Turn {
        var evaluated: Int
        var reused: Int
        var milliseconds: Double
    }

    private func generate(_ tokens: [Int32], in session: Session) async throws -> Turn {
        let clock = ContinuousClock()
        let start = clock.now
        var turn = Turn(evaluated: 0, reused: 0, milliseconds: 0)
        for try await event in try session.generate(conversation: tokens, options: options) {
            switch event {
            case .token where turn.milliseconds == 0:
                turn.milliseconds = start.duration(to: clock.now) / .milliseconds(1)
            case .finished(_, let statistics):
                turn.evaluated = statistics.promptTokens
                turn.reused = statistics.reusedTokens
            default: break
            }
        }
        return turn
    }

    /// Some tokens, none of them special, that begin as no other seed's do.
    private func text(_ count: Int, _ seed: Int) -> [Int32] {
        let usable = model.information.vocabularySize - 300
        return (0..<count).map { Int32(300 + (seed * 31 + $0 * 7919) % usable) }
    }
}

/// Turns with what is kept, and the same read again.
struct Pairs {
    private var evaluated = 0
    private var kept: [Double] = []
    private var again: [Double] = []

    mutating func add(_ pair: [Turns.Turn]) {
        evaluated = pair[0].evaluated
        kept.append(pair[0].milliseconds)
        again.append(pair[1].milliseconds)
    }

    var row: String {
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        let ratios = zip(again, kept).map { $0 / $1 }
        return
            "\(evaluated) | \(median(kept).text) | \(median(again).text) | \(median(ratios).text) | \(ratios.min()!.text) to \(ratios.max()!.text) |"
    }
}

extension Double {
    /// With three digits, about.
    var text: String {
        let unit = self < 10 ? 100.0 : self < 100 ? 10.0 : 1.0
        let value = (self * unit).rounded() / unit
        return unit == 1 ? "\(Int(value))" : "\(value)"
    }
}
