// swift-tools-version: 6.2
import PackageDescription

// The decoders alone, from the same files as the library (links in Sources), so that all of them can be built with coverage in little time:
// scripts/fuzz builds and runs it.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")

let package = Package(
    name: "fuzz",
    dependencies: [.package(url: "https://github.com/apple/swift-nio", from: "2.101.2")],
    targets: [
        .target(name: "GatewayModel", swiftSettings: settings),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CLibFuzzer"),
        .target(name: "GatewayWire", dependencies: ["GatewayModel", "CZlib", "CZstd", nioCore, nioPosix, nioWebSocket], swiftSettings: settings),
        .executableTarget(
            name: "fuzz",
            dependencies: ["GatewayWire", "GatewayModel", "CLibFuzzer", "CZlib", "CZstd", nioCore, nioWebSocket, nioEmbedded],
            swiftSettings: settings,
            // ld.gold fails on what libFuzzer brings.
            linkerSettings: [.unsafeFlags(["-use-ld=lld"])]),
    ]
)
