public import LedgerValues

/// A proof that an entry is in a log, for checking without the log (C2SP `tlog-proof`): the entry's index, the audit path and the
/// checkpoint of the tree.
public struct LogProofNote: Sendable {
    /// From 0.
    public let index: Int64
    /// The audit path of RFC 6962 section 2.1.1, lowest node first.
    public let path: [Digest32]
    public let checkpoint: SignedNote

    public init(index: Int64, path: [Digest32], checkpoint: SignedNote) {
        self.index = index
        self.path = path
        self.checkpoint = checkpoint
    }

    /// The contents of a `.tlog-proof` file.
    public var bytes: [UInt8] {
        let lines = ["c2sp.org/tlog-proof@v1", "index \(index)"] + path.map { Base64.encode($0.bytes) } + [""]
        return Array(lines.map { $0 + "\n" }.joined().utf8) + checkpoint.bytes
    }
}
