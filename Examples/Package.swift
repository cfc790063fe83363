// swift-tools-version: 6.2
import PackageDescription

// A package of its own, as an embedder's would be: it depends on swinfer by path. Elsewhere,
// name the repository's address instead.
let package = Package(
    name: "examples",
    dependencies: [.package(name: "swinfer", path: "..")],
    targets: [
        .executableTarget(name: "one-shot", dependencies: [.product(name: "Swinfer", package: "swinfer")]),
        .executableTarget(
            name: "streaming-chat", dependencies: [.product(name: "Swinfer", package: "swinfer")]),
        .executableTarget(
            name: "eight-sessions", dependencies: [.product(name: "Swinfer", package: "swinfer")]),
    ]
)
