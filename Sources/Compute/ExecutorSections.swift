import Kernels

/// The largest of everything that a program's ops need at once.
struct ProgramShape {
    var sourceWidth = 1
    var hiddenWidth = 1
    var quantizedHidden = 0
    var columns = 32
    var expertCount = 0
    var usedExperts = 0
    var expertHidden = 0
    var sharedHidden = 0
    var expertOutput = 0
    var queries = 1
    var keyDimensions = 1
    var valueDimensions = 1
    /// Floats that one query of a split block keeps, times key heads.
    var partialWidth = 1
    var latent = LatentSizes()
    /// Elements of a head that a quantized product takes; 0: none does.
    var headColumns = 0
    /// Floats that a delta net needs in every thread.
    var mixerFloats = 0
    var choosesKeys = false
    var planKeys: [AttentionPlanKey] = []

    init(_ program: Program) {
        for index in 0..<program.operationCount {
            switch program.operations[index] {
            case .embed(let o): sourceWidth = max(sourceWidth, o.table.columns)
            case .predictionInput: break
            case .project(let o):
                sourceWidth = max(sourceWidth, o.source.width)
            case .add(let o): sourceWidth = max(sourceWidth, o.source.width)
            case .head(let o): sourceWidth = max(sourceWidth, o.source.width)
            case .feedForward(let o):
                sourceWidth = max(sourceWidth, o.source.width)
                hiddenWidth = max(hiddenWidth, o.pair.up.rows)
            case .experts(let o):
                sourceWidth = max(sourceWidth, o.source.width)
                expertCount = max(expertCount, o.count)
                usedExperts = max(usedExperts, o.used)
                if let source = o.routerSource { sourceWidth = max(sourceWidth, source.width) }
                expertHidden = max(expertHidden, o.pair.up.rows)
                sharedHidden = max(sharedHidden, o.shared?.pair.up.rows ?? 0)
                expertOutput = max(expertOutput, o.down.rows)
            case .attention(let o): add(o)
            case .latent(let o):
                add(o.attention)
                add(o)
            case .selectKeys(let o):
                keyDimensions = max(keyDimensions, o.dimensions)
                choosesKeys = true
            case .deltaNet(let o):
                columns = max(columns, o.keyDimensions, DeltaScratch.chunk)
                mixerFloats = max(
                    mixerFloats,
                    DeltaScratch.floats(keyDimensions: o.keyDimensions, valueDimensions: o.valueDimensions))
            }
        }
        // A shared expert's rows lie where a feed-forward block's do.
        hiddenWidth = max(hiddenWidth, sharedHidden)
        columns = max(columns, sourceWidth, hiddenWidth, expertHidden)
        planKeys = program.planKeys
    }

    private mutating func add(_ o: AttentionOperation) {
        let group = o.heads / o.kvHeads
        queries = max(queries, group, AttentionScratch.queryLimit)
        keyDimensions = max(keyDimensions, o.keyDimensions)
        valueDimensions = max(valueDimensions, o.valueDimensions)
        partialWidth = max(partialWidth, o.kvHeads * (o.valueDimensions + 2))
    }

    private mutating func add(_ o: LatentOperation) {
        for weight in [o.keys, o.values] {
            columns = max(columns, weight.columns)
            if weight.quantized { headColumns = max(headColumns, weight.columns) }
        }
        keyDimensions = max(keyDimensions, o.expandedDimensions)
        latent.add(o)
    }

    /// int8 rows exist only at whole blocks; widths in between belong to float products.
    static func quantizedBytes(_ width: Int) -> Int { sw_q8_row_bytes((width + 31) / 32 * 32) }
}

/// An executor's memory, laid out.
struct ExecutorSections {
    private var planner = SectionPlanner()
    private let rows: Int
    private let threads: Int
    private let offsets: [String: Int]
    private let localBytes: Int
    private let localOffsets: [String: Int]
    private let buffersOffset: Int
    private let ropeOffsets: [Int]

    var byteCount: Int { planner.byteCount }

    /// Stands for "no blocks" before the first batch.
    let noBlocks = UnsafePointer<AttentionBlock>(bitPattern: MemoryLayout<AttentionBlock>.alignment)!

