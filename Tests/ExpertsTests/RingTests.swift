import Compute
import Experts
import GGUF
import Testing

@Suite struct RingTests {
    /// Every kernel refuses a ring of more than 32,768 entries, as some refuse any.
    @Test func aRingThatIsNotOfferedIsRefused() throws {
        let file = try GGUFFile(path: StreamedModel.path("qwen3moe"))
        let error = #expect(throws: ComputeError.self) {
            try FileReader(file, method: .ring, depth: 40_000)
        }
        #expect(error?.description.contains("io_uring") == true)
        #expect(try FileReader(file, depth: 40_000).method == .threads)
    }

    /// The kernel refuses calls from some moment on, as a filter that is set up late would make it.
    @Test(.enabled(if: FileReader.offersRing)) func readsGoOnWithoutTheRing() throws {
        let file = try GGUFFile(path: StreamedModel.path("qwen3moe"))
        let plain = try StreamedModel.resident(file)
        let vocabulary = plain.program.vocabularySize
        let expected = try StreamedModel.run(plain, vocabulary: vocabulary)
        let model = try StreamedModel(file, pool: 0, method: .ring)
        #expect(try StreamedModel.run(model.executor, vocabulary: vocabulary) == expected)
        let before = model.scheduler.store.costs.bytesRead
        model.scheduler.store.reader.breakRing()
        for _ in 0..<2 {
            #expect(try StreamedModel.run(model.executor, vocabulary: vocabulary) == expected)
        }
        #expect(model.scheduler.store.costs.bytesRead > before)
    }

    /// More reads at once than the kernel is given.
    @Test(.enabled(if: FileReader.offersRing)) func manyReadsAtOnceAreAllDone() throws {
        let file = try GGUFFile(path: StreamedModel.path("qwen3moe"))
        for direct in [true, false] {
            let reader = try FileReader(file, method: .ring, direct: direct)
            #expect(try reader.measureBandwidth(byteCount: 1 << 30) > 0)
        }
    }

    @Test func whatIsOfferedIsUsed() throws {
        let file = try GGUFFile(path: StreamedModel.path("qwen3moe"))
        let method = try FileReader(file).method
        #expect(method == .threads || FileReader.offersRing)
        // Files that are read through the page cache are copied by several threads.
        #expect(try FileReader(file, direct: false).method == .threads)
        #expect(try FileReader(file, method: .threads).method == .threads)
    }
}
