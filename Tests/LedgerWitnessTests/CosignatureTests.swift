import Crypto
import Foundation
import LedgerNotes
import LedgerValues
import LedgerWitness
import Testing

/// A verifier key's text of any type, made without our code.
enum VerifierKeyText {
    static func make(_ name: String, _ algorithm: UInt8, _ key: [UInt8]) throws -> String {
        let hash = SHA256.hash(data: Array(name.utf8) + [0x0a, algorithm] + key).prefix(4).map { String(format: "%02x", $0) }.joined()
        return "\(name)+\(hash)+\(Data([algorithm] + key).base64EncodedString())"
    }
}

@Suite struct CosignatureTests {
    @Test func `a cosignature is what the format says, byte by byte`() throws {
        let bench = try WitnessBench(1)
        let note = try bench.note()
        let line = try bench.witnesses[0].cosign(note, at: 1_679_315_147)
        let key = try Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: 10, count: 32)).publicKey
        let message = Array("cosignature/v1\ntime 1679315147\n".utf8) + note.text
        #expect(line.name == "witness.example/w0" && line.bytes.count == 72)
        #expect(Array(line.bytes.prefix(8)) == [0, 0, 0, 0, 0x64, 0x18, 0x50, 0xcb])
        #expect(key.isValidSignature(line.bytes.dropFirst(8), for: message))
        let vkey = try VerifierKeyText.make("witness.example/w0", 4, Array(key.rawRepresentation))
        #expect(bench.witnesses[0].verifier.vkey == vkey)
        #expect(try CosignatureVerifier(vkey: vkey).time(in: note.adding([line])) == 1_679_315_147)
        // As it is transmitted, alone and in its note.
        #expect(try SignedNote.signatures(parsing: SignedNote.lines([line])) == [line])
        #expect(try SignedNote(parsing: note.adding([line, line]).bytes).signatures.count == 2)
        #expect(try Cosigner(skey: bench.witnesses[0].skey).verifier == bench.witnesses[0].verifier)
        #expect(throws: NoteError.self) { try Cosigner(skey: bench.log.skey) }
        #expect(throws: NoteError.self) { try NoteSigner(skey: bench.witnesses[0].skey) }
        #expect(throws: NoteError.self) { try SignedNote.signatures(parsing: []) }
    }
}
