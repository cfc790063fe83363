import Experts
import GGUF

extension InspectReport {
    /// For programs: one object, ended by a newline. Scalars are whole; of arrays there are the type, the
    /// count and the first elements.
    package var json: String {
        var fields: [(String, JSONText)] = [
            ("path", .string(file.shardPaths[0])),
            (
                "files",
                .array(
                    file.shards.map {
                        .object([("path", .string($0.path)), ("bytes", .integer($0.byteCount))])
                    })
            ),
            ("version", .integer(file.version)),
            ("alignment", .integer(file.alignment)),
            ("architecture", file.architecture.map { .string($0) } ?? .null),
            ("bytes", .integer(file.fileByteCount)),
            ("parameters", .integer(summary.parameters)),
            ("tensor_count", .integer(file.tensors.count)),
            ("tensor_bytes", .integer(summary.tensorBytes)),
            ("bits_per_weight", summary.bitsPerWeight.map { .number($0) } ?? .null),
            ("types", .array(summary.types.map(Self.json))),
            ("experts", experts),
            (
                "session",
                sessions.map {
                    .object([
                        ("bytes_per_token", .integer($0.bytesPerToken)),
                        ("window_bytes", .integer($0.windowBytes)),
                        ("state_bytes", .integer($0.stateBytes)),
                        ("context_length", .integer($0.contextLength)),
                    ])
                } ?? .null
            ),
            ("metadata", .object(file.metadata.keys.map { ($0, file.metadata[$0].map(Self.json) ?? .null) })),
        ]
        if let plan { fields.append(("plan", Self.json(plan))) }
        if listsTensors { fields.append(("tensors", .array(file.tensors.map { Self.json($0) }))) }
        return JSONText.object(fields).pretty + "\n"
    }

    private static func json(_ plan: MemoryPlan) -> JSONText {
        .object([
            ("mode", .string(plan.mode.rawValue)), ("budget", .integer(plan.budget.bytes)),
            ("budget_source", .string(plan.budget.source.text)),
            ("dense_bytes", .integer(plan.denseBytes)), ("cache_bytes", .integer(plan.cacheBytes)),
            ("scratch_bytes", .integer(plan.scratchBytes)), ("pool_bytes", .integer(plan.poolBytes)),
            ("slots", .integer(plan.slots)), ("experts", .integer(plan.expertCount)),
            ("expected_hit_rate", .number(plan.expectedHitRate)),
            ("hit_rate_is_traced", .literal("\(plan.hitRateIsTraced)")),
            ("bytes_per_token", .integer(plan.bytesPerToken)),
            ("disk_bytes_per_token", .integer(plan.diskBytesPerToken)),
            ("expected_ts", plan.expectedRate.map { .number($0) } ?? .null),
            ("limit", plan.limit.map { .string($0.rawValue) } ?? .null),
            ("smallest_budget", plan.smallestBudget.map { .integer($0) } ?? .null),
        ])
    }

    private var experts: JSONText {
        guard !summary.expertLayers.isEmpty else { return .null }
        return .object([
            ("count", .integer(summary.expertLayers.map(\.experts).max() ?? 0)),
            ("used", summary.expertsUsed.map { .integer($0) } ?? .null),
            ("bytes", .integer(summary.expertBytes)),
            ("bytes_per_token", summary.expertBytesPerToken.map { .integer($0) } ?? .null),
            (
                "layers",
                .array(
                    summary.expertLayers.map { layer in
                        .object([
                            ("layer", .integer(layer.layer)), ("experts", .integer(layer.experts)),
                            ("bytes_per_expert", .integer(layer.bytesPerExpert)),
                            ("tensors", .array(layer.tensors.map { Self.json($0, places: false) })),
                        ])
                    })
            ),
        ])
    }

    private static func json(_ total: GGUFSummary.TypeTotal) -> JSONText {
        .object([
            ("type", .string(total.type.name)), ("tensors", .integer(total.tensors)),
            ("parameters", .integer(total.elements)), ("bytes", .integer(total.bytes)),
        ])
    }

    private static func json(_ tensor: TensorInfo, places: Bool = true) -> JSONText {
        var fields: [(String, JSONText)] = [
            ("name", .string(tensor.name)), ("type", .string(tensor.type.name)),
            ("dimensions", .array(tensor.dimensions.map { .integer($0) })),
        ]
        if places {
            fields += [
                ("bytes", .integer(tensor.byteCount)), ("file", .integer(tensor.shard)),
                ("offset", .integer(tensor.offset)),
            ]
        }
        return .object(fields)
    }

    private static func json(_ value: GGUFValue) -> JSONText {
        switch value {
        case .string(let text): .string(text)
        case .bool, .uint8, .int8, .uint16, .int16, .uint32, .int32, .uint64, .int64:
            .literal(value.scalarText)
        case .float32(let number): number.isFinite ? .literal(value.scalarText) : .null
        case .float64(let number): number.isFinite ? .literal(value.scalarText) : .null
        case .array(let array):
            .object([
                ("type", .string("array")), ("element_type", .string("\(array.elementType)")),
                ("count", .integer(array.count)), ("first", .array(array.values(limit: 8).map(json))),
            ])
        }
    }
}
