import Glibc
import LedgerEvents
import LedgerJSON
import LedgerValues
package import OptionTrades

/// A document of research as a file: the same position gives the same bytes, whenever it is written.
package struct ResearchArtifact: Sendable {
    /// Below the folder of the output: `<name>/<subject>/<date>.json`.
    package let path: String
    /// JSON, with a line break at its end.
    package let bytes: [UInt8]

    /// - Parameters:
    ///   - name: of the question.
    ///   - subject: the underlying, or the portfolio.
    ///   - marketDate: of the document, or of its moment.
    init(_ name: String, subject: String, marketDate: CalendarDate, _ answer: ResearchAnswer) {
        path = "\(name)/\(Self.plain(subject))/\(marketDate).json"
        func text(_ node: JSONNode) -> String { String(decoding: node.httpBytes(), as: UTF8.self) }
        let members = [
            ("as_of", text(.string(answer.asOf.description))), ("data", String(decoding: answer.bytes, as: UTF8.self)),
            ("disclaimer", text(.string(Research.disclaimer))), ("ledger", text(answer.ledger)),
            ("market_date", text(.string(marketDate.description))), ("schema", text(.string("alpha-ledger/\(name)/v1"))),
        ]
        bytes = Array("{\(members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ","))}\n".utf8)
    }

    /// A subject as the name of a folder: whatever is not a letter, a digit, `.`, `_` or `-` is `%` and two hex digits, and so is a
    /// leading point.
    static func plain(_ subject: String) -> String {
        var name = ""
        for (index, byte) in subject.utf8.enumerated() {
            let isPlain =
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                case UInt8(ascii: "."): index > 0
                default: false
                }
            if isPlain {
                name.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                name += "%\(hex.utf8.count == 1 ? "0" : "")\(hex)"
            }
        }
        return name
    }

    /// Why a file can't be written.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Writes the file below a folder. It is there whole, or not at all.
    package func write(below folder: String) throws(Failure) { try Self.write(bytes, to: path, below: folder) }

    /// Writes a file below a folder. It is there whole, or not at all.
    static func write(_ bytes: [UInt8], to path: String, below folder: String) throws(Failure) {
        let parts = path.split(separator: "/")
        var parent = folder
        for part in [""] + parts.dropLast() {
            if !part.isEmpty { parent += "/\(part)" }
            guard mkdir(parent, 0o755) == 0 || errno == EEXIST else { throw failure(parent) }
        }
        let (target, temporary) = ("\(folder)/\(path)", "\(folder)/\(path).\(getpid()).new")
        guard let file = fopen(temporary, "wb") else { throw failure(temporary) }
        let count = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
        guard fclose(file) == 0, count == bytes.count, rename(temporary, target) == 0 else {
            let problem = failure(target)
            unlink(temporary)
            throw problem
        }
    }

    private static func failure(_ path: String) -> Failure {
        Failure(description: "\(path) can't be written: \(String(cString: strerror(errno)))")
    }
}

extension ResearchReader {
    /// The artifact of a question. Without a position and a moment it stands on the projections' checkpoint, at the moment of that
    /// position's event.
    package func artifact(
        _ question: some ResearchQuestion, _ request: ResearchRequest, subject: String, newYork: NewYorkRules
    ) async throws -> ResearchArtifact {
        var request = request
        var answer = try await self.answer(question, request)
        if request.asOfPosition == nil, request.asOf == nil {
            request.asOfPosition = answer.position
            answer = try await self.answer(question, request)
        }
        let root = try answer.document().root
        // That of the document, or of its last row, or of its moment.
        var date = root["market_date"]?.string.flatMap { CalendarDate($0) }
        for row in root["rows"]?.elements.map({ $0 }) ?? [] { date = row["market_date"]?.string.flatMap { CalendarDate($0) } ?? date }
        return ResearchArtifact(
            question.name, subject: subject, marketDate: date ?? newYork.date(at: answer.asOf) ?? answer.asOf.date, answer)
    }
}
