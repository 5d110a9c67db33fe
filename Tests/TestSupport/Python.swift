import Foundation

/// Whether there is a Python for the programs of tests that share nothing with ours.
package let hasPython = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")

/// Runs a program of the checkout's tests with some standard input, and returns its exit code.
///
/// - Parameter script: a path below `Tests/`
package func runPython(_ script: String, _ input: [UInt8]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = ["-B", "\(projectRoot)/Tests/\(script)"]
    let pipe = Pipe()
    process.standardInput = pipe
    try process.run()
    try pipe.fileHandleForWriting.write(contentsOf: Data(input))
    try pipe.fileHandleForWriting.close()
    process.waitUntilExit()
    return process.terminationStatus
}