    init(
        _ shape: ProgramShape, _ program: Program, rows: Int, threads: Int, contextLength: Int,
        blasPanel: Bool
    ) {
        self.rows = rows
        self.threads = threads
        var planner = SectionPlanner()
        var offsets: [String: Int] = [:]
        let slots = rows * max(1, shape.usedExperts)
        let rowBytes = ProgramShape.quantizedBytes(shape.sourceWidth)
        offsets["tokens"] = planner.add(bytes: rows * 4)
        offsets["positions"] = planner.add(bytes: rows * 4)
        offsets["rowSequence"] = planner.add(bytes: rows * 4)
        offsets["outputRows"] = planner.add(bytes: rows * 4)
        offsets["sequences"] = planner.add(bytes: rows * MemoryLayout<UnsafeMutableRawPointer>.stride)
        offsets["segments"] = planner.add(bytes: rows * MemoryLayout<Segment>.stride)
        offsets["stateSlots"] = planner.add(bytes: rows * MemoryLayout<UnsafeMutableRawPointer>.stride)
        offsets["hiddenRows"] = planner.add(floats: rows * program.inputWidth)
        offsets["keyScores"] = planner.add(
            floats: shape.choosesKeys ? SelectionScratch.rowGroup * contextLength : 0)
        offsets["logits"] = planner.add(floats: rows * program.vocabularySize)
        offsets["preparedFloats"] = planner.add(floats: rows * shape.sourceWidth)
        offsets["preparedBytes"] = planner.add(bytes: rows * rowBytes)
        offsets["hidden"] = planner.add(floats: rows * shape.hiddenWidth)
        offsets["hiddenBytes"] = planner.add(bytes: rows * ProgramShape.quantizedBytes(shape.hiddenWidth))
        offsets["expertLogits"] = planner.add(floats: rows * shape.expertCount)
        let chosen = max(rows, threads) * max(1, shape.usedExperts)
        offsets["expertChosen"] = planner.add(bytes: chosen * 4)
        offsets["expertWeights"] = planner.add(bytes: chosen * 4)
        offsets["expertStarts"] = planner.add(bytes: (shape.expertCount + 1) * 4)
        offsets["expertSlotRows"] = planner.add(bytes: slots * 4)
        offsets["expertSlotWeights"] = planner.add(bytes: slots * 4)
        offsets["expertWanted"] = planner.add(bytes: shape.expertCount * 4)
        offsets["expertWantedUses"] = planner.add(bytes: shape.expertCount * 4)
        offsets["sharedScales"] = planner.add(floats: rows)
        offsets["expertSlotOf"] = planner.add(bytes: slots * 4)
        offsets["expertHidden"] = planner.add(floats: slots * shape.expertHidden)
        offsets["expertHiddenBytes"] = planner.add(
            bytes: shape.expertHidden == 0 ? 0 : slots * ProgramShape.quantizedBytes(shape.expertHidden))
        offsets["expertOutputs"] = planner.add(floats: slots * shape.expertOutput)
        let latentRows = min(rows, LatentBuffers.rows)
        offsets["latentQueries"] = planner.add(floats: latentRows * shape.latent.queryWidth)
        offsets["latentResults"] = planner.add(floats: latentRows * shape.latent.resultWidth)
        self.offsets = offsets
        buffersOffset = planner.add(floats: rows * program.floatsPerRow)
        ropeOffsets = program.ropes.map { planner.add(floats: rows * $0.frequencies.count * 2) }

        var local = SectionPlanner()
        var localOffsets: [String: Int] = [:]
        localOffsets["floats"] = local.add(floats: shape.sourceWidth)
        localOffsets["bytes"] = local.add(bytes: rowBytes)
        localOffsets["hiddenBytes"] = local.add(
            bytes: max(
                ProgramShape.quantizedBytes(shape.hiddenWidth),
                shape.usedExperts * ProgramShape.quantizedBytes(max(1, shape.expertHidden))
                    + ProgramShape.quantizedBytes(shape.sharedHidden)))
        localOffsets["headBytes"] = local.add(
            bytes: shape.headColumns == 0
                ? 0 : min(rows, LatentBuffers.rows) * ProgramShape.quantizedBytes(shape.headColumns))
        localOffsets["results"] = local.add(
            floats: max(
                2 * rows * Run.blockRows, 4 * Run.chunkBytes.upperBound / 16, 4 * shape.expertCount,
                shape.sourceWidth))
        if blasPanel { localOffsets["panel"] = local.add(floats: Run.blockRows * shape.columns) }
        localOffsets["gemm"] = local.add(bytes: sw_gemm_scratch((shape.columns + 255) / 256 * 256))
        let queries = shape.queries
        localOffsets["queries"] = local.add(floats: queries * shape.keyDimensions)
        localOffsets["accumulators"] = local.add(floats: queries * shape.valueDimensions)
        localOffsets["maxima"] = local.add(floats: queries)
        localOffsets["sums"] = local.add(floats: queries)
        localOffsets["first"] = local.add(bytes: queries * 4)
        localOffsets["last"] = local.add(bytes: queries * 4)
        localOffsets["products"] = local.add(floats: shape.choosesKeys ? SelectionScratch.keyBlock : 0)
        localOffsets["digits"] = local.add(bytes: shape.choosesKeys ? 256 * 4 : 0)
        localOffsets["chosenKeys"] = local.add(
            floats: shape.choosesKeys ? AttentionScratch.keyBlock * shape.keyDimensions : 0)
        shape.latent.addSections(rows: rows, to: &local, &localOffsets)
        localOffsets["mixer"] = local.add(floats: shape.mixerFloats)
        localOffsets["kernel"] = local.add(floats: sw_attention_scratch(queries, AttentionScratch.keyBlock))
        self.localOffsets = localOffsets
        // Threads on pages of their own, so that first touch places them.
        localBytes = (local.byteCount + 4095) & ~4095
        self.localStart = planner.add(bytes: localBytes * threads + 4096)
        self.planner = planner
    }

