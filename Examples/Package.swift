// swift-tools-version: 6.2
import PackageDescription

let gatewayClient = Target.Dependency.product(name: "GatewayClient", package: "muster")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
    name: "muster-examples",
    dependencies: [
        .package(name: "muster", path: ".."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        .executableTarget(name: "LoggingBot", dependencies: [gatewayClient]),
        .executableTarget(name: "CommandBot", dependencies: [gatewayClient]),
        .executableTarget(name: "TwoProcessMigration", dependencies: [gatewayClient, nioCore, logging]),
        .executableTarget(name: "CustomSink", dependencies: [gatewayClient, nioCore, nioPosix]),
    ]
)
