import Planner

/// What `swinfer fit --list-machines` prints.
struct MachineReport {
    let machines: [Machine]

    init(_ machines: [Machine]) { self.machines = machines }

    var text: String {
        let header = [
            "Name", "Machine", "Dollars", "Memory", "Usable", "GB/$", "GB/s", "CPU GB/s", "GPU GB/s",
            "Disk GB/s",
            "Host memory",
        ]
        func rate(_ value: Double?) -> String { value.map { Figures.fixed($0 / 1e9, 0) } ?? "-" }
        let rows = machines.map { machine in
            [
                machine.name, machine.title, machine.price.map { Figures.fixed($0, 0) } ?? "-",
                Figures.gigabytes(machine.memoryBytes), Figures.gigabytes(machine.usableBytes),
                machine.gigabytesPerDollar.map { Figures.fixed($0, 3) } ?? "-", rate(machine.paperBandwidth),
                rate(machine.cpu?.bandwidth), rate(machine.gpu?.bandwidth),
                Figures.fixed(machine.diskBandwidth / 1e9, 1),
                machine.host.map { "\(Figures.gigabytes($0.bytes)) GB at \(rate($0.bandwidth)) GB/s" } ?? "-",
            ]
        }
        return Table([header] + rows, rightAligned: Set(2...9)).lines.joined(separator: "\n")
            + "\n\nSizes in GB (10^9 bytes); prices of 2026, approximate. Your own: --machines FILE.\n"
    }

    private func fields(_ machine: Machine) -> [(String, JSONText)] {
        [
            ("name", .string(machine.name)), ("title", .string(machine.title)),
            ("price", JSONText(machine.price)),
            ("memory_bytes", .integer(machine.memoryBytes)), ("usable_bytes", .integer(machine.usableBytes)),
            ("gb_per_dollar", JSONText(machine.gigabytesPerDollar)),
            ("bandwidth", JSONText(machine.paperBandwidth)),
            ("cpu_bandwidth", JSONText(machine.cpu?.bandwidth)),
            ("gpu_bandwidth", JSONText(machine.gpu?.bandwidth)),
            ("disk_bandwidth", .number(machine.diskBandwidth)),
            ("host_bytes", JSONText(machine.host?.bytes)),
            ("host_bandwidth", JSONText(machine.host?.bandwidth)),
        ]
    }

    var json: String { JSONText.array(machines.map { .object(fields($0)) }).pretty + "\n" }
    var csv: String { CSVText.table(machines.map(fields)) }
}
