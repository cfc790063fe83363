/// A model's forward pass, recorded: a flat list of ops over numbered buffers.
///
/// Immutable once made; any number of executors may run it.
@safe
public final class Program: @unchecked Sendable {
    let operations: UnsafePointer<Operation>
    let operationCount: Int
    let names: [String]
    let ropes: [Rope]
    let caches: [AttentionCacheSpec]
    let states: [RecurrentStateSpec]
    let planKeys: [AttentionPlanKey]
    /// Offset of each buffer in an executor's memory, in floats per row, and its width.
    let bufferOffsets: [Int]
    let bufferWidths: [Int]
    /// Floats per row of all buffers together.
    let floatsPerRow: Int
    let expertLayers: [ExpertsOperation]
    /// Floats of hidden state that each token brings along; 0 in all but prediction layers.
    public let inputWidth: Int
    public let vocabularySize: Int
    private let memory: ProgramMemory
    /// Keeps converted vectors alive.
    private let arenas: [Arena]
    /// Where a streamed model's dense weights are.
    let weights: WeightMemory?

    public init(_ recorder: Recorder, source: WeightSource) {
        memory = recorder.memory
        operations = recorder.memory.store(recorder.operations)
        operationCount = recorder.operations.count
        names = recorder.names
        ropes = recorder.ropes
        caches = recorder.caches
        states = recorder.states
        planKeys = recorder.planKeys
        expertLayers = recorder.expertLayers
        vocabularySize = recorder.vocabularySize
        var inputWidth = 0
        if case .predictionInput(let input)? = recorder.operations.first { inputWidth = input.table.columns }
        self.inputWidth = inputWidth
        arenas = source.converted
        weights = source.memory
        bufferWidths = recorder.buffers.map(\.width)
        (bufferOffsets, floatsPerRow) = Program.place(recorder.buffers)
    }

    /// The output head, which every model ends with.
    var head: HeadOperation? {
        guard operationCount > 0, case .head(let head) = operations[operationCount - 1] else { return nil }
        return head
    }

    /// Floats in a row of the hidden state that the output matrix takes.
    public var hiddenWidth: Int { head?.source.width ?? 0 }

    /// Expert layers and experts in each.
    public var expertLayerCount: Int { expertLayers.count }

    /// Experts in each layer that has some.
    public var expertCounts: [Int] { expertLayers.map(\.count) }

    /// Embedding tables that stayed in the file.
    var streamedTables: [Weight] {
        guard let weights else { return [] }
        var result: [Weight] = []
        for index in 0..<operationCount {
            if case .embed(let operation) = operations[index], !weights.contains(operation.table.base) {
                result.append(operation.table)
            }
        }
        return result
    }

    /// First fit: a buffer takes the lowest place that no buffer alive at the same time has.
    private static func place(_ buffers: [Recorder.BufferPlan]) -> (offsets: [Int], total: Int) {
        var offsets = [Int](repeating: 0, count: buffers.count)
        let widths = buffers.map { ($0.width + 15) & ~15 }
        var total = 0
        for (index, buffer) in buffers.enumerated() {
            var taken: [(start: Int, end: Int)] = []
            for other in 0..<index
            where buffers[other].last >= buffer.first && buffers[other].first <= buffer.last {
                taken.append((offsets[other], offsets[other] + widths[other]))
            }
            taken.sort { $0.start < $1.start }
            var place = 0
            for other in taken where other.start < place + widths[index] { place = max(place, other.end) }
            offsets[index] = place
            total = max(total, place + widths[index])
        }
        return (offsets, total)
    }
}
