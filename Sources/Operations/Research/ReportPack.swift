import LedgerEvents
package import LedgerJSON
import LedgerProjections
package import LedgerValues
package import OptionTrades

/// What a report pack is asked for.
package struct ReportPackRequest: Sendable {
    package let underlyings: [String]
    /// Whether scenarios of the portfolios that hold open contracts on the underlyings belong to it.
    package var hasPositions = false
    /// What its documents stand on. Nil for the least checkpoint of what is read.
    package var asOfPosition: Int64?
    package var asOf: Instant?

    /// Reads `A,B`: at most 50 names, each once, none of them empty.
    package init(underlyings text: String) throws(ViewError) {
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let isSound = names.allSatisfy { name in
            !name.isEmpty && !name.unicodeScalars.contains("\0") && names.filter { $0.isBytewiseEqual(to: name) }.count == 1
        }
        guard isSound, names.count <= 50 else {
            throw .badParameter(name: "underlyings", expected: "at most 50 different underlyings with commas between them, as in MSTR,BTC")
        }
        underlyings = names
    }
}

/// All artifacts of some underlyings as of one position and moment, with reports for people and a manifest that names each file.
///
/// There is no clock in it: the same position and moment, under the same versions, give the same bytes.
package struct ReportPack: Sendable {
    /// A file of a pack, below its directory.
    package struct File: Sendable {
        package let path: String
        package let bytes: [UInt8]

        package init(path: String, bytes: [UInt8]) {
            self.path = path
            self.bytes = bytes
        }
    }

    /// An artifact, for those who write reports of it.
    package struct Artifact: Sendable {
        package let kind: ResearchKind
        /// The underlying, or the portfolio.
        package let subject: String
        package let path: String
        /// The artifact's member `data`.
        package let document: JSONDocument
    }

    /// What reports are written of.
    package struct Content: Sendable {
        package let underlyings: [String]
        package let position: Int64
        package let asOf: Instant
        package let artifacts: [Artifact]
        package let warnings: [String]
    }

    /// In the order of their paths.
    package let files: [File]
    package let manifest: ReportManifest
}

extension ResearchReader {
    /// Makes a pack.
    ///
    /// - Parameter reports: writes the reports for people.
    package func reportPack(
        _ asked: ReportPackRequest, newYork: NewYorkRules, reports: (ReportPack.Content) throws -> [ReportPack.File]
    ) async throws -> ReportPack {
        let request = try await settled(asked)
        guard let position = request.asOfPosition, let asOf = request.asOf else { preconditionFailure("a settled request is pinned") }
        var artifacts: [ReportPack.Artifact] = []
        var files: [ReportPack.File] = []
        var warnings: [String] = []
        for kind in ResearchKind.allCases where !kind.isOfPortfolio || asked.hasPositions {
            let subjects = kind.isOfPortfolio ? try await portfolios(of: asked.underlyings, request) : asked.underlyings
            if subjects.isEmpty { warnings.append("no_data:\(kind.rawValue)") }
            for subject in subjects {
                let artifact = try await self.artifact(
                    try kind.question(of: subject, on: nil), request, subject: subject, newYork: newYork)
                let data = try JSONDocument(parsing: Array((try JSONDocument(parsing: artifact.bytes).root["data"]?.sourceText ?? "").utf8))
                guard kind.hasData(data.root) else {
                    warnings.append("no_data:\(kind.rawValue)/\(ResearchArtifact.plain(subject))")
                    continue
                }
                files.append(ReportPack.File(path: artifact.path, bytes: artifact.bytes))
                artifacts.append(ReportPack.Artifact(kind: kind, subject: subject, path: artifact.path, document: data))
            }
        }
        warnings.sort { $0.isBytewiseLess(than: $1) }
        files += try reports(
            ReportPack.Content(
                underlyings: asked.underlyings, position: position, asOf: asOf, artifacts: artifacts, warnings: warnings))
        files.sort { $0.path.isBytewiseLess(than: $1.path) }
        let manifest = ReportManifest(
            asOf: asOf, files: files.map { ReportManifest.File($0) }, position: position, hasPositions: asked.hasPositions,
            underlyings: asked.underlyings, warnings: warnings)
        return ReportPack(files: files, manifest: manifest)
    }

    /// The views that a pack reads.
    package static func views(of asked: ReportPackRequest) throws -> [View] {
        var views: [View] = asked.hasPositions ? [.lifecycles] : []
        for kind in ResearchKind.allCases where !kind.isOfPortfolio || asked.hasPositions {
            for view in try kind.question(of: "-", on: nil).views
            where !views.contains(where: { $0.projection.isBytewiseEqual(to: view.projection) }) {
                views.append(view)
            }
        }
        return views
    }

    /// The request with the position and the moment that all documents of the pack share.
    private func settled(_ asked: ReportPackRequest) async throws -> ResearchRequest {
        let views = try Self.views(of: asked)
        var request = ResearchRequest()
        (request.asOfPosition, request.asOf) = (asked.asOfPosition, asked.asOf)
        // The position first; then the moment is that of its event, where none is asked for.
        request.asOfPosition = try await standing(views, nil, request).position
        request.asOf = try await standing(views, nil, request).now
        return request
    }

    /// The portfolios with an open contract on one of the underlyings, ascending.
    private func portfolios(of underlyings: [String], _ request: ResearchRequest) async throws -> [String] {
        let answer = try await answer(OpenPortfolios(underlyings: underlyings), request)
        return try answer.document().root["portfolios"]?.elements.compactMap(\.string) ?? []
    }
}

/// Which portfolios hold open contracts on some underlyings.
private struct OpenPortfolios: ResearchQuestion {
    let underlyings: [String]

    var name: String { "portfolios" }
    var views: [View] { [.lifecycles] }
    var key: String { underlyings.joined(separator: ",") }

    func document(_ rows: ResearchRows) throws -> [UInt8] {
        var found: [String] = []
        for underlying in underlyings {
            for document in try rows.rows(.lifecycles, [.equals(column: "underlying_symbol", value: underlying)]) {
                let row = document.root
                guard let quantity = row["net_quantity"]?.decimal, !quantity.isZero, let portfolio = row["source_portfolio"]?.string,
                    !found.contains(where: { $0.isBytewiseEqual(to: portfolio) })
                else { continue }
                found.append(portfolio)
            }
        }
        return JSONWriter.bytes(reservingCapacity: 256) { out in
            out.beginObject()
            out.key("portfolios"); out.strings(found.sorted { $0.isBytewiseLess(than: $1) })
            out.endObject()
        }
    }
}
