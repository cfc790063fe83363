import Experts
import GGUF
import Testing

@Suite struct PlanTests {
    /// Ten layers of 64 experts of 1 MB, four used; 100 MB dense.
    private let footprint = ModelFootprint(
        denseBytes: 100_000_000, rowTableBytes: 20_000_000,
        expertLayers: Array(
            repeating: ModelFootprint.ExpertLayer(experts: 64, used: 4, bytesPerExpert: 1_000_000), count: 10),
        cacheBytesPerToken: 10_000, stateBytesPerSequence: 1_000_000, scratchBytes: 30_000_000,
        int8OperationsPerToken: 2e9)
    private let rates = MachineRates(readBandwidth: 30e9, int8Rate: 900e9, diskBandwidth: 2e9)

    private func planned(
        _ bytes: Int, _ request: MemoryPlan.Request = .auto, popularity: [[Int64]]? = nil
    ) throws(PlanError) -> MemoryPlan {
        try MemoryPlan.make(
            footprint, budget: MemoryBudget(bytes: bytes), request: request, positions: 1000, sequences: 2,
            rates: rates, popularity: popularity)
    }

    // 2 x (1000 x 10 kB + 1 MB)
    private let fixed = 22_000_000 + 30_000_000

    @Test func everythingFits() throws {
        let plan = try planned(fixed + 120_000_000 + 640_000_000)
        #expect(plan.mode == .resident && plan.expectedHitRate == 1 && plan.diskBytesPerToken == 0)
        #expect(plan.totalBytes == fixed + 760_000_000)
        #expect(plan.bytesPerToken == 140_000_000)
        #expect(plan.limit == .memoryBandwidth)
        #expect(abs((plan.expectedRate ?? 0) - 30e9 / 140e6) < 1e-6)
    }

