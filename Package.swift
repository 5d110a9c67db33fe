// swift-tools-version: 6.2
import PackageDescription

/// What every target of ours is compiled with. Warnings are errors so that none is ever left.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
    // Readers and writers of JSON, decimals and instants are modules of their own, and are called for every field of every event.
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
    // Tests fold millions of events: code that is optimized, beside tests that are not, takes a quarter of their time.
    .unsafeFlags(["-O"], .when(configuration: .debug)),
]

let package = Package(
    name: "alpha-ledger",
    products: [
        .executable(name: "alpha-ledger", targets: ["alpha-ledger"]),
        .library(name: "EventLedger", targets: ["EventLedger"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/attaswift/BigInt", from: "6.0.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        // C: libraries bound, and the few calls that Swift can't make.
        .systemLibrary(name: "CLibPQ"),
        .systemLibrary(name: "CLibCurl"),
        .systemLibrary(name: "CZlib"),
        .target(name: "CProcess"),

        // Pure: no I/O, no clock.
        .target(name: "PrometheusMetrics", swiftSettings: strict),
        .target(name: "Values", dependencies: [.product(name: "BigInt", package: "BigInt")], swiftSettings: strict),
        .target(name: "JSON", dependencies: ["Values"], swiftSettings: strict),
        .target(
            name: "MerkleLog", dependencies: ["Values", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .target(
            name: "Events",
            dependencies: ["Values", "JSON", "MerkleLog", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .target(
            name: "Rules",
            dependencies: [
                "Values", .product(name: "Crypto", package: "swift-crypto"), .product(name: "Yams", package: "Yams"),
            ], swiftSettings: strict),
        .target(
            name: "Projections",
            dependencies: ["Values", "JSON", "Events", "Rules", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .target(
            name: "Explanations", dependencies: ["Values", "JSON", "Events", "Rules", "Projections"], swiftSettings: strict),

        .target(
            name: "Analyses", dependencies: ["Values", "JSON", "Rules", "Projections", "Explanations"],
            swiftSettings: strict),

        // Option trades and the market beside them: what is recorded, and a folder for each view and each analysis.
        .target(
            name: "OptionTrades",
            dependencies: [
                "Values", "JSON", "Events", "Rules", "Projections", "Explanations", "Analyses",
                .product(name: "Crypto", package: "swift-crypto"),
            ], swiftSettings: strict),

        .target(name: "MarketData", dependencies: ["Values", "JSON", "Events", "OptionTrades"], swiftSettings: strict),

        .target(
            name: "SignedNotes", dependencies: ["Values", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),

        .target(
            name: "AuditBundle",
            dependencies: [
                "Values", "JSON", "MerkleLog", "Events", "Rules", "Projections", "SignedNotes",
                .product(name: "Crypto", package: "swift-crypto"),
            ], swiftSettings: strict),

        // Servers and upstreams.
        .target(name: "Postgres", dependencies: ["CLibPQ"], swiftSettings: strict),
        .target(
            name: "EmbeddedPostgres", dependencies: ["CProcess", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        .target(
            name: "PostgresStore",
            dependencies: [
                "Values", "JSON", "MerkleLog", "Events", "Rules", "Projections", "Postgres",
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: strict),
        // The library: a ledger of any domain in one import.
        .target(
            name: "EventLedger",
            dependencies: [
                "Values", "JSON", "MerkleLog", "Events", "Rules", "Projections", "Explanations", "Analyses", "AuditBundle", "SignedNotes",
                "Postgres", "PostgresStore",
            ], swiftSettings: strict),
        .executableTarget(
            name: "Accounts", dependencies: ["EventLedger", "EmbeddedPostgres"], path: "Examples/Accounts",
            exclude: ["projections", "schema"], swiftSettings: strict),
        .target(name: "Curl", dependencies: ["CLibCurl", "PrometheusMetrics"], swiftSettings: strict),
        .target(
            name: "AlphaFeed",
            dependencies: [
                "Values", "JSON", "Events", "OptionTrades", "Curl", .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: strict),
        .target(
            name: "Amberdata",
            dependencies: ["Values", "JSON", "Events", "OptionTrades", "Curl", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        .target(
            name: "SampleScope",
            dependencies: ["Values", "JSON", .product(name: "Hummingbird", package: "hummingbird")],
            swiftSettings: strict),

        // What a user asks for, and the ways of asking.
        .target(
            name: "Operations",
            dependencies: [
                "Values", "JSON", "Events", "Rules", "OptionTrades", "Projections", "Explanations", "Analyses", "Postgres", "PostgresStore",
                "EmbeddedPostgres", "Curl", "AlphaFeed", "Amberdata", "MarketData", "MerkleLog", "SignedNotes", "AuditBundle",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"), .product(name: "Yams", package: "Yams"),
            ], swiftSettings: strict),
        // Pages of the console: documents of the HTTP interface in, HTML out.
        .target(
            name: "Console",
            dependencies: ["Values", "JSON", "OptionTrades", .product(name: "Crypto", package: "swift-crypto")],
            resources: [
                .embedInCode("Assets/console.css"), .embedInCode("Assets/console.js"), .embedInCode("Assets/log.js"),
                .embedInCode("Assets/projections.js"), .embedInCode("Assets/proof.js"), .embedInCode("Assets/canonical.js"),
            ], swiftSettings: strict),
        .target(
            name: "API",
            dependencies: [
                "Console", "SignedNotes", "Values", "JSON", "Events", "OptionTrades", "Projections", "Analyses", "AlphaFeed",
                "Operations", "CZlib", "PrometheusMetrics", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"), .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "alpha-ledger",
            dependencies: [
                "SignedNotes", "Values", "JSON", "Events", "OptionTrades", "Projections", "Analyses", "Postgres", "PostgresStore",
                "Operations", "API", "AuditBundle",
                "SampleScope", "EmbeddedPostgres", "AlphaFeed", "Amberdata", "MarketData",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "ledger-benchmarks",
            dependencies: [
                "Values", "JSON", "Events", "Projections", "Postgres", "PostgresStore", "EmbeddedPostgres",
                "AlphaFeed", "Curl", "Operations", "SampleScope", "API", "OptionTrades", "MarketData", "MerkleLog", "SignedNotes",
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "Logging", package: "swift-log"),
            ], path: "Benchmarks", swiftSettings: strict),

        // Tests: each against the real thing, on servers that they start themselves.
        .target(
            name: "TestSupport",
            dependencies: ["Values", "JSON", "Events", "OptionTrades", "Projections", "Postgres", "PostgresStore", "EmbeddedPostgres"],
            path: "Tests/TestSupport", swiftSettings: strict),
        // Writes the sources of payloads from their schemas; only engineers run it.
        .target(name: "PayloadGenerator", dependencies: ["JSON", "Values"], swiftSettings: strict),
        .executableTarget(name: "payload-generator", dependencies: ["PayloadGenerator"], swiftSettings: strict),

        .testTarget(name: "ValuesTests", dependencies: ["Values", .product(name: "BigInt", package: "BigInt")]),
        .testTarget(name: "JSONTests", dependencies: ["JSON", "Values"]),
        .testTarget(name: "MerkleLogTests", dependencies: ["MerkleLog", "Values"]),
        .testTarget(
            name: "EventsTests", dependencies: ["Events", "OptionTrades", "JSON", "MerkleLog", "Values"], exclude: ["Samples"]),
        .testTarget(name: "PayloadGeneratorTests", dependencies: ["PayloadGenerator", "JSON", "Values"]),
        .testTarget(name: "OptionTradesTests", dependencies: ["OptionTrades", "Rules", "Events", "Values", "TestSupport"]),
        .testTarget(
            name: "ProjectionsTests",
            dependencies: [
                "Projections", "OptionTrades", "Rules", "Events", "JSON", "Values", "TestSupport",
                .product(name: "BigInt", package: "BigInt"),
            ], exclude: ["Golden"]),
        .testTarget(
            name: "ExplanationsTests",
            dependencies: ["Explanations", "Projections", "OptionTrades", "Rules", "Events", "JSON", "Values", "TestSupport"]),
        .testTarget(name: "MarketDataTests", dependencies: ["MarketData", "Events", "OptionTrades", "JSON", "Values", "TestSupport"]),
        .testTarget(name: "SignedNotesTests", dependencies: ["SignedNotes", "MerkleLog", "Values"]),
        .testTarget(
            name: "AuditTests",
            dependencies: [
                "AuditBundle", "JSON", "Operations", "SignedNotes", "MerkleLog", "PostgresStore", "Postgres", "EmbeddedPostgres",
                "Events", "OptionTrades", "Values", "Projections", "TestSupport", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ], exclude: ["verify_proof.py"]),
        .testTarget(
            name: "TamperTests",
            dependencies: [
                "Operations", "PostgresStore", "Postgres", "Projections", "SignedNotes", "Events", "OptionTrades", "Values", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "AnalysesTests",
            dependencies: [
                "Analyses", "Explanations", "OptionTrades", "PostgresStore", "Projections", "Rules", "Events", "JSON", "Values",
                "SampleScope", "TestSupport",
            ]),
        .testTarget(name: "EventLedgerTests", dependencies: ["Accounts", "TestSupport"]),
        // An event type, a projection and a source of executions in folders of their own, as somebody else would add them.
        .testTarget(
            name: "ExtensionTests", dependencies: ["EventLedger", "OptionTrades", "Operations", "TestSupport"],
            exclude: ["DeskNotes/schema", "NotedTrades/projections", "CSVFills/fills.csv"]),
        .testTarget(
            name: "UpgradeTests",
            dependencies: [
                "API", "Operations", "PostgresStore", "Postgres", "Events", "JSON", "Values", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ], exclude: ["Fixtures"]),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", "EmbeddedPostgres"]),
        .testTarget(name: "EmbeddedPostgresTests", dependencies: ["EmbeddedPostgres", "Postgres"]),
        .testTarget(
            name: "PostgresStoreTests",
            dependencies: [
                "TestSupport", "EmbeddedPostgres", "Values", "JSON", "MerkleLog", "Events", "OptionTrades", "Postgres", "PostgresStore",
                "Projections",
            ]),
        .target(name: "LoopbackServer", path: "Tests/LoopbackServer", swiftSettings: strict),
        .testTarget(name: "CurlTests", dependencies: ["Curl", "LoopbackServer"]),
        .testTarget(
            name: "AlphaFeedTests", dependencies: ["AlphaFeed", "Curl", "Events", "OptionTrades", "JSON", "Values", "LoopbackServer"]),
        .testTarget(
            name: "AmberdataTests",
            dependencies: ["Amberdata", "SampleScope", "Curl", "Events", "OptionTrades", "JSON", "Values", "LoopbackServer"]),
        .testTarget(name: "SampleScopeTests", dependencies: ["SampleScope", "JSON", "Values"]),
        .testTarget(
            name: "OperationsTests",
            dependencies: [
                "Operations", "SampleScope", "AlphaFeed", "Amberdata", "MarketData", "PostgresStore", "Postgres",
                "Projections", "OptionTrades", "Rules", "Events", "JSON", "Values", "TestSupport", "LoopbackServer", "Curl",
            ]),
        .testTarget(name: "PrometheusMetricsTests", dependencies: ["PrometheusMetrics"]),
        .testTarget(
            name: "TimeTravelTests",
            dependencies: [
                "API", "Analyses", "Operations", "AlphaFeed", "PostgresStore", "Postgres", "EmbeddedPostgres", "Projections", "Events",
                "OptionTrades", "JSON",
                "Values", "TestSupport", .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "APITests",
            dependencies: [
                "API", "LoopbackServer", "PrometheusMetrics", "Projections", "Operations", "SampleScope", "AlphaFeed", "PostgresStore",
                "Postgres", "EmbeddedPostgres", "Events", "OptionTrades", "JSON", "MerkleLog", "SignedNotes", "Values", "TestSupport",
                .product(name: "Yams", package: "Yams"),
            ]),
        .target(name: "BrowserSupport", dependencies: ["JSON"], path: "Tests/BrowserSupport", swiftSettings: strict),
        .testTarget(
            name: "BrowserTests",
            dependencies: [
                "BrowserSupport", "API", "Operations", "OptionTrades", "SampleScope", "AlphaFeed", "Amberdata", "JSON", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(name: "ConsoleTests", dependencies: ["Console", "OptionTrades", "JSON", "Values", "TestSupport"]),
        .testTarget(
            name: "CommandLineTests",
            dependencies: [
                "alpha-ledger", "Operations", "SampleScope", "PostgresStore", "Postgres", "EmbeddedPostgres", "Projections", "Events",
                "OptionTrades", "JSON", "Values", "LoopbackServer", "TestSupport",
            ]),
    ],
    swiftLanguageModes: [.v6]
)
