import Experts
import GGUF
import Planner
import Testing

@Suite struct MachineTests {
    @Test func everyMachineOfTheIssue() throws {
        let catalog = try MachineCatalog.builtIn()
        for name in [
            "framework-desktop", "bosgame-m5", "asus-proart-px13", "hp-zbook-ultra-14", "lenovo-yoga-pro-7a",
            "mac-studio-m4-max", "mac-studio-m3-ultra-192", "mac-studio-m3-ultra-512", "rtx-4090",
            "2x-rtx-4090",
            "4x-rtx-4090", "rtx-5090", "2x-rtx-5090",
        ] {
            let machine = try #require(catalog.machine(named: name), "\(name)")
            #expect(machine.usableBytes < machine.memoryBytes)
            #expect(try #require(machine.device(nil)).bandwidth < (try #require(machine.paperBandwidth)))
            #expect(machine.price != nil && machine.gigabytesPerDollar != nil)
        }
        #expect(catalog.machine(named: "Framework-Desktop")?.title == "Framework Desktop 128 GB")
    }

    private let line = "mine 1000 64 60 200 80 5000 20 - - - 3.5 - - title=My_box"

    @Test func ownMachinesReplaceKnownOnes() throws {
        let own = try MachineCatalog(text: line + "\nrtx-4090 - 24 22 1008 - - - 900 1 - 5 - -", file: "own")
        let merged = try MachineCatalog.builtIn().merging(own)
        #expect(merged.machine(named: "mine")?.title == "My box")
        #expect(merged.machine(named: "mine")?.cpu?.stepSeconds == 20 * 1e-6)
        #expect(merged.machine(named: "mine")?.device(.gpu) == nil)
        #expect(merged.machine(named: "rtx-4090")?.gpu?.bandwidth == 900e9)
        #expect(merged.machines.count == (try MachineCatalog.builtIn().machines.count) + 1)
    }

    @Test(arguments: [
        ("m x", 3, "'x' is no price in dollars"),
        ("m 1 64 60 200 - - - - - - 3 - -", 21, "neither CPU nor GPU"),
        ("m 1 64 60 200 80 5 2 - - - 3 - - titel=a", 34, "'titel' is unknown"),
        ("m 1 64 60 200 80 5 2 - -", 25, "the line ends where 'GPU step"),
    ]) func errorsNameThePlace(text: String, column: Int, reason: String) {
        let error = #expect(throws: DataFileError.self) { try MachineCatalog(text: text, file: "list") }
        #expect(error?.line == 1 && error?.column == column, "\(error?.description ?? "")")
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test func detectsThisMachine() {
        let this = ThisMachine.detect()
        #expect(this.cores >= 1 && this.memoryBytes > 1 << 28)
        #expect(this.budget.bytes > 0 && this.budget.bytes <= this.memoryBytes)
        #expect(["scalar", "avx2", "avx512", "neon"].contains(this.instructions))
    }

    /// A product that reads more than the plain loop did shows what the memory gives; a slower one changes nothing.
    @Test func theFastestReaderTellsTheBandwidth() {
        let this = ThisMachine.detect()
        func bandwidth(_ product: Double) -> Double? {
            this.machine(
                bandwidth: 20e9, promptRate: 1e9, stepSeconds: 0, disk: 0,
                products: [.q8_0: ProductRate(bandwidth: product, operations: 1e9)]
            ).cpu?.bandwidth
        }
        #expect(bandwidth(25e9) == 25e9)
        #expect(bandwidth(15e9) == 20e9)
    }
}
