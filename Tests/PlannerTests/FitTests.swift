import Experts
import GGUF
import Planner
import Testing

@Suite struct FitTests {
    private let models: ModelCatalog
    private let machines: MachineCatalog

    init() throws {
        models = try ModelCatalog.builtIn()
        machines = try MachineCatalog.builtIn()
    }

    private func fit(
        _ name: String, _ mix: Mix?, _ machine: String, _ kind: Machine.Device.Kind? = nil, context: Int = 512
    ) throws -> Fit {
        let shape = try #require(models.model(named: name))
        let machine = try #require(machines.machine(named: machine))
        let device = try #require(machine.device(kind))
        return try #require(
            Fit.best(
                shape, RunSettings(context: context), machine: machine, device: device,
                mixes: mix.map { [$0] }))
    }

    /// What was published on Strix Halo, with the device that was used.
    @Test(arguments: [
        ("qwen3-30b-a3b", Mix.q4_K_M, Machine.Device.Kind.gpu, 86.0),
        ("qwen3-235b-a22b", .q3_K_M, .gpu, 17.2),
        ("gpt-oss-120b", .mxfp4, .gpu, 55.6), ("gpt-oss-120b", .q3_K_M, .cpu, 20.6),
        ("llama-4-scout", .q4_K_M, .gpu, 18.3), ("llama-3.3-70b", .q4_K_M, .gpu, 5.1),
        ("qwen3-next-80b-a3b", .q4_K_M, .gpu, 59), ("gemma-3-27b", .q4_0, .gpu, 11.8),
    ]) func publishedSpeeds(name: String, mix: Mix, kind: Machine.Device.Kind, published: Double) throws {
        let fit = try fit(name, mix, "framework-desktop", kind)
        let decode = try #require(fit.decode)
        #expect(abs(decode / published - 1) <= 0.25, "\(name) \(mix): \(decode), published \(published)")
        #expect(fit.verdict < .streamed)
    }

    @Test func verdicts() throws {
        #expect(try fit("qwen3-30b-a3b", .q4_K_M, "framework-desktop").verdict == .fits)
        #expect(try fit("qwen3-235b-a22b", .q3_K_M, "framework-desktop", context: 8192).verdict == .tight)
        #expect(try fit("deepseek-r1", .q4_K_M, "framework-desktop").verdict == .streamed)
        // A dense model is not worth reading from disk for every token.
        #expect(try fit("llama-3.3-70b", .q8_0, "rtx-4090").verdict == .streamed)
        #expect(try fit("deepseek-r1-distill-qwen-32b", .bf16, "rtx-4090").decodeLimit == .hostMemory)
        let none = Machine(
            name: "small", title: "Small", memoryBytes: 8 << 30, usableBytes: 6 << 30,
            cpu: Machine.Device(kind: .cpu, bandwidth: 30e9, promptRate: 5e11, stepSeconds: 0),
            diskBandwidth: 1e9)
        let shape = try #require(models.model(named: "llama-3.3-70b"))
        let fit = Fit(
            shape, .q4_K_M, RunSettings(context: 512), machine: none, device: try #require(none.cpu))
        #expect(fit.verdict == .no && fit.decode == nil && fit.memoryBytes > 42 << 30 / 2)
    }

    @Test func theLargestQuantizationThatFits() throws {
        #expect(try fit("llama-3.3-70b", nil, "framework-desktop").mix == .q8_0)
        #expect(try fit("qwen3-235b-a22b", nil, "framework-desktop", context: 8192).mix == .q3_K_M)
        // More context leaves less for weights.
        let short = try fit("qwen3-32b", nil, "rtx-4090", context: 4096)
        let long = try fit("qwen3-32b", nil, "rtx-4090", context: 32768)
        #expect(long.weightBytes < short.weightBytes)
    }

    /// The plan is the loader's.
    @Test func breakdownAddsUp() throws {
        for name in ["qwen3-30b-a3b", "deepseek-r1", "gemma-3-27b", "qwen3-next-80b-a3b"] {
            let fit = try fit(name, .q4_K_M, "framework-desktop", context: 8192)
            let plan = try #require(fit.plan)
            #expect(
                plan.denseBytes + plan.poolBytes + plan.cacheBytes + plan.scratchBytes == fit.memoryBytes)
            #expect(fit.memoryBytes <= fit.machine.usableBytes)
            #expect(fit.residentExpertBytes + fit.streamedExpertBytes == fit.footprint.expertBytes)
        }
    }

    /// Keys and values of a token, from the configurations.
    @Test(arguments: [
        ("llama-3.3-70b", 80 * 8 * 128 * 2 * 2, 0), ("deepseek-r1", 61 * 576 * 2, 0),
        ("glm-5", 78 * (576 + 128) * 2, 0),
        ("gpt-oss-120b", 18 * 8 * 64 * 2 * 2, 18 * 128 * 8 * 64 * 2 * 2),
        (
            "qwen3-next-80b-a3b", 12 * 2 * 256 * 2 * 2,
            36 * 4 * (3 * (2 * 16 + 32) * 128 + 32 * 128 * 128)
        ),
        ("gemma-3-27b", 10 * 16 * 128 * 2 * 2, 52 * 1024 * 16 * 128 * 2 * 2),
    ]) func caches(name: String, perToken: Int, state: Int) throws {
        let shape = try #require(models.model(named: name))
        let footprint = shape.footprint(in: .q4_K_M, RunSettings(context: 32768))
        #expect(footprint.cacheBytesPerToken == perToken, "\(name)")
        #expect(footprint.stateBytesPerSequence == state, "\(name)")
    }

    @Test func quantizedCachesAreSmaller() throws {
        let shape = try #require(models.model(named: "llama-3.1-8b"))
        let half = shape.footprint(in: .q4_K_M, RunSettings(context: 4096))
        let quantized = shape.footprint(
            in: .q4_K_M, RunSettings(context: 4096, keyType: .q8_0, valueType: .q8_0))
        #expect(quantized.cacheBytesPerToken * 32 == half.cacheBytesPerToken * 17)
    }
}
