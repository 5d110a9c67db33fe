import Curl
import LedgerEvents
import LedgerNotes
import LedgerValues
import LedgerWitness

/// Asks one witness over HTTP.
struct WitnessClient: Sendable {
    private let url: String
    private let transport: CurlTransport
    private let timeoutSeconds: Double
    private static let maximumBytes = 1 << 20

    /// What a witness said.
    enum Answer: Sendable {
        case lines([SignedNote.Signature])
        /// It cosigned another size last, or says so: nobody signed this.
        case conflict(size: Int64)
    }

    /// Why a witness did not cosign.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    init(url: String, _ transport: CurlTransport, timeoutSeconds: Double) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.transport = transport
        self.timeoutSeconds = timeoutSeconds
    }

    func add(_ note: SignedNote, old: Int64, path: [Digest32]) async throws -> Answer {
        let answer = try await transport.send(
            HTTPRequestSpec(
                .post(AddCheckpoint.body(old: old, path, note)), url: url + "/add-checkpoint",
                headers: [("Content-Type", "text/plain; charset=utf-8")], timeoutSeconds: timeoutSeconds,
                maximumBodyBytes: Self.maximumBytes))
        switch answer.status {
        case 200:
            do {
                return .lines(try SignedNote.signatures(parsing: answer.body))
            } catch {
                throw Refusal(description: "it answered 200 without signature lines: \(error)")
            }
        case 409:
            guard answer.header("Content-Type").map({ $0.hasPrefix("text/x.tlog.size") }) ?? false,
                let text = String(validating: answer.body, as: UTF8.self), text.hasSuffix("\n"), let size = Int64(text.dropLast()),
                size >= 0,
                "\(size)\n".utf8.elementsEqual(answer.body)
            else { throw Refusal(description: "it answered 409 without a size") }
            return .conflict(size: size)
        default: throw Refusal(description: "it answered \(answer.status)")
        }
    }

    /// What the witness says that it cosigned last of a log. Nil if it has nothing.
    func checkpoint(of origin: String) async throws -> SignedNote? {
        let hash = Digest32(sha256Of: Array(origin.utf8))
        let answer = try await transport.get(
            HTTPRequestSpec(url: "\(url)/\(hash)/checkpoint", timeoutSeconds: timeoutSeconds, maximumBodyBytes: Self.maximumBytes))
        guard answer.status == 200 else { return nil }
        return try? SignedNote(parsing: answer.body)
    }
}
