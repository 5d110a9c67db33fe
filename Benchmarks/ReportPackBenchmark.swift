import Console
import LedgerEvents
import LedgerStore
import LedgerValues
import Operations

/// A report pack of three underlyings with their positions, in the ledger of the pages' benchmark. The baseline answers the same
/// questions of the underlyings, and writes no artifacts and no reports of them.
enum ReportPackBenchmark {
    private static let underlyings = PagesBenchmark.underlyings + ["BTC"]

    static func run(_ bench: Bench) async throws {
        try await bench.withLedger { ledger in
            Bench.text("appending and folding \(bench.events) events and a market …")
            try await PagesBenchmark.fill(ledger, bench.events)
            let position = try await ledger.head().head.position
            let newYork = try ledger.newYork()
            let reader = ResearchReader(ledger, isBounded: false)
            var packs: [Double] = []
            var bare: [Double] = []
            var largest = 0
            // The first round warms plans and connections.
            for round in 0...bench.rounds {
                let answers = try await Bench.seconds {
                    let request = pinned(position, Int64(2 * round))
                    for kind in ResearchKind.allCases where !kind.isOfPortfolio {
                        for underlying in underlyings { _ = try await answer(try kind.question(of: underlying, on: nil), request, reader) }
                    }
                }
                let pack = try await Bench.seconds {
                    var asked = try ReportPackRequest(underlyings: underlyings.joined(separator: ","))
                    let request = pinned(position, Int64(2 * round + 1))
                    (asked.hasPositions, asked.asOfPosition, asked.asOf) = (true, request.asOfPosition, request.asOf)
                    let pack = try await reader.reportPack(asked, newYork: newYork, reports: reports)
                    let artifacts = pack.files.count { $0.path.hasSuffix(".json") }
                    guard artifacts >= 3 * underlyings.count else { throw BenchmarkError("the pack has \(artifacts) artifacts") }
                    largest = pack.files.reduce(0) { $0 + $1.bytes.count }
                }
                if round > 0 {
                    bare.append(answers)
                    packs.append(pack)
                }
            }
            Bench.text("\(largest) bytes in a pack")
            Bench.percentiles("report pack of \(underlyings.count) underlyings (goal < 3,000 ms)", seconds: packs)
            Bench.percentiles("the answers alone", seconds: bare)
            Bench.ratio("pack ÷ answers", Bench.median(packs) / Bench.median(bare))
        }
    }

    /// Each with a moment of its own, so that nothing is answered from memory.
    private static func pinned(_ position: Int64, _ number: Int64) -> ResearchRequest {
        var request = ResearchRequest()
        request.asOfPosition = position
        request.asOf = Instant(PagesBenchmark.moment)?.advanced(byMicroseconds: number * 1_000_000)
        return request
    }

    private static func answer(_ question: some ResearchQuestion, _ request: ResearchRequest, _ reader: ResearchReader) async throws
        -> [UInt8]
    {
        try await reader.answer(question, request).json()
    }

    private static func reports(_ content: ReportPack.Content) -> [ReportPack.File] {
        let documents = content.artifacts.map { artifact in
            ResearchReport.Document(
                kind: artifact.kind.rawValue, subject: artifact.subject, path: artifact.path, isOfPortfolio: artifact.kind.isOfPortfolio,
                data: artifact.document)
        }
        let report = ResearchReport(
            underlyings: content.underlyings, position: content.position, asOf: content.asOf, documents: documents,
            warnings: content.warnings)
        return [
            ReportPack.File(path: "report.html", bytes: report.html()), ReportPack.File(path: "report.md", bytes: report.markdown()),
        ]
    }
}
