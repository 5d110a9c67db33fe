import LedgerMerkle
import LedgerNotes
import LedgerValues
import Testing

@Suite struct SignedNoteTests {
    static let seed = (0..<32).map { UInt8($0) }
    static func signer(_ name: String = "alpha-ledger/test") throws -> NoteSigner { try NoteSigner(name: name, seed: seed) }
    static func checkpoint(_ size: Int64 = 42) throws -> Checkpoint {
        try Checkpoint(origin: "alpha-ledger/test", size: size, root: MerkleHash.leaf([1, 2, 3]))
    }

    @Test func `the published example key has its published hash`() throws {
        // The key of the signed note package's documentation: golang.org/x/mod/sumdb/note.
        let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        let verifier = try NoteVerifier(vkey: vkey)
        #expect(verifier.name == "PeterNeumann" && verifier.keyHash == 0xc74f_20a3 && verifier.vkey == vkey)
        let note = """
            If you think cryptography is the answer to your problem,
            then you don't know what your problem is.

            — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=

            """
        try SignedNote(parsing: Array(note.utf8)).verify(verifier)
    }

    @Test func `keys come back from their texts and every change of one is refused`() throws {
        let signer = try Self.signer()
        #expect(try NoteSigner(skey: signer.skey).verifier == signer.verifier)
        #expect(try NoteVerifier(vkey: signer.verifier.vkey) == signer.verifier)
        let text = Array(signer.verifier.vkey.utf8)
        for index in text.indices {
            for bit in 0..<7 {
                var changed = text
                changed[index] ^= 1 << UInt8(bit)
                let vkey = String(decoding: changed, as: UTF8.self)
                #expect(throws: NoteError.self, "\(vkey)") { try NoteVerifier(vkey: vkey) }
            }
        }
        #expect(throws: NoteError.self) { try NoteSigner(skey: signer.skey.replacing("alpha", with: "alphb")) }
    }

    @Test func `a signed checkpoint comes back`() throws {
        let signer = try Self.signer()
        let note = try Self.checkpoint().signed(by: signer)
        let read = try SignedNote(parsing: note.bytes)
        #expect(read == note)
        #expect(try Checkpoint.verified(read, signer.verifier) == Self.checkpoint())
    }

    @Test func `every changed bit of a signed checkpoint is refused`() throws {
        let signer = try Self.signer()
        let bytes = try Self.checkpoint().signed(by: signer).bytes
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << UInt8(bit)
                #expect(throws: NoteError.self, "byte \(index), bit \(bit)") {
                    try Checkpoint.verified(SignedNote(parsing: changed), signer.verifier)
                }
            }
        }
        for count in bytes.indices {
            #expect(throws: NoteError.self, "cut to \(count)") {
                try Checkpoint.verified(SignedNote(parsing: Array(bytes[..<count])), signer.verifier)
            }
        }
    }

    @Test func `another key's signature beside ours changes nothing, alone it is refused`() throws {
        let signer = try Self.signer()
        let other = try NoteSigner.generate(name: "witness")
        let note = try Self.checkpoint().signed(by: signer)
        let foreign = try SignedNote(signing: note.text, with: other)
        let line = foreign.bytes.dropFirst(note.text.count + 1)
        #expect(try Checkpoint.verified(SignedNote(parsing: note.bytes + line), signer.verifier) == Self.checkpoint())
        #expect(throws: NoteError.self) { try Checkpoint.verified(foreign, signer.verifier) }
        let impostor = try NoteSigner.generate(name: "alpha-ledger/test")
        #expect(throws: NoteError.self) {
            try Checkpoint.verified(SignedNote(signing: note.text, with: impostor), signer.verifier)
        }
    }

    @Test func `extension lines are signed with the head, and a checkpoint without them is another`() throws {
        let signer = try Self.signer()
        let plain = try Self.checkpoint()
        let more = try Checkpoint(origin: plain.origin, size: plain.size, root: plain.root, extensions: ["one thing", "another"])
        #expect(more.text == plain.text + Array("one thing\nanother\n".utf8))
        #expect(try Checkpoint(parsing: more.text) == more && more != plain)
        let note = try more.signed(by: signer)
        #expect(try Checkpoint.verified(SignedNote(parsing: note.bytes), signer.verifier) == more)
        // The signature covers the lines: neither can they be taken off nor changed.
        let text = String(decoding: note.bytes, as: UTF8.self)
        for changed in [text.replacing("another\n", with: ""), text.replacing("one thing", with: "any thing")] {
            #expect(throws: NoteError.self) {
                try Checkpoint.verified(SignedNote(parsing: Array(changed.utf8)), signer.verifier)
            }
        }
        for lines in [[""], ["a\nb"], ["a\u{1}"], [String](repeating: "x", count: 17)] {
            #expect(throws: NoteError.self) { try Checkpoint(origin: "a", size: 1, root: plain.root, extensions: lines) }
        }
    }

    @Test(arguments: [
        "", "a\n1\n", "a\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "a\n-1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        "a\n+1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n",
        "a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n", "a\n1\n47DE\n", "a b\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        "a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\nmore\n",
        "\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "a\n9223372036854775808\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
    ])
    func `a text that is no checkpoint is refused`(_ text: String) {
        #expect(throws: NoteError.self) { try Checkpoint(parsing: Array(text.utf8)) }
    }
}
