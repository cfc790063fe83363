package import Experts
package import GGUF

/// A machine that models could run on.
public struct Machine: Sendable, Equatable {
    /// What computes: cores or a graphics processor.
    public struct Device: Sendable, Equatable {
        public enum Kind: String, Sendable, CaseIterable { case cpu, gpu }

        public var kind: Kind
        /// Bytes per second that it reads of the machine's memory.
        public var bandwidth: Double
        /// int8 operations per second that reading a prompt reaches; 0: unknown.
        public var promptRate: Double
        /// Seconds that each step of a token costs besides its bytes: barriers, launches.
        public var stepSeconds: Double
        /// Measured products by type of weights; others are taken to reach bandwidth and prompt rate.
        package var products: [TensorType: ProductRate]

        package init(
            kind: Kind, bandwidth: Double, promptRate: Double, stepSeconds: Double,
            products: [TensorType: ProductRate] = [:]
        ) {
            self.products = products
            self.kind = kind
            self.bandwidth = bandwidth
            self.promptRate = promptRate
            self.stepSeconds = stepSeconds
        }
    }

    /// A second memory that is larger and slower, such as that of the computer around a graphics card.
    public struct Host: Sendable, Equatable {
        /// Bytes that models can use.
        public var bytes: Int
        /// Bytes per second.
        public var bandwidth: Double
    }

    public var name: String
    public var title: String
    /// US dollars.
    public var price: Double?
    /// Bytes of memory, and what models can use of them.
    public var memoryBytes: Int
    public var usableBytes: Int
    /// Bytes per second on paper.
    public var paperBandwidth: Double?
    public var cpu: Device?
    public var gpu: Device?
    /// Bytes per second of large parallel reads.
    public var diskBandwidth: Double
    public var host: Host?

    public init(
        name: String, title: String, price: Double? = nil, memoryBytes: Int, usableBytes: Int,
        paperBandwidth: Double? = nil, cpu: Device? = nil, gpu: Device? = nil, diskBandwidth: Double,
        host: Host? = nil
    ) {
        self.name = name
        self.title = title
        self.price = price
        self.memoryBytes = memoryBytes
        self.usableBytes = usableBytes
        self.paperBandwidth = paperBandwidth
        self.cpu = cpu
        self.gpu = gpu
        self.diskBandwidth = diskBandwidth
        self.host = host
    }

    /// The device asked for, else the graphics processor, else the cores.
    public func device(_ kind: Device.Kind?) -> Device? {
        switch kind {
        case .cpu: cpu
        case .gpu: gpu
        case nil: gpu ?? cpu
        }
    }

    /// Gigabytes that models can use for a dollar.
    public var gigabytesPerDollar: Double? { price.map { Double(usableBytes) / 1e9 / $0 } }

    /// The rates of one of its devices, in the form that memory plans take.
    ///
    /// - Parameter beyond: bytes per second of what lies behind the memory.
    func rates(_ device: Device, beyond: Double) -> MachineRates {
        MachineRates(
            readBandwidth: device.bandwidth, int8Rate: device.promptRate, diskBandwidth: beyond,
            products: device.products)
    }
}
