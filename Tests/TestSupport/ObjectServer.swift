import Foundation
import Testing

/// A Python with moto, which `scripts/python-tools` makes. Nil if there is none.
package let motoPython = python(with: "moto.server")

/// An object store in a process of its own: moto, behind a check of every signature by botocore (`Tests/TestSupport/s3_server.py`).
/// It goes when this does.
///
/// Unchecked: process and pipe are set up before anybody else has the object, and only `deinit` touches them afterwards.
package final class ObjectServer: @unchecked Sendable {
    package static let bucket = "exports"
    package static let region = "eu-test-1"
    package static let keyID = "ALPHATESTKEY"
    package static let secret = "a secret of the tests/+="

    package let url: String
    private let process = Process()
    private let input = Pipe()

    /// Starts the server and waits for its address.
    package init() throws {
        let output = Pipe()
        process.executableURL = URL(filePath: try #require(motoPython))
        process.arguments = ["-B", "\(projectRoot)/Tests/TestSupport/s3_server.py"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        url = try #require(line.split(separator: "\n").first.map(String.init))
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// What a program needs to find the server.
    package var environment: [String: String] {
        [
            "AWS_ENDPOINT_URL_S3": url, "AWS_ACCESS_KEY_ID": Self.keyID, "AWS_SECRET_ACCESS_KEY": Self.secret, "AWS_REGION": Self.region,
        ]
    }
}
