import Foundation
import TestSupport
import Testing

/// The built program, run as a user runs it.
struct Program {
    struct Ended {
        let code: Int32
        let output: String
        let errors: String
    }

    static let path: String =
        ProcessInfo.processInfo.environment["ALPHA_LEDGER_PROGRAM"]
        ?? projectRoot + "/.build/debug/alpha-ledger"

    var directory: String
    var environment: [String: String] = [:]
    var executable = Program.path

    func start(_ arguments: [String]) throws -> (process: Process, output: FileHandle, errors: FileHandle) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        var all = ProcessInfo.processInfo.environment
        for name in all.keys where name.hasPrefix("ALPHA_") || name.hasPrefix("DATABASE_") { all[name] = nil }
        process.environment = all.merging(environment) { _, new in new }
        // Files, not pipes: nothing blocks on a reader.
        let base = NSTemporaryDirectory() + "alpha-ledger-\(UUID().uuidString)"
        for suffix in [".out", ".err"] { _ = FileManager.default.createFile(atPath: base + suffix, contents: nil) }
        guard let output = FileHandle(forUpdatingAtPath: base + ".out"), let errors = FileHandle(forUpdatingAtPath: base + ".err")
        else { throw CocoaError(.fileReadUnknown) }
        for suffix in [".out", ".err"] { try FileManager.default.removeItem(atPath: base + suffix) }
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return (process, output, errors)
    }

    func run(_ arguments: String...) async throws -> Ended { try await run(arguments) }

    func run(_ arguments: [String]) async throws -> Ended {
        let (process, output, errors) = try start(arguments)
        await Self.waitForExit(process)
        return Ended(
            code: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus,
            output: Self.text(output), errors: Self.withoutServerWarning(Self.text(errors)))
    }

    /// The tests' server runs without fsync, which every program that opens a ledger says on standard error.
    private static func withoutServerWarning(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.contains("the Postgres server runs with fsync = off, which is allowed here") }
            .joined(separator: "\n")
    }

    static func waitForExit(_ process: Process) async {
        while process.isRunning { try? await Task.sleep(for: .milliseconds(10)) }
    }

    static func text(_ file: FileHandle) -> String {
        try? file.seek(toOffset: 0)
        return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
    }
}

/// A directory of the test's own, in which the embedded server may run.
func withDirectory<T>(_ body: (String) async throws -> T) async throws -> T {
    let directory = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    return try await body(directory)
}

/// Has a socket listen on a free port of loopback.
func listen(_ descriptor: Int32) throws -> UInt16 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, length) == 0 && Glibc.listen(descriptor, 1) == 0 && getsockname(descriptor, $0, &length) == 0
        }
    }
    try #require(isListening)
    return UInt16(bigEndian: address.sin_port)
}
