// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let metricsTestKit = Target.Dependency.product(name: "MetricsTestKit", package: "swift-metrics")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let asyncAlgorithms = Target.Dependency.product(name: "AsyncAlgorithms", package: "swift-async-algorithms")
let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let grpcCore = Target.Dependency.product(name: "GRPCCore", package: "grpc-swift-2")
let grpcProtobuf = Target.Dependency.product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
let grpcTransport = Target.Dependency.product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")

func target(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: dependencies, swiftSettings: settings)
}

let package = Package(
    name: "muster",
    products: [
        .executable(name: "muster", targets: ["muster"]),
        .executable(name: "simulation-tests", targets: ["SimulationTests"]),
        .executable(name: "muster-bench", targets: ["muster-bench"]),
        .library(name: "GatewayClient", targets: ["GatewayClient"]),
        .library(name: "ShardWorker", targets: ["ShardWorker"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.4"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: [.defaults, "YAML"]),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Decisions: pure values, no clock, no task, no I/O.
        target("GatewayModel", []),
        target("ClusterModel", ["GatewayModel", collections]),
        target("SimulatedGateway", ["GatewayModel", collections]),

        // Shells: sockets, stores, processes.
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        target(
            "GatewayClient", ["GatewayModel", "CMalloc", "CZlib", "CZstd", nioCore, nioPosix, nioHTTP1, nioWebSocket, nioSSL, httpClient, logging, metrics]),
        target("GatewaySimulator", ["GatewayModel", "SimulatedGateway", "CZlib", "CZstd", nioCore, nioPosix, nioHTTP1, nioWebSocket, nioSSL, logging]),
        .target(
            name: "ControlProtocol", dependencies: ["ClusterModel", "GatewayModel", grpcCore, grpcProtobuf, protobuf], exclude: ["Protos"],
            swiftSettings: settings),
        target("ClusterStore", ["ClusterModel", "GatewayModel", "CLibPQ", grdb, logging]),
        target(
            "Coordinator",
            [
                "ClusterModel", "GatewayModel", "ClusterStore", "ControlProtocol", "GatewayClient", grpcCore, grpcProtobuf, grpcTransport, protobuf,
                nioCore, nioPosix, asyncAlgorithms, logging, serviceLifecycle, collections,
            ]),
        target("AdminAPI", ["ClusterModel", "GatewayModel", "ClusterStore", nioCore, hummingbird, logging, serviceLifecycle]),
        target(
            "ShardWorker",
            [
                "ClusterModel", "GatewayModel", "ControlProtocol", "GatewayClient", grpcCore, grpcProtobuf, grpcTransport, protobuf, nioCore, nioPosix,
                asyncAlgorithms, logging, serviceLifecycle,
            ]),
        target("LocalCluster", ["ClusterModel", "GatewayModel", httpClient, nioCore, nioHTTP1]),
        .executableTarget(
            name: "muster",
            dependencies: [
                "ClusterModel", "GatewayModel", "GatewayClient", "GatewaySimulator", "SimulatedGateway", "ControlProtocol", "ClusterStore", "Coordinator",
                "AdminAPI", "ShardWorker", "LocalCluster", argumentParser, configuration, logging, serviceLifecycle, unixSignals, httpClient, nioCore, nioPosix,
                nioHTTP1,
            ],
            swiftSettings: settings),

        // Benchmarks: release mode, ratios within one run.
        .target(name: "CAllocationCounter"),
        .executableTarget(
            name: "muster-bench",
            dependencies: [
                "CAllocationCounter", "GatewayClient", "GatewayModel", "ClusterTestKit", "CZlib", "CZstd", argumentParser, nioCore, nioPosix, nioSSL,
                nioWebSocket,
                logging,
            ],
            swiftSettings: settings),

        // Tests.
        target("ClusterTestKit", ["GatewayModel", "ClusterModel"]),
        tests("GatewayModel", ["GatewayModel", "ClusterTestKit"]),
        tests("muster-bench", ["muster-bench", "GatewayModel", argumentParser]),
        tests("ClusterModel", ["ClusterModel", "GatewayModel", "ClusterTestKit"]),
        tests("SimulatedGateway", ["SimulatedGateway", "GatewayModel", "ClusterTestKit"]),
        tests(
            "GatewayClient",
            [
                "GatewayClient", "GatewayModel", "GatewaySimulator", "SimulatedGateway", "ClusterTestKit", "CZlib", "CZstd", nioCore, nioPosix, nioHTTP1,
                nioWebSocket, nioSSL, nioEmbedded, httpClient, logging, metrics, metricsTestKit,
            ]),
        tests(
            "GatewaySimulator",
            [
                "GatewaySimulator", "SimulatedGateway", "GatewayClient", "GatewayModel", "CZlib", "CZstd", nioCore, nioPosix, nioHTTP1, nioSSL, httpClient,
                logging,
            ]),
        tests("ClusterStore", ["ClusterStore", "ClusterModel", "GatewayModel", "CLibPQ", "ClusterTestKit", grdb, logging]),
        tests(
            "Coordinator",
            [
                "Coordinator", "ClusterModel", "GatewayModel", "ClusterStore", "ControlProtocol", "GatewayClient", "ClusterTestKit", grpcCore, grpcProtobuf,
                grpcTransport, protobuf, nioCore, nioPosix, asyncAlgorithms, serviceLifecycle, logging,
            ]),
        tests("AdminAPI", ["AdminAPI", "ClusterModel", "GatewayModel", "ClusterStore", nioCore, hummingbird, hummingbirdTesting, logging]),
        tests("muster", ["muster", "GatewayModel", "ClusterModel", logging, nioCore, nioPosix]),
        tests(
            "ShardWorker",
            [
                "ShardWorker", "ClusterModel", "GatewayModel", "GatewayClient", "ControlProtocol", "GatewaySimulator", "SimulatedGateway", "ClusterTestKit",
                grpcCore, grpcTransport, nioCore, nioPosix, logging, serviceLifecycle,
            ]),
        tests("LocalCluster", ["LocalCluster", "ClusterModel", "GatewayModel", nioCore, nioPosix]),
        tests("Integration", ["LocalCluster", "ClusterModel", "GatewayModel", "ClusterTestKit", httpClient, nioCore, nioHTTP1]),
        .executableTarget(
            name: "SimulationTests", dependencies: ["ClusterModel", "GatewayModel", "SimulatedGateway", "ClusterTestKit", collections],
            path: "Tests/SimulationTests",
            swiftSettings: settings),
    ]
)
