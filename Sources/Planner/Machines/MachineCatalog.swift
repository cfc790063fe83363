/// The machines of machines.txt.
public struct MachineCatalog: Sendable {
    public let machines: [Machine]

    /// The file that comes with the package.
    public static func builtIn() throws(DataFileError) -> MachineCatalog {
        try MachineCatalog(
            text: String(decoding: PackageResources.machines_txt, as: UTF8.self), file: "machines.txt")
    }

    /// Parses the format that machines.txt describes in its own comments.
    ///
    /// - Throws: `DataFileError` with line and column of the first fault.
    public init(text: String, file: String) throws(DataFileError) {
        var machines: [Machine] = []
        var lines: [String: Int] = [:]
        for var line in DataLine.all(in: text, file: file) {
            let machine = try Machine(&line)
            if let first = lines.updateValue(line.number, forKey: machine.name) {
                throw DataFileError(
                    file: file, line: line.number, column: 1,
                    reason: "'\(machine.name)' is in line \(first) already: give it another name")
            }
            machines.append(machine)
        }
        self.machines = machines
    }

    public init(_ machines: [Machine]) { self.machines = machines }

    /// The machine of a name, upper and lower case being the same.
    public func machine(named name: String) -> Machine? {
        let wanted = name.lowercased()
        return machines.first { $0.name == wanted }
    }

    /// These machines, and others that replace those of the same name.
    public func merging(_ other: MachineCatalog) -> MachineCatalog {
        let names = Set(other.machines.map(\.name))
        return MachineCatalog(machines.filter { !names.contains($0.name) } + other.machines)
    }
}

extension Machine {
    init(_ line: inout DataLine) throws(DataFileError) {
        func bytes(_ gibibytes: Double) -> Int { Int(gibibytes * 1_073_741_824) }
        name = try line.text("name").text.lowercased()
        title = name
        price = try line.optionalNumber("price in dollars", in: 0...10_000_000)
        memoryBytes = bytes(try line.number("memory in GiB", in: 0.1...1_000_000))
        usableBytes = bytes(try line.number("usable memory in GiB", in: 0.1...1_000_000))
        paperBandwidth = try line.optionalNumber("bandwidth in GB/s", in: 0.01...1_000_000).map { $0 * 1e9 }
        cpu = try Device(.cpu, &line)
        let place = try line.peek("GPU bandwidth")
        gpu = try Device(.gpu, &line)
        if cpu == nil, gpu == nil {
            throw line.error(
                at: place, "neither CPU nor GPU bandwidth is given: expected one of them in GB/s")
        }
        diskBandwidth = try line.number("disk in GB/s", in: 0.001...10_000) * 1e9
        let hostBytes = try line.optionalNumber("host memory in GiB", in: 0.1...1_000_000).map(bytes)
        let hostBandwidth = try line.optionalNumber("host bandwidth in GB/s", in: 0.01...1_000_000)
        if let hostBytes, let hostBandwidth { host = Host(bytes: hostBytes, bandwidth: hostBandwidth * 1e9) }
        for (key, value, field) in line.options() {
            guard key == "title" else { throw line.error(at: field, "'\(key)' is unknown; known: title=") }
            title = String(value.map { $0 == "_" ? " " : $0 })
        }
    }
}

extension Machine.Device {
    /// Three columns; nil when the first is `-`.
    init?(_ kind: Kind, _ line: inout DataLine) throws(DataFileError) {
        let name = kind.rawValue.uppercased()
        let bandwidth = try line.optionalNumber("\(name) bandwidth in GB/s", in: 0.01...1_000_000)
        let rate = try line.optionalNumber("\(name) prompt rate in 10^9 operations a second", in: 0...1e9)
        let step = try line.optionalNumber("\(name) step in microseconds", in: 0...1_000_000)
        guard let bandwidth else { return nil }
        self.init(
            kind: kind, bandwidth: bandwidth * 1e9, promptRate: (rate ?? 0) * 1e9,
            stepSeconds: (step ?? 0) * 1e-6)
    }
}
