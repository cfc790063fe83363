/// The models of models.txt.
public struct ModelCatalog: Sendable {
    public let models: [ModelShape]

    /// The file that comes with the package.
    public static func builtIn() throws(DataFileError) -> ModelCatalog {
        try ModelCatalog(
            text: String(decoding: PackageResources.models_txt, as: UTF8.self), file: "models.txt")
    }

    /// Parses the format that models.txt describes in its own comments.
    ///
    /// - Throws: `DataFileError` with line and column of the first fault.
    public init(text: String, file: String) throws(DataFileError) {
        var models: [ModelShape] = []
        var lines: [String: Int] = [:]
        for var line in DataLine.all(in: text, file: file) {
            let model = try ModelShape(&line)
            if let first = lines.updateValue(line.number, forKey: model.name) {
                throw DataFileError(
                    file: file, line: line.number, column: 1,
                    reason: "'\(model.name)' is in line \(first) already: give it another name")
            }
            models.append(model)
        }
        self.models = models
    }

    public init(_ models: [ModelShape]) { self.models = models }

    /// The model of a name, upper and lower case being the same.
    public func model(named name: String) -> ModelShape? {
        let wanted = name.lowercased()
        return models.first { $0.name == wanted }
    }

    /// The model whose files lie in a repository (`OWNER/REPO`).
    public func model(inRepository repository: String) -> ModelShape? {
        let wanted = repository.lowercased()
        return models.first { $0.repository?.lowercased() == wanted }
    }

    /// Names that hold the text somewhere, for a wrong name's error.
    public func names(like text: String) -> [String] {
        let wanted = text.lowercased()
        let parts = wanted.split { !$0.isLetter && !$0.isNumber }
        return models.map(\.name).filter { name in
            name.contains(wanted) || (parts.count > 1 && parts.allSatisfy { name.contains($0) })
        }
    }

    /// These models, and others that replace those of the same name.
    public func merging(_ other: ModelCatalog) -> ModelCatalog {
        let names = Set(other.models.map(\.name))
        return ModelCatalog(models.filter { !names.contains($0.name) } + other.models)
    }
}
