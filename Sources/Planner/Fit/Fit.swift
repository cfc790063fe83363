public import Experts

/// How one model in one quantization runs on one machine.
public struct Fit: Sendable, Equatable {
    public var model: String
    /// Parameters in all, and those that one token uses.
    public var parameters: Int
    public var activeParameters: Int
    /// The quantization; nil for a file, whose own is taken.
    public var mix: Mix?
    public var machine: Machine
    public var device: Machine.Device
    public var context: Int
    public var verdict: Verdict
    package var footprint: ModelFootprint
    /// How memory is shared out; nil where the model does not run.
    public var plan: MemoryPlan?
    /// Tokens per second, and what bounds them; nil where the model does not run or nothing is known.
    public var decode: Double?
    public var decodeLimit: Resource?
    public var prefill: Double?
    public var prefillLimit: Resource?

    /// Bytes of the weights.
    public var weightBytes: Int { footprint.weightBytes }
    /// Bytes in memory: of a model that does not run, what it would take.
    public var memoryBytes: Int {
        plan?.totalBytes ?? footprint.weightBytes + footprint.cacheBytes(positions: context)
            + footprint.scratchBytes
    }
    /// Bytes of routed experts that stay in memory, and those that are read when they are wanted.
    public var residentExpertBytes: Int {
        plan.map { min($0.poolBytes, footprint.expertBytes) } ?? 0
    }
    public var streamedExpertBytes: Int {
        plan == nil ? 0 : max(0, footprint.expertBytes - residentExpertBytes)
    }

    /// Tokens of the prompt that the predicted prefill reads.
    public static let promptTokens = 512

    /// Plans with the loader's own planner (``MemoryPlan``): first in the machine's memory, then with the
    /// host's memory behind it, then with the disk.
    ///
    /// - Parameters:
    ///   - steps: see ``ModelShape/stepsPerToken``.
    ///   - batch: prompt tokens that go through the model together.
    package init(
        model: String, parameters: Int, activeParameters: Int, mix: Mix? = nil,
        footprint: ModelFootprint, steps: Int, machine: Machine, device: Machine.Device, context: Int,
        batch: Int = 512
    ) {
        self.model = model
        self.parameters = parameters
        self.activeParameters = activeParameters
        self.mix = mix
        self.machine = machine
        self.device = device
        self.context = context
        self.footprint = footprint
        verdict = .no
        let place = Self.place(footprint, machine, device, context)
        guard let place else { return }
        plan = place.plan
        verdict = place.verdict
        predictDecode(place, steps: steps)
        predictPrefill(place, batch: batch)
    }

    private struct Place {
        var plan: MemoryPlan
        var verdict: Verdict
        var rates: MachineRates
        /// What `rates.diskBandwidth` stands for.
        var beyond: Resource
    }

    private static func place(
        _ footprint: ModelFootprint, _ machine: Machine, _ device: Machine.Device, _ context: Int
    ) -> Place? {
        let disk = machine.rates(device, beyond: machine.diskBandwidth)
        func plan(_ bytes: Int, _ request: MemoryPlan.Request, _ rates: MachineRates) -> MemoryPlan? {
            try? MemoryPlan.make(
                footprint, budget: MemoryBudget(bytes: bytes), request: request, positions: context,
                rates: rates)
        }
        if let plan = plan(machine.usableBytes, .resident, disk) {
            let tight = plan.totalBytes > machine.usableBytes / 10 * 9
            return Place(plan: plan, verdict: tight ? .tight : .fits, rates: disk, beyond: .disk)
        }
        if let host = machine.host {
            let rates = machine.rates(device, beyond: host.bandwidth)
            let whole =
                footprint.weightBytes + footprint.cacheBytes(positions: context) + footprint.scratchBytes
            if whole <= machine.usableBytes + host.bytes,
                let plan = plan(machine.usableBytes, .auto, rates)
                    ?? plan(machine.usableBytes, .mapped, rates)
            {
                return Place(plan: plan, verdict: .streamed, rates: rates, beyond: .hostMemory)
            }
        }
        // Only experts are worth reading from a disk; a card's box caches them in the host's memory, so the
        // reads that remain are those of neither.
        let behind = machine.host?.bytes ?? 0
        return plan(machine.usableBytes + behind, .streamed, disk).map {
            Place(plan: $0, verdict: .streamed, rates: disk, beyond: .disk)
        }
    }

    private mutating func predictDecode(_ place: Place, steps: Int) {
        guard let bound = place.plan.expectedRate else { return }
        let fixed = Double(steps) * device.stepSeconds
        decode = 1 / (1 / bound + fixed)
        let slowest: Resource =
            switch place.plan.limit {
            case .disk: place.beyond
            case .compute: .compute
            case .memoryBandwidth, nil: .memoryBandwidth
            }
        decodeLimit = fixed > 1 / bound ? .steps : slowest
    }

    private mutating func predictPrefill(_ place: Place, batch: Int) {
        let tokens = Self.promptTokens
        guard let seconds = place.plan.promptSeconds(tokens, batchLength: batch, footprint, place.rates)
        else { return }
        let compute = footprint.promptProductSeconds(tokens, place.rates)
        // A batch reads all weights once, however fast it computes.
        let batches = Double((tokens + batch - 1) / batch)
        let reading = batches * Double(footprint.denseBytesPerToken + residentExpertBytes) / device.bandwidth
        prefill = Double(tokens) / max(seconds, reading)
        prefillLimit =
            reading > seconds ? .memoryBandwidth : seconds > compute * 1.0001 ? place.beyond : .compute
    }
}
