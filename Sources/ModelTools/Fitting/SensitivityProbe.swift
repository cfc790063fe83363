import Compute
public import GGUF
import Glibc
public import Swinfer

/// How much a model feels the loss of each kind of tensor: measured, by writing a file in which only
/// they are quantized and taking its divergence from the original on a text.
public struct SensitivityProbe: Sendable, Equatable {
    /// By group of tensors: divergence for each unit of loss.
    let values: [String: Double]
    let layers: Int

    /// - Parameters:
    ///   - table: of the same file
    ///   - base: the model of the file
    ///   - windows: the text; a few hundred tokens tell enough
    ///   - folder: where to put a file of the model's size and the base's predictions, which are removed
    ///     afterwards
    public init(
        _ table: DamageTable, base: Model, windows: TextWindows, importance: ImportanceMatrix?,
        modelOptions: ModelOptions, folder: String, progress: (Double) -> Void = { _ in }
    ) async throws {
        layers = ModelFacts(base.file).layers
        var groups: [String: [DamageTable.Row]] = [:]
        for row in table.rows { groups[Self.group(row.tensor, layers), default: []].append(row) }
        let path = "\(folder)/swinfer-probe-\(getpid()).gguf"
        let predictions = path + ".kld"
        defer {
            unsafe unlink(path)
            unsafe unlink(predictions)
        }
        // The base goes over the text once, not once for every group.
        _ = try await windows.perplexity(of: base, logits: predictions)
        let saved = try SavedLogits(path: predictions, for: base)
        var values: [String: Double] = [:]
        for (index, group) in groups.sorted(by: { $0.key < $1.key }).enumerated() {
            try Task.checkCancellation()
            progress(Double(index) / Double(groups.count))
            var types: [String: TensorType] = [:]
            var loss = 0.0
            for row in group.value {
                guard let option = Self.probe(row) else { continue }
                types[row.tensor.name] = option.type
                loss += option.loss
            }
            guard loss > 0 else { continue }
            var options = QuantizeOptions(scheme: QuantizationScheme.all[0])
            options.allowRequantize = true
            options.importance = importance
            options.types = types
            options.threads = modelOptions.threads
            try Quantizer(base.file, options: options).write(to: path)
            let model = try await Model.load(path: path, options: modelOptions)
            values[group.key] = max(0, try await saved.divergence(of: model).mean.value) / loss
        }
        self.values = values
        progress(1)
    }

    init(values: [String: Double], layers: Int) {
        self.values = values
        self.layers = layers
    }

    /// Divergence for each unit of loss; 0 where nothing was lost.
    public func sensitivity(_ tensor: TensorInfo) -> Double { values[Self.group(tensor, layers)] ?? 0 }

    /// Tensors of one role in one quarter of the layers.
    private static func group(_ tensor: TensorInfo, _ layers: Int) -> String {
        guard let layer = tensor.layer else { return tensor.name }
        let role = tensor.name.split(separator: ".").dropFirst(2).joined(separator: ".")
        return "\(layer * 4 / max(1, layers)) \(role)"
    }

    /// The option of some four bits: enough loss to measure, not so much that it does not add up.
    private static func probe(_ row: DamageTable.Row) -> DamageTable.Option? {
        let wanted: [TensorType] = [.q3_K, .q4_1, .iq4_nl, .q4_K]
        return wanted.lazy.compactMap { type in row.options.first { $0.type == type } }.first
    }
}
