import ArgumentParser
import Download
import Experts
import Foundation
import Planner

struct PullCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Downloads a model, all its files, after telling whether it will run here.",
        discussion: """
            WHAT is a name of models.txt with an optional quantization (qwen3-30b-a3b:Q4_K_M), \
            hf:OWNER/REPO:QUANT, or the address of a GGUF file. A download that stops goes on where it \
            was when the command is given again. Files are checked against the SHA-256 that the hub \
            publishes. HF_TOKEN is sent where a model needs one; HF_ENDPOINT names a mirror. Ctrl-C keeps \
            what has come.

            Examples:
              swinfer pull qwen3-0.6b:Q8_0
              swinfer pull hf:unsloth/Qwen3-30B-A3B-GGUF:Q4_K_M -o models
              swinfer pull https://example.org/model-00001-of-00002.gguf
            """)

    @Argument(help: "NAME[:QUANT], hf:OWNER/REPO[:QUANT], or an address.")
    var what: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Folder for the files. Default: the current one.", valueName: "folder"))
    var output = "."

    @Option(
        name: [.customShort("c"), .customLong("ctx-size")],
        help: ArgumentHelp("Tokens of context for the verdict.", valueName: "n"))
    var context = 8192

    @Option(
        name: .customLong("models"),
        help: ArgumentHelp("More models, in the form of models.txt.", valueName: "file"))
    var modelsFile: String?

    @Option(
        help: ArgumentHelp(
            "Times that a broken connection is tried again in a row without a byte arriving.", valueName: "n")
    )
    var retry = 4

    @Flag(help: "Download also when the model does not fit into this machine's memory.")
    var force = false

    @Flag(help: "Tell what would be downloaded and whether it runs here, and stop.")
    var dryRun = false

    func validate() throws {
        if !(0...100).contains(retry) { throw ValidationError("--retry \(retry) is outside 0...100") }
    }

    func run() async throws {
        let command = self
        try await interruptible {
            do { try await command.pull() } catch DownloadError.cancelled {
                Terminal.note(DownloadError.cancelled.description)
                throw CancellationError()
            }
        }
    }

    private func pull() async throws {
        let catalog = try PlannerFiles.models(modelsFile)
        let environment = ProcessInfo.processInfo.environment
        let token = environment["HF_TOKEN"] ?? environment["HUGGING_FACE_HUB_TOKEN"]
        let client = WebClient(token: token.flatMap { $0.isEmpty ? nil : $0 })
        let endpoint =
            environment["HF_ENDPOINT"].flatMap { $0.isEmpty ? nil : $0 } ?? "https://huggingface.co"
        let request = try PullRequest(what, catalog)
        let files = try await request.files(Hub(endpoint: endpoint, client: client), client)
        let folder = URL(fileURLWithPath: output, isDirectory: true)
        do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
            throw CommandError("\(output): cannot make the folder: \(error.localizedDescription)")
        }
        let downloads = files.map {
            FileDownload(
                $0, path: folder.appendingPathComponent($0.name).path, client: client, attempts: retry + 1)
        }
        try checkDisk(downloads, folder.path)
        try tellVerdict(request, files)
        if dryRun {
            for file in files {
                try Terminal.write("\(file.name)\t\(file.size.map(String.init) ?? "-")\t\(file.url)\n")
            }
            return
        }
        let meter = PullMeter(downloads)
        for (index, download) in downloads.enumerated() {
            meter.begin(index)
            defer { meter.end() }
            try await download.run { meter.update($0, $1) }
        }
        try Terminal.write((downloads.first?.path ?? "") + "\n")
    }

    private func checkDisk(_ downloads: [FileDownload], _ folder: String) throws {
        guard let free = DiskSpace.freeBytes(folder) else { return }
        let missing = downloads.reduce(0) { sum, download in
            download.isComplete ? sum : sum + max(0, (download.file.size ?? 0) - download.presentBytes)
        }
        if missing > free { throw DownloadError.diskFull(path: folder, needed: missing, free: free) }
    }

    /// The plan for this machine, or, of a model without a shape on record, of its size alone.
    private func tellVerdict(_ request: PullRequest, _ files: [RemoteFile]) throws {
        let machine = ThisMachine.detect()
        let sizes = files.compactMap(\.size)
        if sizes.count == files.count {
            let count = files.count == 1 ? "1 file" : "\(files.count) files"
            Terminal.note("\(request.title): \(count), \(ByteSize.text(sizes.reduce(0, +)))")
        }
        let verdict: Verdict
        let needed: Int
        // Speeds are not asked for here, so nothing is measured.
        let here = machine.machine(bandwidth: 0, promptRate: 0, stepSeconds: 0, disk: 0)
        guard let device = here.cpu else { return }
        if let shape = request.shape, let mix = request.mix {
            let fit = Fit(
                shape, mix, RunSettings(context: min(context, shape.context)), machine: here, device: device)
            (verdict, needed) = (fit.verdict, fit.memoryBytes)
        } else if sizes.count == files.count {
            let fit = Fit(
                model: request.title, parameters: 0, activeParameters: 0,
                footprint: ModelFootprint(denseBytes: sizes.reduce(0, +)), steps: 0, machine: here,
                device: device, context: context)
            (verdict, needed) = (fit.verdict, fit.memoryBytes)
        } else {
            return Terminal.note("the size is not known before the download; whether it runs here neither")
        }
        let words =
            switch verdict {
            case .fits: "fits"
            case .tight: "fits tightly"
            case .streamed: "does not fit; its experts will be streamed from disk"
            case .no: "does not fit"
            }
        Terminal.note(
            "this machine: \(words) (\(ByteSize.text(needed)) of memory with its cache, \(ByteSize.text(machine.budget.bytes)) usable)"
        )
        if verdict == .no, !force, !dryRun {
            throw CommandError(
                "\(request.title) does not fit into this machine's memory; take a smaller quantization (swinfer fit), or --force"
            )
        }
    }
}