    @Test func oneByteLessIsStreamed() throws {
        let plan = try planned(fixed + 760_000_000 - 1)
        #expect(plan.mode == .streamed)
        #expect(plan.totalBytes <= plan.budget.bytes)
        #expect(throws: PlanError.doesNotFit(bytes: plan.budget.bytes, needed: fixed + 760_000_000)) {
            try planned(plan.budget.bytes, .resident)
        }
    }

    @Test func poolTakesWhatIsLeft() throws {
        let plan = try planned(fixed + 100_000_000 + 8_000_000 + 320_000_000)
        #expect(plan.poolBytes == 328_000_000 && plan.transientBytes == 8_000_000)
        #expect(plan.slots == 320 && plan.expectedHitRate == 0.5 && !plan.hitRateIsTraced)
        #expect(plan.diskBytesPerToken == 20_000_000)
        #expect(plan.limit == .disk)
        // 140 MB from memory, 20 MB from disk, of which the products of the 20 MB that hit overlap.
        let seconds = 140e6 / 30e9 + 20e6 / 2e9 - 20e6 / 30e9
        #expect(abs((plan.expectedRate ?? 0) * seconds - 1) < 1e-9)
    }

    @Test func tracesRaiseTheHitRate() throws {
        // In every layer half of the experts take nine tenths of the tokens.
        let layer = (0..<64).map { Int64($0 < 32 ? 90 : 10) }
        let traced = try planned(
            fixed + 428_000_000, popularity: Array(repeating: layer, count: 10))
        #expect(traced.hitRateIsTraced && abs(traced.expectedHitRate - 0.9) < 1e-12)
        // Counters of another model are not used.
        let other = try planned(fixed + 428_000_000, popularity: [[1, 2, 3]])
        #expect(!other.hitRateIsTraced && other.expectedHitRate == 0.5)
    }

    @Test func tooSmallNamesTheSmallest() throws {
        // One token's experts are 40 MB, and prompts go through eight slots.
        let smallest = fixed + 100_000_000 + 48_000_000
        #expect(throws: PlanError.budgetTooSmall(bytes: smallest - 1, smallest: smallest)) {
            try planned(smallest - 1)
        }
        let plan = try planned(smallest)
        #expect(plan.slots == 40 && plan.smallestBudget == smallest)
        let text = PlanError.budgetTooSmall(bytes: 1, smallest: smallest).description
        let size = text.split(separator: "--expert-memory ").last?.split(separator: ",").first ?? ""
        #expect(ByteSize.parse(String(size)) ?? 0 >= smallest)
    }

    @Test func denseModelsAreMapped() throws {
        let dense = ModelFootprint(denseBytes: 1_000_000_000)
        let plan = try MemoryPlan.make(
            dense, budget: MemoryBudget(bytes: 500_000_000), positions: 0, rates: rates)
        #expect(plan.mode == .mapped && plan.diskBytesPerToken == 500_000_000 && plan.limit == .disk)
        #expect(throws: PlanError.nothingToStream) {
            try MemoryPlan.make(
                dense, budget: MemoryBudget(bytes: 1 << 40), request: .streamed, positions: 0)
        }
    }

    @Test func streamingWhatFitsHoldsEverything() throws {
        let plan = try planned(1 << 40, .streamed)
        #expect(plan.slots == 640 && plan.expectedHitRate == 1 && plan.diskBytesPerToken == 0)
    }

    /// Types whose products are slower than memory count by their own rate, and the cores are named.
    @Test func slowProductsAreCounted() throws {
        var known = ModelFootprint(denseBytes: 60_000_000, int8OperationsPerToken: 3e9, outputOperations: 1e9)
        known.work = [
            .q2_K: ProductWork(bytes: 20e6, rows: 1000, operations: 1e9),
            .q8_0: ProductWork(bytes: 30e6, operations: 1e9, outputOperations: 1e9),
        ]
        var rates = rates
        rates.products = [
            .q2_K: ProductRate(bandwidth: 20e9, rowSeconds: 1e-6, operations: 100e9),
            .q8_0: ProductRate(bandwidth: 50e9, operations: 200e9),
        ]
        // 20 MB at 20 GB/s and 1000 rows of 1 us, 30 MB at memory's 30 and not at 50, 10 MB of no known type at 30.
        #expect(abs(known.weightSeconds(rates) - (2e-3 + 1e-3 + 1e-3 / 3)) < 1e-12)
        // The output matrix once, the rest for every token.
        #expect(abs(known.promptProductSeconds(10, rates) - (10e9 / 100e9 + 11e9 / 200e9)) < 1e-12)
        func plan(_ rates: MachineRates) throws -> MemoryPlan {
            try MemoryPlan.make(
                known, budget: MemoryBudget(bytes: 1 << 30), positions: 0, rates: rates)
        }
        let slow = try plan(rates)
        #expect(slow.limit == .compute && abs((slow.expectedRate ?? 0) - 300) < 1e-6)
        #expect(slow.lines.contains { $0.contains("bounded by the cores") })
        rates.products = [:]
        let plain = try plan(rates)
        #expect(plain.limit == .memoryBandwidth && abs((plain.expectedRate ?? 0) - 500) < 1e-6)
        #expect(abs(known.promptProductSeconds(10, rates) - 21e9 / 900e9) < 1e-12)
    }

    @Test func promptsAreBoundByWhatIsSlower() throws {
        let fits = try planned(1 << 40)
        #expect(fits.promptSeconds(450, batchLength: 512, footprint, rates) == 1)
        let half = try planned(fixed + 428_000_000)
        // Two batches read the 320 MB that are missing.
        let seconds =
            half.promptSeconds(
                1024, batchLength: 512, footprint,
                MachineRates(
                    readBandwidth: 1, int8Rate: 1e15, diskBandwidth: 1e6)) ?? 0
        #expect(abs(seconds - 640) < 1e-6)
    }

    @Test(arguments: [
        ("1.4G", 1_400_000_000), ("512M", 512_000_000), ("2Gi", 2_147_483_648), ("100", 100),
        ("3kB", 3000), ("1T", 1_000_000_000_000),
    ])
    func sizesAreRead(text: String, bytes: Int) { #expect(ByteSize.parse(text) == bytes) }

    @Test(arguments: ["", "G", "-1G", "1.4X", "1e9", "0", "nan", "1i", "1 G", "99999999T"])
    func nonsenseIsNoSize(text: String) { #expect(ByteSize.parse(text) == nil) }
}
