import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerStore
package import LedgerValues
import Logging
import OptionTrades

/// Records which report packs were shown, and checks packs against that record.
package struct ReportPublisher: Sendable {
    /// Where the log says that a pack was published.
    package struct Publication: Sendable {
        package let position: Int64
        package let publishedBy: String
        /// Whether this call appended the event. False if the log had it before.
        package let isNew: Bool
    }

    /// What a check of a pack found.
    package struct Verification: Sendable {
        package let manifestDigest: Digest32
        /// Nil if the log does not know the manifest.
        package let publication: Publication?
        /// What differs, each in a sentence. Empty if the pack is the one that was published.
        package let problems: [String]
    }

    private let ledger: Ledger

    package init(_ ledger: Ledger) { self.ledger = ledger }

    /// Appends `ReportPublished`. Whoever publishes the same manifest again adds nothing, whoever they are.
    package func publish(_ manifest: ReportManifest, by: String) async throws -> Publication {
        guard !by.isEmpty, by.unicodeScalars.count <= 128, !by.unicodeScalars.contains("\0") else { throw ReportPackError.badPublisher }
        if let (known, payload) = try await published(manifest.digest) {
            return Publication(position: known, publishedBy: payload.publishedBy, isNew: false)
        }
        let payload = ReportPublishedPayload(
            asOf: manifest.asOf, manifestDigest: manifest.digest, position: manifest.position, publishedBy: by,
            underlyings: manifest.underlyings)
        do {
            if let appended = try await ledger.log.append([payload.event()], runID: ledger.newID()).first, appended.isNew {
                ledger.logger.info(
                    "report published", metadata: ["manifest_digest": "\(manifest.digest)", "position": "\(appended.position)"])
                return Publication(position: appended.position, publishedBy: by, isNew: true)
            }
        } catch let error as LedgerError {
            // Somebody else may have published it meanwhile: then the log has it.
            switch error {
            case .identityConflict, .versionConflict: break
            default: throw error
            }
        }
        guard let (position, known) = try await published(manifest.digest) else {
            throw LedgerError.corrupt(position: 0, problem: "a report that was published has no event")
        }
        return Publication(position: position, publishedBy: known.publishedBy, isNew: false)
    }

    /// Compares a pack's files with its manifest, and the manifest with the log.
    package func verify(_ directory: ReportPackDirectory) async throws -> Verification {
        let manifest = try directory.manifest()
        var problems = try directory.differences(from: manifest)
        var publication: Publication?
        if let (position, payload) = try await published(manifest.digest) {
            publication = Publication(position: position, publishedBy: payload.publishedBy, isNew: false)
            let expected = ReportPublishedPayload(
                asOf: manifest.asOf, manifestDigest: manifest.digest, position: manifest.position, publishedBy: payload.publishedBy,
                underlyings: manifest.underlyings)
            if payload != expected {
                problems.append(
                    "the event at position \(position) does not say what manifest.json says of position, moment and underlyings")
            }
        } else {
            problems.append(
                "manifest.json: no report with the digest \(manifest.digest) was published; either this pack was not, or the manifest is another one"
            )
        }
        return Verification(manifestDigest: manifest.digest, publication: publication, problems: problems)
    }

    private func published(_ digest: Digest32) async throws -> (position: Int64, payload: ReportPublishedPayload)? {
        let events = try await ledger.pool.run { session in
            try LogReader().stream(Streams.report(manifest: digest), limit: 1, session)
        }
        return try events.first.map { ($0.position, try ReportPublishedPayload(decoding: $0.payload)) }
    }
}
