// swift-tools-version: 6.2
import PackageDescription

// The engine's own sources (Sources/* are links), without what these benchmarks do not measure, so that they
// build in a minute and see what the library does not show.
let swift: [SwiftSetting] = [
    .strictMemorySafety(),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableExperimentalFeature("Lifetimes"),
]

let package = Package(
    name: "control",
    targets: [
        .target(name: "GGUF", swiftSettings: swift),
        .target(name: "Tokenizer", dependencies: ["GGUF"], swiftSettings: swift),
        .target(name: "Grammar", dependencies: ["Tokenizer"], swiftSettings: swift),
        .target(
            name: "Swinfer", dependencies: ["Tokenizer", "Grammar"],
            exclude: ["Sampling/Constraint/Model+Constraint.swift"], swiftSettings: swift),
        .executableTarget(name: "Constraints", dependencies: ["Swinfer", "Grammar", "Tokenizer", "GGUF"]),
        .executableTarget(name: "Samplers", dependencies: ["Swinfer"]),
    ],
    swiftLanguageModes: [.v6]
)
