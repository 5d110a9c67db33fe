import Crypto

/// A rule file as it was read: its path below `projections/`, its version, and the SHA-256 of its bytes.
///
/// A version's digest is recorded at its first use, and a file that changes afterwards is refused. Every published
/// figure can therefore be traced to the rules that produced it.
public struct RuleFile: Sendable, Hashable {
    /// The path below the rules directory, for example `balances/rules.v1.yaml`.
    public let path: String
    /// The `version:` key, equal to the number in the file's name.
    public let version: Int
    /// Lower-case hex SHA-256 of the file's bytes.
    public let digest: String

    public init(path: String, version: Int, digest: String) {
        self.path = path
        self.version = version
        self.digest = digest
    }

    /// Where a rule file of that path stands in the files of a ledger.
    public static func location(of path: String) -> String { path.hasPrefix("analyses/") ? path : "projections/\(path)" }

    /// The numbers of the installed rules versions of a name, ascending, by the files' paths `<folder>/rules.v<N>.yaml`.
    public static func versions(in folder: String, among files: [String]) -> [Int] {
        let prefix = "\(folder)/rules.v"
        return files.compactMap { path in
            guard path.hasPrefix(prefix), path.hasSuffix(".yaml") else { return nil }
            return Int(path.dropFirst(prefix.count).dropLast(".yaml".count))
        }.sorted()
    }

    /// The path without the version suffix, which all versions of the file share.
    public var family: String {
        guard let range = path.range(ofSuffix: ".v\(version).yaml") else { return path }
        return String(path[..<range])
    }

    /// Reads the file again. Throws if it is absent, or is no longer the file that was read.
    func bytes(_ read: RuleFileReader) throws -> [UInt8] {
        guard let bytes = try read(path) else { throw RuleError(path: path, problem: "there is no such file") }
        guard RuleDocument.digest(of: bytes) == digest else {
            throw RuleError(path: path, problem: "has changed since it was read; its digest was \(digest)")
        }
        return bytes
    }
}

extension String {
    fileprivate func range(ofSuffix suffix: String) -> String.Index? {
        hasSuffix(suffix) ? index(endIndex, offsetBy: -suffix.count) : nil
    }
}

/// A fault of a rule file, with the file, the key and the line.
public struct RuleError: Error, Equatable, CustomStringConvertible {
    public let path: String
    public let line: Int?
    public let key: String?
    public let problem: String

    public init(path: String, line: Int? = nil, key: String? = nil, problem: String) {
        self.path = path
        self.line = line
        self.key = key
        self.problem = problem
    }

    public var description: String {
        var text = RuleFile.location(of: path)
        if let line { text += ":\(line)" }
        if let key { text += ": \(key)" }
        return text + ": " + problem
    }
}

/// Returns the bytes of a rule file by its path below `projections/`, or nil if the file is absent.
public typealias RuleFileReader = (String) throws -> [UInt8]?

/// One parsed rule file, whose root reads typed values.
public struct RuleDocument {
    public let file: RuleFile
    public let root: RuleNode

    /// Reads and parses a file. The path must end in `.v<N>.yaml`, and its `version:` must be the same N.
    public init(path: String, kind: String, read: RuleFileReader) throws {
        guard let bytes = try read(path) else { throw RuleError(path: path, problem: "there is no such file") }
        let digest = Self.digest(of: bytes)
        root = RuleNode(root: try ParsedRuleFiles.tree(of: bytes, digest: digest, path: path), path: path)
        let version = try root.integer("version")
        guard path.hasSuffix(".v\(version).yaml") else {
            throw RuleError(path: path, line: root.line, key: "version", problem: "says \(version), the file's name another")
        }
        guard try root.text("rules") == kind else {
            throw RuleError(path: path, line: root.line, key: "rules", problem: "expected `\(kind)`")
        }
        file = RuleFile(path: path, version: version, digest: digest)
    }

    /// Runs work that reads many rule files. A content that several of them share is parsed once.
    public static func parsingEachOnce<R>(_ body: () throws -> R) rethrows -> R { try ParsedRuleFiles.sharing(body) }

    /// Lower-case hex SHA-256.
    static func digest(of bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { byte in
            let hex = String(byte, radix: 16)
            return byte < 16 ? "0" + hex : hex
        }.joined()
    }
}
