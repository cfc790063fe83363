// swift-tools-version: 6.2
import PackageDescription

// A package of its own, as an embedder's would be: it depends on swinfer by path. Elsewhere,
// name the repository's address instead. Without the trait CLI, swift-argument-parser is not
// needed.
let swinfer = Target.Dependency.product(name: "Swinfer", package: "swinfer")

// The code of the library's tutorials. Of each, the last step is a program; the steps before it
// only have to compile.
let steps = ["story-1", "story-2", "story-3", "story-4", "chat-1", "chat-2", "many-1", "many-2"]
let tutorials = ["story-5", "chat-3", "many-3"]

let package = Package(
    name: "examples",
    dependencies: [.package(name: "swinfer", path: "..", traits: [])],
    targets: [
        .executableTarget(name: "one-shot", dependencies: [swinfer]),
        .executableTarget(name: "streaming-chat", dependencies: [swinfer]),
        .executableTarget(name: "eight-sessions", dependencies: [swinfer]),
    ]
        + steps.map { step in
            .target(
                name: "tutorial-\(step)", dependencies: [swinfer], path: "Tutorial",
                sources: ["\(step).swift"])
        }
        + tutorials.map { step in
            .executableTarget(
                name: "tutorial-\(step)", dependencies: [swinfer], path: "Tutorial",
                sources: ["\(step).swift"])
        }
)
