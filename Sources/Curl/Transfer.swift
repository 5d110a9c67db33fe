/// A request in progress: the part of its answer that has arrived, and the task that waits for it.
///
/// After the hand-over it belongs to the loop's thread; only its ticket is shared.
///
/// Unchecked: mutable state is touched by one thread at a time, which the compiler can't see. It is the caller's thread
/// until the hand-over through the loop's locked mailbox, and the loop's thread from then on. libcurl's callbacks need
/// a class.
final class Transfer: @unchecked Sendable {
    let request: HTTPRequestSpec
    let address: UpstreamAddress
    let ticket: TransferTicket
    private let answer: CheckedContinuation<Result<HTTPResponse, TransportError>, Never>

    private var headers: [(name: String, value: String)] = []
    private var headerBytes = 0
    private var body: [UInt8] = []
    /// Why the callbacks stopped the transfer, if they did.
    private(set) var refusal: TransportError?

    /// The largest accepted head of an answer.
    private static let maximumHeaderBytes = 256 << 10

    init(
        _ request: HTTPRequestSpec, _ address: UpstreamAddress, _ ticket: TransferTicket,
        _ answer: CheckedContinuation<Result<HTTPResponse, TransportError>, Never>
    ) {
        self.request = request
        self.address = address
        self.ticket = ticket
        self.answer = answer
    }

    /// Receives a line of the head; false stops the transfer.
    func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        headerBytes += line.count
        guard headerBytes <= Self.maximumHeaderBytes else {
            refusal = TransportError(
                .malformedResponse, "\(address.origin) answered with more headers than are accepted")
            return false
        }
        // A status line starts another head: the previous head belonged to an interim answer.
        if line.starts(with: "HTTP/".utf8) {
            headers = []
            return true
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return true }
        headers.append((Self.trimmed(line[..<colon]), Self.trimmed(line[(colon + 1)...])))
        return true
    }

    /// Receives a part of the body, already decompressed; false stops the transfer.
    func takeBody(_ part: UnsafeRawBufferPointer) -> Bool {
        guard part.count <= request.maximumBodyBytes - body.count else {
            refusal = TransportError(
                .bodyTooLarge,
                "\(address.origin) answered with a body of more than \(request.maximumBodyBytes) bytes after decompression"
            )
            body = []
            return false
        }
        body.append(contentsOf: part)
        return true
    }

    /// Passes the answer to the waiting task. Called once.
    func finish(status: Int) {
        if (300...399).contains(status) {
            fail(
                TransportError(
                    .redirectRefused, "\(address.origin) answered with a redirect (\(status)), which is refused"))
        } else {
            answer.resume(returning: .success(HTTPResponse(status: status, headers: headers, body: body)))
        }
    }

    /// Passes an error to the waiting task. Called once.
    func fail(_ error: TransportError) {
        answer.resume(returning: .failure(error))
    }

    private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
        let start = bytes.firstIndex { !isSpace($0) } ?? bytes.endIndex
        let end = bytes.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }
}
