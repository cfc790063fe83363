import Experts
package import GGUF
package import Swinfer

/// What `swinfer inspect` prints.
package struct InspectReport {
    let file: GGUFFile
    let summary: GGUFSummary
    let listsTensors: Bool
    /// How the model would lie in memory here; nil: not asked for.
    var plan: MemoryPlan?
    /// What a session takes; nil where the engine does not run the model.
    package var sessions: SessionSizes?

    package init(_ file: GGUFFile, listsTensors: Bool) {
        self.file = file
        self.listsTensors = listsTensors
        summary = GGUFSummary(file)
    }

    /// For people: text of the file is escaped, so that it cannot steer the terminal, and long values are
    /// cut short. Ends in a newline.
    package var text: String {
        var sections = [overview, types]
        if !summary.expertLayers.isEmpty { sections.append(experts) }
        if file.shards.count > 1 { sections.append(shards) }
        if let plan { sections.append(plan.lines) }
        sections.append(metadata)
        if listsTensors { sections.append(tensors) }
        return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }.joined(
            separator: "\n")
    }

    private var overview: [String] {
        var rows = [
            [
                "File",
                file.shardPaths[0].escapedForTerminal
                    + (file.shards.count > 1 ? " and \(file.shards.count - 1) more" : ""),
            ],
            ["Format", "GGUF version \(file.version), alignment \(file.alignment)"],
            ["Size", Quantity.bytes(file.fileByteCount)],
        ]
        if let name = file.architecture { rows.append(["Architecture", name.escapedForTerminal]) }
        if let name = try? file.metadata.string("general.name") {
            rows.append(["Name", Self.shortened(name, to: 100)])
        }
        if let bits = summary.bitsPerWeight {
            rows.append(["Parameters", Quantity.count(summary.parameters)])
            rows.append([
                "Weights", "\(Quantity.bytes(summary.tensorBytes)), \(Quantity.fixed(bits, 2)) bits each",
            ])
        }
        if let sessions {
            rows.append([
                "Session",
                "\(Quantity.bytes(sessions.bytesPerToken)) per token, \(Quantity.bytes(sessions.windowBytes)) of windows, \(Quantity.bytes(sessions.stateBytes)) of recurrent state (f16, context \(sessions.contextLength))",
            ])
        }
        return Table(rows).lines
    }

    private var types: [String] {
        guard !summary.types.isEmpty else { return [] }
        let rows = summary.types.map { total in
            [
                total.type.name, "\(total.tensors)", Quantity.count(total.elements),
                Quantity.bytes(total.bytes),
                Quantity.fixed(100 * Double(total.bytes) / Double(max(1, summary.tensorBytes)), 1) + " %",
            ]
        }
        return Table(
            [["Type", "Tensors", "Parameters", "Bytes", "Share"]] + rows, rightAligned: [1, 2, 3, 4]
        ).lines
    }

    private var experts: [String] {
        let layers = summary.expertLayers
        let counts = Set(layers.map(\.experts)).sorted().map(String.init).joined(separator: " or ")
        let used = summary.expertsUsed.map { ", \($0) used for a token" } ?? ""
        var lines = ["Experts: \(counts) a layer\(used), in \(layers.count) layers"]
        // Layers whose experts have the same shapes and types are told once.
        var groups: [(shape: [String], layers: [GGUFSummary.ExpertLayer])] = []
        for layer in layers {
            let shape = layer.tensors.map(Self.expertShape)
            if let place = groups.firstIndex(where: {
                $0.shape == shape && $0.layers[0].experts == layer.experts
            }) {
                groups[place].layers.append(layer)
            } else {
                groups.append((shape, [layer]))
            }
        }
        for group in groups {
            let size = Quantity.bytes(group.layers[0].bytesPerExpert)
            lines.append("  layers \(Quantity.ranges(group.layers.map(\.layer))): \(size) an expert")
            lines += group.shape.map { "    " + $0 }
        }
        lines.append("  all experts: \(Quantity.bytes(summary.expertBytes))")
        if let bytes = summary.expertBytesPerToken {
            lines.append("  experts of one token: \(Quantity.bytes(bytes))")
        }
        return lines
    }

    /// `ffn_down_exps.weight  Q6_K [768, 2048]`: one expert's slice.
    private static func expertShape(_ tensor: TensorInfo) -> String {
        let name = tensor.name.split(separator: ".").dropFirst(2).joined(separator: ".")
        return "\(name.escapedForTerminal) \(tensor.type) \(Array(tensor.dimensions.dropLast()))"
    }

    private var shards: [String] {
        let rows = file.shards.enumerated().map { index, shard in
            ["\(index + 1)", Quantity.bytes(shard.byteCount), shard.path.escapedForTerminal]
        }
        return ["Files:"] + Table(rows, rightAligned: [0, 1], indentation: 2).lines
    }

    private var metadata: [String] {
        let rows = file.metadata.keys.map { key in
            let value = file.metadata[key]
            return [key.escapedForTerminal, value.map(Self.typeName) ?? "", value.map(Self.shortened) ?? ""]
        }
        return ["Metadata: \(rows.count) keys"] + Table(rows, indentation: 2).lines
    }

    private var tensors: [String] {
        var rows = [["Name", "Type", "Shape", "Bytes", "Offset"]]
        let isSplit = file.shards.count > 1
        if isSplit { rows[0].append("File") }
        for tensor in file.tensors {
            let row = [
                tensor.name.escapedForTerminal, tensor.type.name, "\(tensor.dimensions)",
                "\(tensor.byteCount)",
                "\(tensor.offset)",
            ]
            rows.append(isSplit ? row + ["\(tensor.shard + 1)"] : row)
        }
        return ["Tensors: \(file.tensors.count)"]
            + Table(rows, rightAligned: [3, 4, 5], indentation: 2).lines
    }
}

extension InspectReport {
    /// `string[262144]`, `uint32`.
    private static func typeName(_ value: GGUFValue) -> String {
        if case .array(let array) = value { "\(array.elementType)[\(array.count)]" } else { "\(value.type)" }
    }

    private static func shortened(_ value: GGUFValue) -> String {
        switch value {
        case .string(let text):
            return shortened(text, to: 100)
        case .array(let array):
            let shown = array.count > 10 ? 8 : 10
            let elements = array.values(limit: shown).map { element in
                if case .string(let text) = element {
                    "\"\(shortened(text, to: 32))\""
                } else {
                    shortened(element)
                }
            }
            return "[" + (elements + (array.count > shown ? ["..."] : [])).joined(separator: ", ") + "]"
        default: return value.scalarText
        }
    }

    /// The first letters, escaped.
    private static func shortened(_ text: String, to length: Int) -> String {
        let start = text.unicodeScalars.prefix(length)
        guard start.endIndex < text.endIndex else { return text.escapedForTerminal }
        return String(start).escapedForTerminal + "... (\(text.utf8.count) bytes)"
    }
}

extension GGUFValue {
    /// A number or boolean as text; empty for strings and arrays.
    var scalarText: String {
        switch self {
        case .uint8(let value): "\(value)"
        case .int8(let value): "\(value)"
        case .uint16(let value): "\(value)"
        case .int16(let value): "\(value)"
        case .uint32(let value): "\(value)"
        case .int32(let value): "\(value)"
        case .uint64(let value): "\(value)"
        case .int64(let value): "\(value)"
        case .float32(let value): "\(value)"
        case .float64(let value): "\(value)"
        case .bool(let value): "\(value)"
        case .string, .array: ""
        }
    }
}
