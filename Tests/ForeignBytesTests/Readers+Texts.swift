import LedgerJSON
import LedgerMerkle
import LedgerNotes
import LedgerProjections
import LedgerValues
import LedgerWitness
import OptionTrades

@testable import API
@testable import LedgerWitness
@testable import Operations

extension ForeignReader {
    /// Every reader.
    static let all: [ForeignReader] = texts + notes + http + wires + observations + storage + written

    static let texts = [
        ForeignReader(text: "instants", ["2026-02-03T21:14:09.120000Z", "2026-01-15T15:30:01+01:00", "1970-01-01T00:00:00Z"]) { text in
            guard let instant = Instant(text) else { return false }
            try Broken.unless(Instant(instant.description) == instant, "an instant's text is another instant")
            return true
        },
        ForeignReader(text: "dates", ["2026-02-28", "2024-02-29", "1970-01-01"]) { text in
            guard let date = CalendarDate(text) else { return false }
            try Broken.unless(date.description.isBytewiseEqual(to: text), "a date is written otherwise")
            return true
        },
        ForeignReader(text: "decimals", ["0", "-12.1000", "1e2", "999999999999999999.9999999999", "1.5E-3"]) { text in
            guard let decimal = try? FixedDecimal(text) else { return false }
            try Broken.unless((try? FixedDecimal(decimal.description)) == decimal, "a decimal's text is another decimal")
            return true
        },
        ForeignReader(text: "option symbols", ["MSTR  260130C00350000", "MSTR260130P00350500", "BRKB 260130C00000500"]) { text in
            guard let symbol = OptionSymbol(text) else { return false }
            try Broken.unless(OptionSymbol(symbol.description) == symbol && symbol.strike > .zero, "a symbol's text is another symbol")
            return true
        },
        ForeignReader(text: "identifiers", ["0198c3f2-7d10-7aaa-8bbb-0123456789ab", "00000000-0000-0000-0000-000000000000"]) { text in
            guard let id = UniqueID(text) else { return false }
            try Broken.unless(UniqueID(id.description) == id, "an identifier's text is another identifier")
            return true
        },
        ForeignReader(text: "digests", [Digest32(Array(0..<32)).description]) { text in
            guard let digest = Digest32(hex: text) else { return false }
            try Broken.unless(digest.description == text.lowercased(), "a digest is written otherwise")
            return true
        },
        ForeignReader("JSON", json) { bytes, _ in
            let document: JSONDocument
            do throws(JSONError) {
                document = try JSONDocument(parsing: bytes)
            } catch {
                try Broken.unless((0...bytes.count).contains(error.offset), "an error lies outside the text")
                return false
            }
            try Broken.unless(String(validating: bytes, as: UTF8.self) != nil, "what is read is not UTF-8")
            try visit(document.root, inside: 0..<bytes.count)
            guard let once = try? canonicalize(document.root) else { return true }
            let twice = (try? JSONDocument(parsing: once)).flatMap { try? canonicalize($0.root) }
            try Broken.unless(once == twice, "the canonical form is no fixed point")
            return true
        },
        ForeignReader(text: "tile paths", ["0/000", "entries/x001/x234/067.p/9", "3/x123/456", "1/000.p/255"]) { text in
            guard let tile = TileResource(path: text) else { return false }
            try Broken.unless(tile.path == text, "a tile's path is written otherwise")
            return true
        },
        ForeignReader(text: "version references", ["v1/c2", "v12"]) { text in
            guard let version = try? VersionReference(parsing: text) else { return false }
            try Broken.unless(version.description == text, "a version is written otherwise")
            return true
        },
        ForeignReader(
            text: "schedules and horizons", ["sync=15m;backfill=60m", "gex,vol_metrics=hourly;prints=5m", "1,7,30"], count: 3_000
        ) { text in
            // They are an operator's or a reader's own texts: only a trap is a fault.
            _ = (try? Schedule(parsing: text), try? CaptureSchedule(parsing: text), Horizon(parsing: text))
            return true
        },
    ]

