import Compute
import Experts
import Foundation
import GGUF
import Models

/// A small model whose experts are streamed.
struct StreamedModel {
    let executor: Executor
    let scheduler: ExpertScheduler

    static func path(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("ModelTests/Resources/\(name).gguf").path
    }

    static let options = ExecutorOptions(
        threads: 2, contextLength: 128, batchLength: 64, keyType: .f32, valueType: .f32)

    static func resident(_ file: GGUFFile) throws -> Executor {
        try Executor(Registry.load(file).program, options: options)
    }

    init(
        _ file: GGUFFile, pool: Int, threads: Int = 2, method: ReadMethod = .auto, direct: Bool = true,
        topology: Topology? = nil, nodes: NodePlacement? = nil
    ) throws {
        let reader = try FileReader(file, method: method, threads: 3, direct: direct)
        let memory = try WeightMemory(reader, nodes: nodes)
        let program = try Registry.load(file, memory: memory).program
        memory.dropMapping()
        scheduler = try ExpertScheduler(program, reader: reader, poolBytes: pool, nodes: nodes)
        var options = StreamedModel.options
        options.threads = threads
        options.topology = topology
        executor = try Executor(program, options: options, store: scheduler.store)
    }

    /// Tokens in pieces, then one by one; two sequences at once in between.
    static func run(_ executor: Executor, vocabulary: Int) throws -> [Float] {
        var result: [Float] = []
        let tokens = (0..<60).map { Int32(($0 * 37 + 11) % min(vocabulary, 250)) }
        let a = try executor.makeSequence()
        let b = try executor.makeSequence()
        func run(_ pieces: [(SequenceCache, Range<Int>)]) throws {
            try executor.run(
                Batch(
                    pieces.map {
                        Batch.Piece(
                            sequence: $0.0, position: $0.1.lowerBound, tokens: tokens[$0.1], outputs: .last)
                    }))
            for index in pieces.indices { result += executor.logits(output: index) }
        }
        try run([(a, 0..<24)])
        for index in 24..<32 { try run([(a, index..<index + 1)]) }
        try run([(a, 32..<33), (b, 0..<12)])
        for index in 33..<45 { try run([(a, index..<index + 1), (b, index - 21..<index - 20)]) }
        return result
    }
}

extension ReadMethod {
    /// Threads, and the ring where this kernel offers it.
    static var here: [ReadMethod] { FileReader.offersRing ? [.threads, .ring] : [.threads] }
}
