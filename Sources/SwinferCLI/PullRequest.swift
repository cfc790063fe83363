import Download
import Planner

/// What `swinfer pull` is asked for.
struct PullRequest {
    private enum Source {
        case repository(String, wanted: String)
        case address(String)
    }

    private let source: Source
    /// The shape and the mix, where they are on record.
    let shape: ModelShape?
    let mix: Mix?
    let title: String

    /// Without a quantization this one is taken.
    private static let usual = "Q4_K_M"

    init(_ text: String, _ catalog: ModelCatalog) throws {
        if text.lowercased().hasPrefix("http://") || text.lowercased().hasPrefix("https://") {
            source = .address(text)
            shape = nil
            mix = nil
            title = text
            return
        }
        let isRepository = text.hasPrefix("hf:")
        let body = isRepository ? String(text.dropFirst(3)) : text
        let parts = body.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        let name = parts[0]
        if isRepository {
            let names = name.split(separator: "/", omittingEmptySubsequences: false)
            guard names.count == 2, names.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") }) else {
                throw CommandError("'\(text)': expected hf:OWNER/REPO:QUANT")
            }
            shape = catalog.model(inRepository: name)
        } else {
            guard let known = catalog.model(named: name) else {
                let near = catalog.names(like: name)
                throw CommandError(
                    "no model of models.txt is called '\(name)'; \(near.isEmpty ? "the names: swinfer fit; others: hf:OWNER/REPO:QUANT" : "did you mean \(near.joined(separator: ", "))?")"
                )
            }
            shape = known
        }
        let wanted =
            parts.count > 1 && !parts[1].isEmpty
            ? parts[1] : (shape?.usualMixes == [.mxfp4] ? Mix.mxfp4.rawValue : Self.usual)
        guard let repository = isRepository ? name : shape?.repository else {
            throw CommandError(
                "models.txt names no repository for \(name); find one and use hf:OWNER/REPO:\(wanted)")
        }
        source = .repository(repository, wanted: wanted)
        mix = Mix(name: wanted)
        title = "\(repository):\(wanted)"
    }

    /// The files, with their sizes where the server tells them.
    func files(_ hub: Hub, _ client: WebClient) async throws -> [RemoteFile] {
        switch source {
        case .address(let address):
            var files = try RemoteFile.all(at: address)
            for index in files.indices { files[index] = try await client.describe(files[index]) }
            return files
        case .repository(let repository, let wanted):
            return try await hub.files(of: repository, wanted: wanted)
        }
    }
}