    /// Touches everything that a value offers.
    private static func visit(_ value: JSONValue, inside range: Range<Int>) throws(Broken) {
        let source = value.sourceRange
        try Broken.unless(
            !source.isEmpty && range.contains(source.lowerBound) && source.upperBound <= range.upperBound
                && value.sourceText.utf8.count == source.count, "a value lies outside its parent")
        switch value.kind {
        case .null, .bool: break
        case .number:
            guard let decimal = value.decimal else { return }
            try Broken.unless((try? FixedDecimal(decimal.description)) == decimal, "a number's text is another number")
            try Broken.unless(value.integer.map { decimal == FixedDecimal(Int($0)) } ?? true, "a number is two numbers")
        case .string:
            _ = value.decimal
            try Broken.unless((value.string == nil) == (value.stringIssue == .unpairedSurrogate), "a string without an issue is not read")
            guard let text = value.string else { return }
            let again = (try? JSONDocument(parsing: JSONNode.string(text).canonicalBytes()))?.root.string
            try Broken.unless(again?.isBytewiseEqual(to: text) == true, "a string is written otherwise")
        case .array:
            var count = 0
            for element in value.elements {
                try visit(element, inside: source)
                count += 1
            }
            try Broken.unless(count == value.count, "a list has another length")
        case .object:
            var count = 0
            for member in value.memberViews {
                if member.keyIssue != .unpairedSurrogate {
                    try Broken.unless(value[member.key]?.sourceRange == member.value.sourceRange, "a key finds another value")
                }
                try visit(member.value, inside: source)
                count += 1
            }
            try Broken.unless(count == value.count, "an object has another length")
        }
    }

    private static let json = [
        #"{"a":[1,-2.50,1e3,true,false,null,"text \u00e9 \ud83d\ude00 \n"],"b":{"c":{}},"":[]}"#, "[]", "0", #""\\\"\/""#,
        #"{"tradeId":"T-1","strike":350.000,"price":"1250.5","notes":"a \"note\" é"}"#,
    ].map { Array($0.utf8) }

    // MARK: - Signed notes

    private static let seed = (0..<32).map { UInt8($0) }
    private static let digest = MerkleHash.leaf([1, 2, 3])

    private static func must<T>(_ make: () throws -> T) -> T {
        do { return try make() } catch { preconditionFailure("a sample can't be made: \(error)") }
    }

    static let signer = must { try NoteSigner(name: "alpha-ledger/test", seed: seed) }
    static let cosigner = must { try Cosigner(name: "witness/one", seed: seed.reversed()) }
    static let checkpoint = must { try Checkpoint(origin: "alpha-ledger/test", size: 42, root: digest, extensions: ["one thing"]) }
    static let note = must {
        let note = try checkpoint.signed(by: signer)
        return note.adding([try cosigner.cosign(note, at: 1_700_000_000)])
    }

    static let policy = """
        # whom we ask
        log \(signer.verifier.vkey)
        witness one \(cosigner.verifier.vkey)
        group all 1 one
        quorum all

        """

