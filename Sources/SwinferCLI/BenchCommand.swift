import ArgumentParser
import Experts
import Foundation
import Planner
import Swinfer

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures tokens per second, and the share of this machine's limits that they reach.",
        discussion: """
            Prompt tests (pp) read tokens in batches, generation tests (tg) one by one. Each runs \
            once to warm up and then -r times. -p, -n, -d, -t and -ctk take lists (512,1024) and \
            ranges: 1-4, 128-1024+128, 512-4096*2. --report writes a page with charts.

            Examples:
              swinfer bench
              swinfer bench -m model.gguf -p 512 -n 128 -r 5
              swinfer bench -m model.gguf -p 0 -n 64 -d 0,1024-8192*2 -o jsonl
              swinfer bench -m model.gguf -d 0,4096 -t 1-8*2 --report out.html
            """)

    @OptionGroup(title: "Model") var model: ModelArguments

    @Option(
        name: [.customShort("p"), .customLong("n-prompt")],
        help: ArgumentHelp("Prompt lengths to measure; 0: none.", valueName: "n,..."))
    var promptLengths = IntegerList([512])

    @Option(
        name: [.customShort("n"), .customLong("n-gen")],
        help: ArgumentHelp("Numbers of tokens to generate; 0: none.", valueName: "n,..."))
    var generationLengths = IntegerList([128])

    @Option(
        name: [.customShort("d"), .customLong("n-depth")],
        help: ArgumentHelp("Tokens in the context before measuring.", valueName: "n,..."))
    var depths = IntegerList([0])

    @Option(
        help: ArgumentHelp(
            "Sequences that run at once in shared batches; rates are those of all together.",
            valueName: "n,..."))
    var sequences = IntegerList([1])

    @Option(
        name: [.customShort("r"), .long], help: ArgumentHelp("Repetitions of each test.", valueName: "n"))
    var repetitions = 5

    @Option(name: [.customShort("o"), .long], help: "How to print the results.")
    var output = BenchmarkFormat.md

    @Option(
        help: ArgumentHelp(
            "Also write a report: a page with charts (.html), or Markdown for an issue (.md). May be repeated.",
            valueName: "file"))
    var report: [String] = []

    @Flag(help: "Measure without a warm-up run.")
    var noWarmup = false

    @Flag(
        help: ArgumentHelp(
            "Wait for a line on standard input before each repetition and print a row after it, so that another program can take turns on the same machine."
        ))
    var takeTurns = false

    @Flag(help: "Measure the products of every weight type instead of a model's speed.")
    var kernels = false

    func validate() throws {
        if !(1...1000).contains(repetitions) {
            throw ValidationError("--repetitions \(repetitions) is outside 1...1000")
        }
        if let wrong = model.threadList?.values.first(where: { !(1...1024).contains($0) }) {
            throw ValidationError("--threads \(wrong) is outside 1...1024")
        }
        for path in report where !path.lowercased().hasSuffix(".html") && !path.lowercased().hasSuffix(".md")
        {
            throw ValidationError("--report \(path): the name must end in .html or .md")
        }
        if sequences.values.contains(where: { !(1...512).contains($0) }) {
            throw ValidationError("--sequences takes numbers of 1...512")
        }
        if takeTurns && output != .jsonl {
            throw ValidationError("--take-turns prints rows of -o jsonl only")
        }
        if tests.isEmpty { throw ValidationError("nothing to measure: -p and -n are both 0") }
    }

    private func kernelTable(_ rows: [KernelBenchmark], _ limits: BenchmarkLimits, _ threads: Int) -> String {
        var text =
            "| type | bits | GB/s in cache, 1 thread | GB/s from memory | of bandwidth | GOP/s at 512 columns | of int8 peak |\n"
        text += "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        for row in rows {
            let share =
                row.quantized && limits.int8Rate > 0
                ? String(format: "%.0f %%", row.panelRate / limits.int8Rate * 100) : "-"
            text += String(
                format: "| %@ | %.2f | %.1f | %.1f | %.0f %% | %.0f | %@ |\n", row.type, row.bitsPerWeight,
                row.cachedBandwidth / 1e9, row.memoryBandwidth / 1e9,
                row.memoryBandwidth / limits.readBandwidth * 100, row.panelRate / 1e9, share)
        }
        return text
            + String(
                format:
                    "\nThis machine's limits, measured with %d threads: reads %.1f GB/s, %.0f int8 GOP/s\n",
                threads, limits.readBandwidth / 1e9, limits.int8Rate / 1e9)
    }

    private var tests: [BenchmarkTest] {
        depths.values.flatMap { depth in
            sequences.values.flatMap { count in
                promptLengths.values.filter { $0 > 0 }.map {
                    BenchmarkTest(promptTokens: $0, generatedTokens: 0, depth: depth, sequences: count)
                }
                    + generationLengths.values.filter { $0 > 0 }.map {
                        BenchmarkTest(promptTokens: 0, generatedTokens: $0, depth: depth, sequences: count)
                    }
            }
        }
    }

    func run() async throws {
        let path = try model.path()
        let machine = ThisMachine.detect()
        var loaded = try await variants[0].load()
        defer { loaded.saveExpertCounts() }
        var limits = try await loaded.measureLimits()
        if kernels {
            try Terminal.write(
                kernelTable(try await loaded.measureKernels(), limits, loaded.information.threads))
            return
        }
        let facts = BenchmarkFacts(path: path, model: loaded, arguments: variants[0])
        var printer = BenchmarkPrinter(format: output, facts: facts)
        var page = BenchmarkReport(path: path, loaded.information, on: machine)
        try Terminal.write(printer.header())
        for (index, variant) in variants.enumerated() {
            if index > 0 {
                loaded = try await variant.load()
                if variant.threads != variants[index - 1].threads {
                    limits = try await loaded.measureLimits()
                }
                printer.facts = BenchmarkFacts(path: path, model: loaded, arguments: variant)
            }
            if takeTurns {
                try await self.takeTurns(loaded, &printer)
                continue
            }
            for test in tests {
                let result = try await loaded.benchmark(test, repetitions: repetitions, warmUp: !noWarmup)
                // Shared machines change under a measurement: what held before and after it counts, where
                // measuring once more does not take the memory that a budget leaves.
                let after = loaded.plan.mode == .resident ? try await loaded.measureLimits() : limits
                let around = limits.mean(with: after)
                limits = after
                try Terminal.write(printer.row(result, around))
                page.add(
                    BenchmarkReport.Row(
                        result: result, threads: loaded.information.threads,
                        keyType: variant.keyCacheType.rawValue, valueType: variant.valueCacheType.rawValue,
                        limits: around, hitRate: result.experts?.hitRate))
            }
        }
        try Terminal.write(printer.footer())
        for path in report { try page.write(to: path) }
    }

    /// One repetition of every test for each line of standard input, until it ends.
    private func takeTurns(_ model: Model, _ printer: inout BenchmarkPrinter) async throws {
        if !noWarmup {
            for test in tests { _ = try await model.benchmark(test, repetitions: 1, warmUp: false) }
        }
        var next = 0
        var limits = try await model.measureLimits()
        while readLine() != nil {
            if model.plan.mode == .resident { limits = try await model.measureLimits() }
            let result = try await model.benchmark(tests[next], repetitions: 1, warmUp: false)
            try Terminal.write(printer.row(result, limits))
            next = (next + 1) % tests.count
        }
    }

    /// The model's arguments with each combination of threads and key types.
    private var variants: [ModelArguments] {
        let threads = model.threadList?.values.map { IntegerList([$0]) } ?? []
        let types = model.keyCacheList?.values.map { CacheTypeList([$0]) } ?? []
        var result = [model]
        if !threads.isEmpty {
            result = threads.map { list in
                var copy = model
                copy.threadList = list
                return copy
            }
        }
        guard !types.isEmpty else { return result }
        return result.flatMap { variant in
            types.map { list in
                var copy = variant
                copy.keyCacheList = list
                return copy
            }
        }
    }
}

enum BenchmarkFormat: String, ExpressibleByArgument, CaseIterable { case md, csv, json, jsonl }
