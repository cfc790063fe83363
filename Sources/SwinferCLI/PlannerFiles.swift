import Foundation
import Planner

/// The model and machine lists: those of the package, and the user's own.
enum PlannerFiles {
    /// - Parameter file: one more file; without it $XDG_CONFIG_HOME/swinfer/models.txt, where there is one.
    static func models(_ file: String?) throws -> ModelCatalog {
        let known = try ModelCatalog.builtIn()
        guard let (text, path) = try own(file, "models.txt") else { return known }
        return known.merging(try ModelCatalog(text: text, file: path))
    }

    static func machines(_ file: String?) throws -> MachineCatalog {
        let known = try MachineCatalog.builtIn()
        guard let (text, path) = try own(file, "machines.txt") else { return known }
        return known.merging(try MachineCatalog(text: text, file: path))
    }

    private static func own(_ file: String?, _ name: String) throws -> (String, String)? {
        let path = file ?? "\(configurationFolder)/\(name)"
        if file == nil, !FileManager.default.fileExists(atPath: path) { return nil }
        do {
            return (String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self), path)
        } catch {
            throw CommandError("\(path): cannot read the list: \(error.localizedDescription)")
        }
    }

    static var configurationFolder: String { folder("XDG_CONFIG_HOME", ".config") }
    /// Where pulled models and measurements go.
    static var cacheFolder: String { folder("XDG_CACHE_HOME", ".cache") }

    private static func folder(_ variable: String, _ standard: String) -> String {
        let environment = ProcessInfo.processInfo.environment
        if let value = environment[variable], value.hasPrefix("/") { return value + "/swinfer" }
        return "\(environment["HOME"] ?? "/root")/\(standard)/swinfer"
    }
}
