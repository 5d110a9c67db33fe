import Foundation

/// Whether there is a Python for the programs of tests that share nothing with ours.
package let hasPython = FileManager.default.isExecutableFile(atPath: systemPython)

private let systemPython = "/usr/bin/python3"

/// A Python with some packages, from the environment that `scripts/python-tools` makes, or the system's. Nil if neither has them.
package func python(with packages: String...) -> String? {
    [projectRoot + "/.build/python-tools/bin/python", systemPython].first { path in
        FileManager.default.isExecutableFile(atPath: path)
            && (try? run(path, ["-c", "import \(packages.joined(separator: ", "))"], [])) == 0
    }
}

/// A Python with pyarrow and DuckDB.
package let parquetPython = python(with: "pyarrow", "duckdb")

/// A Python with Spark, which needs Java. `scripts/python-tools` does not make one, as Spark has 300 MB: `pip install pyspark` into its
/// environment does.
package let sparkPython =
    ["/usr/bin/java", "/usr/local/bin/java"].contains(where: FileManager.default.isExecutableFile) ? python(with: "pyspark") : nil

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
