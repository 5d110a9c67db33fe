import LedgerValues

/// A bucket and a prefix in it: `s3://bucket/prefix`.
package struct S3Location: Sendable, Equatable, CustomStringConvertible {
    package let bucket: String
    /// Without a slash at its ends; empty for the bucket itself.
    package let prefix: String

    /// Whether a text names a place in S3 and not a directory.
    package static func isMeant(by text: String) -> Bool { text.hasPrefix("s3://") }

    /// Nil unless it is `s3://` with a bucket's name and perhaps a prefix of letters, digits and `! - _ . * ' ( ) =`, in parts between
    /// slashes.
    package init?(_ text: String) {
        guard Self.isMeant(by: text) else { return nil }
        var parts = text.dropFirst(5).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 1, parts[parts.count - 1].isEmpty { parts.removeLast() }
        let bucket = parts.removeFirst()
        guard 3...63 ~= bucket.utf8.count, bucket.utf8.allSatisfy(Self.isOfBucket), !bucket.hasPrefix("."), !bucket.hasPrefix("-"),
            parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.allSatisfy(Self.isOfKey) })
        else { return nil }
        self.bucket = bucket
        prefix = parts.joined(separator: "/")
    }

    package var description: String { prefix.isEmpty ? "s3://\(bucket)" : "s3://\(bucket)/\(prefix)" }

    /// The key of a path below the prefix.
    package func key(_ path: String) -> String { prefix.isEmpty ? path : "\(prefix)/\(path)" }

    private static func isOfBucket(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".")
    }

    private static func isOfKey(_ byte: UInt8) -> Bool {
        isOfBucket(byte) || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte || "!_*'()=".utf8.contains(byte)
    }
}
