// swift-tools-version: 6.2
import PackageDescription

// Every Swift target: strict memory safety, explicit about what it imports.
let swift: [SwiftSetting] = [
    .strictMemorySafety(),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableExperimentalFeature("Lifetimes"),
]

// Tests look at memory as C does.
let tests = Array(swift.dropFirst())

let package = Package(
    name: "swinfer",
    products: [
        .library(name: "Swinfer", targets: ["Swinfer"]),
        // For C and what can call C: Sources/SwinferC/include/swinfer.h.
        .library(name: "SwinferC", type: .dynamic, targets: ["SwinferC"]),
        .executable(name: "swinfer", targets: ["SwinferCLI"]),
    ],
    traits: [
        .trait(name: "CLI", description: "The command-line tool, which needs swift-argument-parser."),
        .default(enabledTraits: ["CLI"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    ],
    targets: [
        // C, for SIMD only. Per-CPU code is chosen at run time, so no target flags here.
        .target(name: "Kernels", path: "Kernels", exclude: ["README.md"], publicHeadersPath: "include"),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CNuma", pkgConfig: "numa", providers: [.apt(["libnuma-dev"])]),
        .systemLibrary(name: "CURing", pkgConfig: "liburing", providers: [.apt(["liburing-dev"])]),

        .target(name: "GGUF", swiftSettings: swift),
        .target(name: "ChatTemplate", swiftSettings: swift),
        .target(name: "Tokenizer", dependencies: ["GGUF"], swiftSettings: swift),
        .target(name: "Grammar", dependencies: ["Tokenizer"], swiftSettings: swift),
        .target(
            name: "Compute", dependencies: ["GGUF", "Kernels", "COpenBLAS", "CNuma", "CURing"],
            swiftSettings: Array(swift.dropFirst())),
        .target(name: "Experts", dependencies: ["Compute", "GGUF"], swiftSettings: swift),
        .target(name: "Models", dependencies: ["Compute", "GGUF"], swiftSettings: swift),
        .target(
            name: "Swinfer",
            dependencies: [
                "GGUF", "Tokenizer", "ChatTemplate", "Grammar", "Compute", "Experts", "Models",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            resources: [.copy("Resources")], swiftSettings: swift),
        .target(name: "SwinferC", dependencies: ["Swinfer"], exclude: ["include"], swiftSettings: swift),
        .target(name: "ModelTools", dependencies: ["GGUF", "Compute", "Swinfer"], swiftSettings: swift),
        .target(
            name: "Planner", dependencies: ["GGUF", "Experts", "Compute"],
            resources: [.embedInCode("Resources")],
            swiftSettings: swift),
        .target(name: "Download", swiftSettings: swift),
        .executableTarget(
            name: "SwinferCLI",
            dependencies: [
                "Swinfer", "GGUF", "Tokenizer", "ChatTemplate", "Planner", "Experts", "Models", "Compute",
                "Download", "ModelTools",
                .product(
                    name: "ArgumentParser", package: "swift-argument-parser",
                    condition: .when(traits: ["CLI"])),
            ],
            swiftSettings: swift),

        .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: tests),
        .testTarget(name: "GGUFTests", dependencies: ["GGUF", "TestSupport"], swiftSettings: tests),
        .testTarget(
            name: "TokenizerTests", dependencies: ["Tokenizer", "GGUF", "TestSupport"], swiftSettings: tests),
        .testTarget(
            name: "GrammarTests", dependencies: ["Grammar", "Tokenizer", "GGUF", "TestSupport"],
            swiftSettings: tests),
        .testTarget(
            name: "ChatTemplateTests", dependencies: ["ChatTemplate", "TestSupport"], exclude: ["Resources"],
            swiftSettings: tests),
        .testTarget(
            name: "KernelTests", dependencies: ["Kernels", "TestSupport"], exclude: ["Resources"],
            swiftSettings: tests),
        .testTarget(
            name: "ComputeTests", dependencies: ["Compute", "GGUF", "Kernels", "CNuma", "TestSupport"],
            swiftSettings: tests),
        .testTarget(
            name: "ExpertsTests", dependencies: ["Experts", "Models", "Compute", "GGUF"], swiftSettings: tests
        ),
        .testTarget(
            name: "ModelTests",
            dependencies: ["Models", "Compute", "GGUF", "AllocationCounter", "TestSupport"],
            exclude: ["Resources"],
            swiftSettings: tests),
        .testTarget(
            name: "SwinferTests",
            dependencies: [
                "Swinfer", "Experts", "GGUF", "Tokenizer", "AllocationCounter", "TestSupport",
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ],
            exclude: ["Resources"], swiftSettings: tests),
        .testTarget(
            name: "CLITests", dependencies: ["SwinferCLI", "GGUF"], exclude: ["Resources"],
            swiftSettings: tests),
        .testTarget(
            name: "PlannerTests", dependencies: ["Planner", "Experts", "GGUF"], swiftSettings: tests),
        .testTarget(name: "DownloadTests", dependencies: ["Download"], swiftSettings: tests),
        .testTarget(
            name: "ModelToolsTests", dependencies: ["ModelTools", "Swinfer", "Compute", "GGUF"],
            swiftSettings: tests),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)
