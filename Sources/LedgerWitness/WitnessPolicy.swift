public import LedgerNotes
import LedgerValues

/// Who has to have signed and cosigned a checkpoint before anybody relies on it (C2SP tlog-policy).
///
/// Names of witnesses and groups have a meaning within the file only, and are compared by their bytes.
public struct WitnessPolicy: Sendable {
    /// A log whose checkpoints count. Its key's name is its origin.
    public struct Log: Sendable {
        public let verifier: NoteVerifier
        public let url: String?
    }

    public struct Witness: Sendable {
        /// The name in the file.
        public let name: String
        /// Nil for a key of a type that this program can't verify: the witness is never counted.
        public let verifier: CosignatureVerifier?
        /// Where it is asked; nil if only its cosignatures are verified.
        public let url: String?
    }

    struct Group: Sendable {
        let name: String
        let threshold: Int
        let members: [Member]
    }

    enum Member: Sendable, Equatable {
        case witness(Int)
        case group(Int)
    }

    public let logs: [Log]
    public let witnesses: [Witness]
    private let groups: [Group]
    /// Nil for `quorum none`.
    private let quorum: Member?

    /// Whether no cosignature is needed.
    public var needsNobody: Bool { quorum == nil }

    /// The longest file that is read.
    public static let maximumBytes = 1 << 20

    /// Reads a policy file. Throws the first fault with its line.
    public init(parsing bytes: [UInt8]) throws(PolicyError) {
        var reader = PolicyReader()
        guard bytes.count <= Self.maximumBytes else { throw PolicyError(line: 0, "the file is longer than \(Self.maximumBytes) bytes") }
        var number = 0
        for line in bytes.split(separator: 0x0a, omittingEmptySubsequences: false) {
            number += 1
            try reader.read(line, number)
        }
        guard let quorum = reader.quorum else { throw PolicyError(line: 0, "expected one line `quorum NAME` or `quorum none`, found none") }
        logs = reader.logs
        witnesses = reader.witnesses
        groups = reader.groups
        self.quorum = quorum.member
        let supported = Set(witnesses.indices.filter { witnesses[$0].verifier != nil })
        if let missing = quorum.member, !holds(missing, supported) {
            let names = witnesses.filter { $0.verifier == nil }.map(\.name).joined(separator: ", ")
            throw PolicyError(
                line: quorum.line, "unsupported_key: the quorum can't be reached without \(names), whose keys are not of type 0x04")
        }
    }

    /// Whether some witnesses, by their places, are enough.
    public func isQuorum(_ counted: Set<Int>) -> Bool { quorum.map { holds($0, counted) } ?? true }

    private func holds(_ member: Member, _ counted: Set<Int>) -> Bool {
        switch member {
        case .witness(let index): counted.contains(index)
        case .group(let index): groups[index].members.count { holds($0, counted) } >= groups[index].threshold
        }
    }

    /// What a checkpoint's signatures come to.
    public struct Verdict: Sendable, Equatable {
        /// The name of the log that signed; nil if none of the policy's did.
        public let log: String?
        /// The names of the witnesses that count, in the order of the file.
        public let counted: [String]
        /// The names of the others.
        public let missing: [String]
        public let hasQuorum: Bool
        /// The newest time of those that count, in seconds since 1970.
        public let newest: UInt64?

        public var isAccepted: Bool { log != nil && hasQuorum }
    }

    /// A cosignature of time 0, of a time above 2^63 − 1 or more than this ahead of the verifier does not count.
    public static let toleranceSeconds: UInt64 = 60

    /// Judges a note by one of the policy's logs and its quorum.
    ///
    /// Throws if a line that names one of the policy's keys does not verify, because such a note is malformed.
    ///
    /// - Parameter now: the verifier's time in seconds since 1970.
    public func judge(_ note: SignedNote, now: UInt64) throws(NoteError) -> Verdict {
        let origin = try Checkpoint(parsing: note.text).origin
        var signer: String?
        for log in logs where log.verifier.name.isBytewiseEqual(to: origin) {
            let isNamed = note.signatures.contains { $0.keyHash == log.verifier.keyHash && $0.name.isBytewiseEqual(to: log.verifier.name) }
            if !isNamed { continue }
            try note.verify(log.verifier)
            signer = log.verifier.name
        }
        var counted: Set<Int> = []
        var newest: UInt64?
        for (index, witness) in witnesses.enumerated() {
            guard let time = try witness.verifier?.time(in: note), Self.counts(time, now: now) else { continue }
            counted.insert(index)
            newest = max(newest ?? 0, time)
        }
        return Verdict(
            log: signer, counted: witnesses.indices.filter { counted.contains($0) }.map { witnesses[$0].name },
            missing: witnesses.indices.filter { !counted.contains($0) }.map { witnesses[$0].name }, hasQuorum: isQuorum(counted),
            newest: newest)
    }

    /// Whether a cosignature's time counts.
    public static func counts(_ time: UInt64, now: UInt64) -> Bool {
        time >= 1 && time <= UInt64(Int64.max) && time <= now + toleranceSeconds
    }

    /// Throws unless this ledger's log is among the logs.
    public func requireLog(_ verifier: NoteVerifier) throws(PolicyError) {
        if logs.contains(where: { $0.verifier == verifier }) { return }
        throw PolicyError(line: 0, "expected a line `log \(verifier.vkey)`, this ledger's own, found none")
    }
}

/// Why a policy file can't be used.
public struct PolicyError: Error, Equatable, CustomStringConvertible {
    /// From 1; 0 if the file as a whole is at fault.
    public let line: Int
    public let problem: String

    package init(line: Int, _ problem: String) {
        self.line = line
        self.problem = problem
    }

    public var description: String { line == 0 ? "witness policy: \(problem)" : "witness policy, line \(line): \(problem)" }
}
