import Foundation

/// Whether there is a Python for the programs of tests that share nothing with ours.
package let hasPython = FileManager.default.isExecutableFile(atPath: systemPython)

private let systemPython = "/usr/bin/python3"

/// A Python with pyarrow and DuckDB, which `scripts/parquet-readers` makes. Nil if there is none.
package let parquetPython: String? = [projectRoot + "/.build/parquet-readers/bin/python", systemPython].first { path in
    FileManager.default.isExecutableFile(atPath: path) && (try? run(path, ["-c", "import pyarrow, duckdb"], [])) == 0
}

/// Runs a program of the checkout's tests with some standard input, and returns its exit code.
///
/// - Parameters:
///   - script: a path below `Tests/`
///   - python: the interpreter; nil for the system's
package func runPython(_ script: String, _ input: [UInt8], with python: String? = nil) throws -> Int32 {
    try run(python ?? systemPython, ["-B", "\(projectRoot)/Tests/\(script)"], input)
}

private func run(_ python: String, _ arguments: [String], _ input: [UInt8]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: python)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardInput = pipe
    try process.run()
    try pipe.fileHandleForWriting.write(contentsOf: Data(input))
    try pipe.fileHandleForWriting.close()
    process.waitUntilExit()
    return process.terminationStatus
}
