// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "sessions",
    dependencies: [.package(name: "swinfer", path: "../..", traits: [])],
    targets: [
        .executableTarget(
            name: "Turns", dependencies: [.product(name: "Swinfer", package: "swinfer")], path: "Sources")
    ]
)