    private let localStart: Int

    /// The run that works in `memory`.
    func bind(
        _ memory: Arena, _ program: Program, _ shape: ProgramShape, _ tables: ProgramMemory,
        _ layout: CacheLayout
    ) -> Run {
        func raw(_ name: String) -> UnsafeMutableRawPointer { memory.base + offsets[name]! }
        func floats(_ name: String) -> UnsafeMutablePointer<Float> {
            raw(name).assumingMemoryBound(to: Float.self)
        }
        func integers(_ name: String) -> UnsafeMutablePointer<Int32> {
            raw(name).assumingMemoryBound(to: Int32.self)
        }
        let bufferBase = (memory.base + buffersOffset).assumingMemoryBound(to: Float.self)
        let ropes = zip(program.ropes, ropeOffsets).map { rope, offset in
            let cosines = (memory.base + offset).assumingMemoryBound(to: Float.self)
            return RopeTable(
                frequencies: tables.store(rope.frequencies(contextLength: layout.contextLength)),
                half: rope.frequencies.count,
                magnitude: rope.magnitude,
                cosines: cosines, sines: cosines + rows * rope.frequencies.count)
        }
        let firstLocal = (UInt(bitPattern: memory.base + localStart) + 4095) & ~4095
        let locals = (0..<threads).map { thread -> LocalScratch in
            let base = UnsafeMutableRawPointer(bitPattern: firstLocal + UInt(thread * localBytes))!
            func raw(_ name: String) -> UnsafeMutableRawPointer { base + localOffsets[name]! }
            func floats(_ name: String) -> UnsafeMutablePointer<Float> {
                raw(name).assumingMemoryBound(to: Float.self)
            }
            return LocalScratch(
                floats: floats("floats"), bytes: raw("bytes"), hiddenBytes: raw("hiddenBytes"),
                headBytes: raw("headBytes"), results: floats("results"), gemm: raw("gemm"),
                panel: localOffsets["panel"].map { (base + $0).assumingMemoryBound(to: Float.self) },
                attention: AttentionScratch(
                    queries: floats("queries"), accumulators: floats("accumulators"),
                    maxima: floats("maxima"),
                    sums: floats("sums"), first: raw("first").assumingMemoryBound(to: Int32.self),
                    last: raw("last").assumingMemoryBound(to: Int32.self), kernel: floats("kernel")),
                latent: LatentScratch(
                    turned: raw("latentTurned"), compressed: floats("latentCompressed"),
                    bytes: raw("latentBytes"), keys: floats("latentKeys"), values: floats("latentValues"),
                    maxima: floats("latentMaxima"), sums: floats("latentSums"),
                    accumulators: floats("latentAccumulators")),
                mixer: floats("mixer"),
                selection: SelectionScratch(
                    products: floats("products"),
                    digits: raw("digits").assumingMemoryBound(to: Int32.self), keys: raw("chosenKeys")))
        }
        let none = floats("logits")
        return Run(
            operations: program.operations, operationCount: program.operationCount,
            kernels: sw_kernels_active(),
            tokens: integers("tokens"), positions: integers("positions"),
            rowSequence: integers("rowSequence"),
            sequences: raw("sequences").assumingMemoryBound(
                to: UnsafeMutablePointer<UnsafeMutableRawPointer>.self),
            segments: raw("segments").assumingMemoryBound(to: Segment.self),
            stateSlots: raw("stateSlots").assumingMemoryBound(to: UnsafeMutableRawPointer.self),
            hiddenRows: floats("hiddenRows"),
            outputRows: integers("outputRows"), logits: floats("logits"),
            buffers: tables.store(program.bufferOffsets.map { bufferBase + $0 * rows }),
            widths: tables.store(program.bufferWidths), preparedFloats: floats("preparedFloats"),
            preparedBytes: raw("preparedBytes"), hidden: floats("hidden"), hiddenBytes: raw("hiddenBytes"),
            expert: ExpertScratch(
                logits: floats("expertLogits"), chosen: integers("expertChosen"),
                weights: floats("expertWeights"),
                starts: integers("expertStarts"), slotRows: integers("expertSlotRows"),
                slotWeights: floats("expertSlotWeights"), sharedScales: floats("sharedScales"),
                slotOf: integers("expertSlotOf"), wanted: integers("expertWanted"),
                wantedUses: integers("expertWantedUses"), hidden: floats("expertHidden"),
                hiddenBytes: raw("expertHiddenBytes"), outputs: floats("expertOutputs"),
                popularity: UnsafeMutablePointer(bitPattern: 8)!),
            ropes: tables.store(ropes), ropeCount: ropes.count, cacheLayers: tables.store(layout.layers),
            stateLayers: tables.store(layout.states), keyScores: floats("keyScores"),
            keyScoreStride: layout.contextLength,
            plans: UnsafeMutablePointer(bitPattern: 8)!, partials: none,
            latent: LatentBuffers(queries: floats("latentQueries"), results: floats("latentResults")),
            locals: tables.store(locals), dump: nil)
    }
}
