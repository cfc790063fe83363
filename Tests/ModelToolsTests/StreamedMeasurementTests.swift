import Compute
import ModelTools
import Swinfer
import Testing

/// A model whose experts come from disk is measured as one that is in memory.
@Suite struct StreamedMeasurementTests {
    private func load(_ mode: MemoryPlan.Request, batch: Int) async throws -> Model {
        var options = ModelOptions()
        options.contextLength = 64
        options.batchLength = batch
        options.loadMode = mode
        options.keepsExpertCounts = false
        return try await Model.load(path: BuiltInModel.path(), options: options)
    }

    @Test func importancesAndPerplexityAreTheSame() async throws {
        let resident = try await load(.resident, batch: 64)
        let streamed = try await load(.streamed, batch: 64)
        #expect(streamed.plan.mode == .streamed)
        let windows = try TextWindows(story, model: resident, length: 64, limit: 3)
        let expected = try await windows.importance(of: resident, includesOutput: true)
        let found = try await windows.importance(of: streamed, includesOutput: true)
        #expect(found.map(\.name) == expected.map(\.name) && expected.count > 20)
        for (found, expected) in zip(found, expected) {
            #expect(found.squares == expected.squares && found.counts == expected.counts, "\(found.name)")
        }
        let plain = try await windows.perplexity(of: resident)
        #expect(try await windows.perplexity(of: streamed).value == plain.value)
    }

    /// A batch takes more windows than the streamed model's cache holds.
    @Test func windowsGoOneAfterTheOtherWhereTheCacheIsSmall() async throws {
        let model = try await load(.streamed, batch: 512)
        let windows = try TextWindows(story, model: model, length: 64, limit: 3)
        let sums = try await windows.importance(of: model)
        let query = try #require(sums.first { $0.name == "blk.0.attn_q.weight" })
        #expect(query.counts == [3 * 64])
    }
}
