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
        // A Postgres server of a program's own, as the example starts one.
        .library(name: "EmbeddedPostgres", targets: ["EmbeddedPostgres"]),
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
        .systemLibrary(name: "CLedgerLibPQ"),
        .systemLibrary(name: "CLibCurl"),
        .systemLibrary(name: "CZlib"),
        .systemLibrary(name: "CMarkGFM"),
        .target(name: "CProcess"),

        // Pure: no I/O, no clock.
        .target(name: "PrometheusMetrics", swiftSettings: strict),
        .target(name: "Parquet", swiftSettings: strict),
        .target(name: "LedgerValues", dependencies: [.product(name: "BigInt", package: "BigInt")], swiftSettings: strict),
        .target(name: "LedgerJSON", dependencies: ["LedgerValues"], swiftSettings: strict),
        .target(
            name: "LedgerMerkle", dependencies: ["LedgerValues", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .target(
            name: "LedgerEvents",
            dependencies: ["LedgerValues", "LedgerJSON", "LedgerMerkle", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .target(
            name: "LedgerRules",
            dependencies: [
                "LedgerValues", .product(name: "Crypto", package: "swift-crypto"), .product(name: "Yams", package: "Yams"),
            ], swiftSettings: strict),
        .target(
            name: "LedgerProjections",
            dependencies: ["LedgerValues", "LedgerJSON", "LedgerEvents", "LedgerRules", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .target(
            name: "LedgerExplanations", dependencies: ["LedgerValues", "LedgerJSON", "LedgerEvents", "LedgerRules", "LedgerProjections"],
            swiftSettings: strict),

        .target(
            name: "LedgerAnalyses", dependencies: ["LedgerValues", "LedgerJSON", "LedgerRules", "LedgerProjections", "LedgerExplanations"],
            swiftSettings: strict),

        // Option trades and the market beside them: what is recorded, and a folder for each view and each analysis.
        .target(
            name: "OptionTrades",
            dependencies: [
                "LedgerValues", "LedgerJSON", "LedgerEvents", "LedgerRules", "LedgerProjections", "LedgerExplanations", "LedgerAnalyses",
                .product(name: "Crypto", package: "swift-crypto"),
            ], swiftSettings: strict),

        .target(name: "MarketData", dependencies: ["LedgerValues", "LedgerJSON", "LedgerEvents", "OptionTrades"], swiftSettings: strict),

        .target(
            name: "LedgerNotes", dependencies: ["LedgerValues", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),

        .target(
            name: "LedgerWitness", dependencies: ["LedgerValues", "LedgerMerkle", "LedgerNotes"], swiftSettings: strict),

        .target(
            name: "LedgerBundle",
            dependencies: [
                "LedgerValues", "LedgerJSON", "LedgerMerkle", "LedgerEvents", "LedgerRules", "LedgerProjections", "LedgerNotes",
                "LedgerWitness",
                .product(name: "Crypto", package: "swift-crypto"),
            ], swiftSettings: strict),

        // Servers and upstreams.
        .target(name: "BlockingThreads", swiftSettings: strict),
        .target(name: "LedgerPostgres", dependencies: ["BlockingThreads", "CLedgerLibPQ"], swiftSettings: strict),
        .target(
            name: "EmbeddedPostgres", dependencies: ["BlockingThreads", "CProcess", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        .target(
            name: "LedgerStore",
            dependencies: [
                "BlockingThreads", "LedgerValues", "LedgerJSON", "LedgerMerkle", "LedgerEvents", "LedgerRules", "LedgerProjections",
                "LedgerPostgres",
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: strict),
        // The library: a ledger of any domain in one import.
        .target(
            name: "EventLedger",
            dependencies: [
                "LedgerValues", "LedgerJSON", "LedgerMerkle", "LedgerEvents", "LedgerRules", "LedgerProjections", "LedgerExplanations",
                "LedgerAnalyses", "LedgerBundle", "LedgerNotes",
                "LedgerPostgres", "LedgerStore",
            ], swiftSettings: strict),
        .executableTarget(
            name: "Accounts", dependencies: ["EventLedger", "EmbeddedPostgres"], path: "Examples/Accounts",
            exclude: ["projections", "schema"], swiftSettings: strict),
        .target(name: "Curl", dependencies: ["BlockingThreads", "CLibCurl", "PrometheusMetrics"], swiftSettings: strict),
        .target(
            name: "AlphaFeed",
            dependencies: [
                "LedgerValues", "LedgerJSON", "LedgerEvents", "OptionTrades", "Curl", "SampleScope",
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: strict),
        .target(
            name: "Amberdata",
            dependencies: [
                "LedgerValues", "LedgerJSON", "LedgerEvents", "OptionTrades", "Curl", "SampleScope",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "Alpaca", dependencies: ["LedgerValues", "LedgerJSON", "LedgerEvents", "OptionTrades", "Curl", "SampleScope"],
            swiftSettings: strict),
        // Objects in S3 and in servers that speak its protocol.
        .target(
            name: "ObjectStore",
            dependencies: ["LedgerValues", "LedgerEvents", "Curl", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        // The same random numbers for the same seed, for samples, simulations and tests.
        .target(name: "RandomSupport", swiftSettings: strict),
        .target(
            name: "SampleScope",
            dependencies: ["RandomSupport", "LedgerValues", "LedgerJSON", .product(name: "Hummingbird", package: "hummingbird")],
            swiftSettings: strict),

        // What a user asks for, and the ways of asking.
        .target(
            name: "Operations",
            dependencies: [
                "BlockingThreads", "LedgerValues", "LedgerJSON", "LedgerEvents", "LedgerRules", "OptionTrades", "LedgerProjections",
                "LedgerExplanations",
                "LedgerAnalyses", "LedgerPostgres", "LedgerStore",
                "EmbeddedPostgres", "Curl", "AlphaFeed", "Alpaca", "Amberdata", "MarketData", "LedgerMerkle", "LedgerNotes",
                "LedgerBundle", "Parquet", "ObjectStore", "CZlib", "LedgerWitness",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"), .product(name: "Yams", package: "Yams"),
            ], swiftSettings: strict),
        // Whole histories from a seed, driven through the operations and checked.
        .target(
            name: "Simulation",
            dependencies: [
                "RandomSupport", "LedgerValues", "LedgerJSON", "LedgerEvents", "OptionTrades", "LedgerProjections", "LedgerPostgres",
                "LedgerStore",
                "EmbeddedPostgres", "MarketData", "Operations", .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: strict),
        // Texts in Markdown, which cmark-gfm reads.
        .target(name: "Markdown", dependencies: ["CMarkGFM"], swiftSettings: strict),
        // Pages of the console: documents of the HTTP interface in, HTML out.
        .target(
            name: "Console",
            dependencies: ["LedgerValues", "LedgerJSON", "OptionTrades", "Markdown", .product(name: "Crypto", package: "swift-crypto")],
            resources: [
                .embedInCode("Assets/console.css"), .embedInCode("Assets/console.js"), .embedInCode("Assets/log.js"),
                .embedInCode("Assets/projections.js"), .embedInCode("Assets/proof.js"), .embedInCode("Assets/canonical.js"),
                .embedInCode("Assets/proof-file.js"),
            ], swiftSettings: strict),
        .target(
            name: "API",
            dependencies: [
                "Console", "LedgerMerkle", "LedgerNotes", "LedgerValues", "LedgerJSON", "LedgerEvents", "OptionTrades", "LedgerProjections",
                "LedgerAnalyses", "LedgerWitness",
                "Operations", "CZlib", "PrometheusMetrics", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"), .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "alpha-ledger",
            dependencies: [
                "LedgerNotes", "LedgerValues", "LedgerJSON", "LedgerEvents", "OptionTrades", "LedgerProjections", "LedgerAnalyses",
                "LedgerPostgres", "LedgerStore", "LedgerWitness",
                "Operations", "API", "Console", "LedgerBundle", "Simulation",
                "SampleScope", "EmbeddedPostgres", "MarketData",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "ledger-benchmarks",
            dependencies: [
                "LedgerValues", "LedgerJSON", "LedgerEvents", "LedgerProjections", "LedgerPostgres", "LedgerStore", "EmbeddedPostgres",
                "AlphaFeed", "Curl", "Operations", "SampleScope", "API", "Console", "OptionTrades", "MarketData", "LedgerMerkle",
                "LedgerNotes",
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "Logging", package: "swift-log"),
            ], path: "Benchmarks", swiftSettings: strict),

        // Tests: each against the real thing, on servers that they start themselves.
        .target(
            name: "TestSupport",
            dependencies: [
                "RandomSupport",
                "LedgerValues", "LedgerJSON", "LedgerEvents", "OptionTrades", "LedgerProjections", "LedgerPostgres", "LedgerStore",
                "EmbeddedPostgres",
            ],
            path: "Tests/TestSupport", exclude: ["s3_server.py"], swiftSettings: strict),
        // Writes the sources of payloads from their schemas; only engineers run it.
        .target(name: "PayloadGenerator", dependencies: ["LedgerJSON", "LedgerValues"], swiftSettings: strict),
        .executableTarget(name: "payload-generator", dependencies: ["PayloadGenerator"], swiftSettings: strict),

        .testTarget(
            name: "LedgerValuesTests", dependencies: ["LedgerValues", "RandomSupport", .product(name: "BigInt", package: "BigInt")]),
        .testTarget(name: "LedgerJSONTests", dependencies: ["LedgerJSON", "LedgerValues", "RandomSupport"]),
        .testTarget(name: "LedgerMerkleTests", dependencies: ["LedgerMerkle", "LedgerValues", "RandomSupport"]),
        .testTarget(
            name: "LedgerEventsTests",
            dependencies: ["LedgerEvents", "OptionTrades", "LedgerJSON", "LedgerMerkle", "LedgerValues", "RandomSupport"],
            exclude: ["Samples"]),
        .testTarget(name: "PayloadGeneratorTests", dependencies: ["PayloadGenerator", "TestSupport"]),
        .testTarget(
            name: "OptionTradesTests",
            dependencies: ["OptionTrades", "LedgerRules", "LedgerEvents", "LedgerJSON", "LedgerValues", "TestSupport"],
            exclude: ["check_figures.py"]),
        .testTarget(
            name: "LedgerProjectionsTests",
            dependencies: [
                "LedgerProjections", "OptionTrades", "LedgerRules", "LedgerEvents", "LedgerJSON", "LedgerValues", "TestSupport",
                .product(name: "BigInt", package: "BigInt"),
            ], exclude: ["Golden"]),
        .testTarget(
            name: "LedgerExplanationsTests",
            dependencies: [
                "LedgerExplanations", "LedgerProjections", "OptionTrades", "LedgerRules", "LedgerEvents", "LedgerJSON", "LedgerValues",
                "TestSupport",
            ]),
        .testTarget(
            name: "MarketDataTests",
            dependencies: ["MarketData", "LedgerEvents", "OptionTrades", "LedgerJSON", "LedgerValues", "RandomSupport", "TestSupport"]),
        .testTarget(name: "LedgerNotesTests", dependencies: ["LedgerNotes", "LedgerMerkle", "LedgerValues"]),
        .testTarget(
            name: "LedgerWitnessTests", dependencies: ["LedgerWitness", "LedgerNotes", "LedgerMerkle", "LedgerValues", "TestSupport"]),
        .testTarget(
            name: "AuditTests",
            dependencies: [
                "BlockingThreads", "API", "Curl", "LoopbackServer", "LedgerBundle", "LedgerWitness", "LedgerJSON", "Operations",
                "LedgerNotes", "LedgerMerkle",
                "LedgerStore", "LedgerPostgres",
                "EmbeddedPostgres",
                "LedgerEvents", "OptionTrades", "LedgerValues", "LedgerProjections", "TestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ], exclude: ["tile_client.py", "verify_proof.py"]),
        .testTarget(
            name: "TamperTests",
            dependencies: [
                "Operations", "LedgerStore", "LedgerPostgres", "LedgerProjections", "LedgerNotes", "LedgerEvents", "OptionTrades",
                "LedgerValues", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "LedgerAnalysesTests",
            dependencies: [
                "LedgerAnalyses", "LedgerExplanations", "OptionTrades", "LedgerStore", "LedgerProjections", "LedgerRules", "LedgerEvents",
                "LedgerJSON", "LedgerValues",
                "SampleScope", "TestSupport",
            ]),
        .testTarget(name: "EventLedgerTests", dependencies: ["Accounts", "TestSupport"]),
        // An event type, a projection and a source of executions in folders of their own, as somebody else would add them.
        .testTarget(
            name: "ExtensionTests", dependencies: ["EventLedger", "OptionTrades", "Operations", "API", "TestSupport"],
            exclude: ["DeskNotes/schema", "NotedTrades/projections", "CSVFills/fills.csv"]),
        .testTarget(
            name: "UpgradeTests",
            dependencies: [
                "API", "Operations", "LedgerStore", "LedgerPostgres", "LedgerEvents", "LedgerJSON", "LedgerValues", "OptionTrades",
                "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ], exclude: ["Fixtures"]),
        // Every reader of bytes that others made, against damage from a seed.
        .testTarget(
            name: "ForeignBytesTests",
            dependencies: [
                "API", "Alpaca", "AlphaFeed", "Amberdata", "Curl", "LedgerBundle", "LedgerEvents", "LedgerJSON", "LedgerMerkle",
                "LedgerNotes", "LedgerPostgres", "LedgerProjections", "LedgerRules", "LedgerStore", "LedgerValues", "LedgerWitness",
                "MarketData", "Markdown", "ObjectStore", "Operations", "OptionTrades", "Parquet", "SampleScope", "TestSupport",
            ], swiftSettings: strict),
        .testTarget(name: "LedgerPostgresTests", dependencies: ["LedgerPostgres", "EmbeddedPostgres"]),
        .testTarget(name: "EmbeddedPostgresTests", dependencies: ["EmbeddedPostgres", "LedgerPostgres"]),
        .testTarget(
            name: "LedgerStoreTests",
            dependencies: [
                "TestSupport", "EmbeddedPostgres", "LedgerValues", "LedgerJSON", "LedgerMerkle", "LedgerEvents", "OptionTrades",
                "LedgerPostgres", "LedgerStore",
                "LedgerProjections",
            ]),
        .target(name: "LoopbackServer", dependencies: ["BlockingThreads"], path: "Tests/LoopbackServer", swiftSettings: strict),
        .testTarget(name: "CurlTests", dependencies: ["Curl", "LoopbackServer"]),
        .testTarget(
            name: "ObjectStoreTests", dependencies: ["ObjectStore", "Curl", "LedgerValues", "LoopbackServer", "TestSupport"]),
        .testTarget(
            name: "AlphaFeedTests",
            dependencies: ["AlphaFeed", "Curl", "LedgerEvents", "OptionTrades", "LedgerJSON", "LedgerValues", "LoopbackServer"]),
        .testTarget(
            name: "AmberdataTests",
            dependencies: [
                "Amberdata", "SampleScope", "Curl", "LedgerEvents", "LedgerRules", "OptionTrades", "LedgerJSON", "LedgerValues",
                "LoopbackServer", "RandomSupport",
            ]),
        .testTarget(
            name: "BrokerTests",
            dependencies: [
                "Alpaca", "SampleScope", "Curl", "OptionTrades", "LedgerProjections", "LedgerRules", "LedgerEvents", "LedgerJSON",
                "LedgerValues", "TestSupport", "LoopbackServer",
            ]),
        .testTarget(name: "SampleScopeTests", dependencies: ["SampleScope", "RandomSupport", "LedgerJSON", "LedgerValues"]),
        .testTarget(
            name: "OperationsTests",
            dependencies: [
                "Operations", "SampleScope", "AlphaFeed", "Alpaca", "Amberdata", "MarketData", "LedgerStore", "LedgerPostgres",
                "LedgerProjections", "OptionTrades", "LedgerRules", "LedgerEvents", "LedgerJSON", "LedgerValues", "TestSupport",
                "LoopbackServer", "Curl", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ], exclude: ["read_exports.py"]),
        .testTarget(name: "ParquetTests", dependencies: ["Parquet", "TestSupport"], exclude: ["read_files.py"]),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "Simulation", "Operations", "LedgerPostgres", "TestSupport", .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(name: "PrometheusMetricsTests", dependencies: ["PrometheusMetrics"]),
        .testTarget(
            name: "TimeTravelTests",
            dependencies: [
                "API", "LedgerAnalyses", "Operations", "AlphaFeed", "LedgerStore", "LedgerPostgres", "EmbeddedPostgres",
                "LedgerProjections", "LedgerEvents",
                "OptionTrades", "LedgerJSON",
                "LedgerValues", "TestSupport", .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "APITests",
            dependencies: [
                "API", "LoopbackServer", "PrometheusMetrics", "LedgerProjections", "Operations", "SampleScope", "AlphaFeed", "LedgerStore",
                "LedgerPostgres", "EmbeddedPostgres", "LedgerEvents", "OptionTrades", "LedgerJSON", "LedgerMerkle", "LedgerNotes",
                "LedgerValues", "TestSupport",
                .product(name: "Yams", package: "Yams"),
            ]),
        .target(name: "BrowserSupport", dependencies: ["LedgerJSON"], path: "Tests/BrowserSupport", swiftSettings: strict),
        .testTarget(
            name: "BrowserTests",
            dependencies: [
                "BrowserSupport", "API", "Operations", "OptionTrades", "SampleScope", "AlphaFeed", "Amberdata", "LedgerJSON",
                "LedgerValues",
                "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "ConsoleTests", dependencies: ["Console", "Markdown", "OptionTrades", "LedgerJSON", "LedgerValues", "TestSupport"]),
        .testTarget(
            name: "CommandLineTests",
            dependencies: [
                "alpha-ledger", "Operations", "SampleScope", "LedgerStore", "LedgerPostgres", "EmbeddedPostgres", "LedgerProjections",
                "LedgerEvents",
                "OptionTrades", "LedgerJSON", "LedgerValues", "LoopbackServer", "TestSupport",
            ]),
    ],
    swiftLanguageModes: [.v6]
)