    static let notes = [
        ForeignReader("signed notes", [note.bytes]) { bytes, _ in
            guard let read = try? SignedNote(parsing: bytes) else { return false }
            try Broken.unless(read.bytes == bytes, "a note is written otherwise")
            if (try? Checkpoint.verified(read, signer.verifier)) != nil {
                try Broken.unless(read.text == checkpoint.text, "a changed text is signed")
            }
            _ = try? cosigner.verifier.time(in: read)
            return true
        },
        ForeignReader("checkpoints", [checkpoint.text]) { bytes, _ in
            guard let read = try? Checkpoint(parsing: bytes) else { return false }
            try Broken.unless(read.text == bytes, "a checkpoint is written otherwise")
            return true
        },
        ForeignReader("signature lines", [SignedNote.lines(note.signatures)]) { bytes, _ in
            guard let lines = try? SignedNote.signatures(parsing: bytes) else { return false }
            try Broken.unless(SignedNote.lines(lines) == bytes, "signature lines are written otherwise")
            return true
        },
        ForeignReader(text: "keys", [signer.verifier.vkey, cosigner.verifier.vkey, signer.skey]) { text in
            if let key = try? NoteVerifier(vkey: text) { try Broken.unless(key.vkey == text, "a key is written otherwise") }
            if let key = try? CosignatureVerifier(vkey: text) { try Broken.unless(key.vkey == text, "a key is written otherwise") }
            _ = (try? NoteSigner(skey: text), try? Cosigner(skey: text))
            return true
        },
        ForeignReader("requests to witness", [AddCheckpoint.body(old: 7, [digest, digest], note)]) { bytes, _ in
            guard let request = AddCheckpoint(parsing: bytes) else { return false }
            guard let proof = request.proof else { return true }
            try Broken.unless(
                AddCheckpoint.body(old: proof.old, proof.hashes, request.note) == bytes, "a request is written otherwise")
            return true
        },
        ForeignReader("witness policies", [Array(policy.utf8)]) { bytes, _ in
            guard let policy = try? WitnessPolicy(parsing: bytes) else { return false }
            _ = try? policy.judge(note, now: 1_700_000_000)
            return true
        },
        ForeignReader("proofs", [proof], count: 4_000) { bytes, _ in
            let leaves = (0..<11).map { MerkleHash.leaf([$0]) }
            let tree = root(leaves)
            guard bytes.count >= 17 else { return false }
            let (position, size) = (number(bytes[0..<8]), number(bytes[8..<16]))
            let path = stride(from: 16, through: bytes.count - 32, by: 32).map { Digest32(Array(bytes[$0..<$0 + 32])) }
            let isIncluded = verifyInclusion(leaf: leaves[5], position: position, size: size, path: path, root: tree)
            let isTrue = position == 5 && size == 11 && Array(bytes.dropFirst(16)).starts(with: proof.dropFirst(16))
            // Bytes after the last whole hash belong to no proof. A position or size that is not the tree's may share the path's form.
            if position == 5, size == 11 {
                try Broken.unless(isIncluded == (isTrue && path.count == (proof.count - 16) / 32), "a false proof")
            }
            _ = verifyConsistency(from: position, to: size, oldRoot: leaves[0], newRoot: tree, path: path)
            return isIncluded
        },
    ]

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int64 { Int64(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) }) }

    private static func root(_ leaves: [Digest32]) -> Digest32 {
        if leaves.count == 1 { return leaves[0] }
        var half = 1
        while half * 2 < leaves.count { half *= 2 }
        return MerkleHash.node(root(Array(leaves[..<half])), root(Array(leaves[half...])))
    }

    /// Position, size and path of leaf 5 of 11.
    private static let proof: [UInt8] = {
        let leaves = (0..<11).map { MerkleHash.leaf([$0]) }
        let path = [leaves[4], root(Array(leaves[6..<8])), root(Array(leaves[..<4])), root(Array(leaves[8...]))]
        return [0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 11] + path.flatMap(\.bytes)
    }()

    // MARK: - HTTP

    static let http = [
        ForeignReader(text: "queries", ["as_of_position=12&as_of=2026-01-15T15%3A30%3A00Z&limit=40&receipt=true", "cursor=abc_-&limit=7"]) {
            text in
            guard let found = try? Parameters(text, allowed: ["as_of_position", "as_of", "limit", "receipt", "cursor"]) else {
                return false
            }
            _ = (try? found.integer("limit", in: 1...1000), try? found.integer("as_of_position", in: 0 ... .max))
            _ = (try? found.instant("as_of"), try? found.flag("receipt"))
            return true
        },
        ForeignReader(text: "percent-encoding", ["/api/internal/trades/T%2D1%20%C3%A9", "a+b"]) { text in
            guard let decoded = PercentEncoding.decode(text) else { return false }
            try Broken.unless(!decoded.utf8.contains(0), "a zero byte passes")
            return true
        },
        ForeignReader(text: "headers", [#"W/"abc", "def-gzip""#, "gzip;q=0.5, *;q=0", "text/html;q=0.9, application/json, */*;q=1e400"]) {
            text in
            let names = ["if-none-match", "accept-encoding", "accept", "range", "content-length"]
            let request = APIRequest(
                method: "GET", path: "/", headers: Dictionary(uniqueKeysWithValues: names.map { ($0, [text]) }), isFromLoopback: true)
            _ = (ContentNegotiation.acceptsGzip(request), ContentNegotiation.prefersPage(request), ContentNegotiation.prefersCSV(request))
            let answer = APIResponse(
                status: 200, headers: [("Content-Type", "text/plain"), ("ETag", #""abc""#)], body: Array(repeating: 97, count: 2000))
            let status = ContentNegotiation.negotiated(answer, for: request).status
            let tags = text.filter { $0 != " " && $0 != "\t" }
            try Broken.unless(status == 200 || tags.contains("abc") || tags.contains("*"), "another tag is taken for this one")
            return true
        },
        ForeignReader(text: "cursors", [cursor.text(list: "trades")]) { text in
            guard let read = try? ViewCursor(parsing: text, list: "trades") else { return false }
            let again = try? ViewCursor(parsing: read.text(list: "trades"), list: "trades")
            try Broken.unless(again.map { $0.key == read.key && $0.position == read.position } ?? false, "a cursor is written otherwise")
            try Broken.unless((try? ViewCursor(parsing: text, list: "lifecycles")) == nil, "a cursor passes for another list")
            return true
        },
    ]

    private static let cursor = ViewCursor(
        position: 12_890, asOf: must { Instant("2026-02-03T21:14:09Z")! }, version: "v1/c2", key: ["alpha_sync", "T-1", "é"])
}
