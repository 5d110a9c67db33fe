import LedgerJSON
import LedgerNotes
import Operations

extension Route {
    static let proofs = [
        Route("GET", "/api/ledger/checkpoint") { api, request, _ in try await api.checkpoint(request) },
        Route("GET", "/api/ledger/proof/inclusion") { api, request, _ in try await api.inclusionProof(request) },
        Route("GET", "/api/ledger/proof/consistency") { api, request, _ in try await api.consistencyProof(request) },
    ]
}

extension API {
    /// The signed head as a note, byte for byte the output of `audit checkpoint`.
    func checkpoint(_ request: APIRequest) async throws -> APIResponse {
        _ = try Parameters(request.query, allowed: [])
        do {
            var response = APIResponse.json(try await ledger.signCheckpoint().bytes, cache: "no-store")
            response.headers[0].value = "text/plain; charset=utf-8"
            return response
        } catch let error as AuditError {
            throw Problem(error)
        }
    }

    func inclusionProof(_ request: APIRequest) async throws -> APIResponse {
        let parameters = try Parameters(request.query, allowed: ["position", "size"])
        guard let position = try parameters.integer("position", in: 1...Int64.max) else {
            throw Problem(.badParameter, "position: expected a whole number, 1 or more")
        }
        let size = try parameters.integer("size", in: 1...Int64.max)
        let (proof, id) = try await ledger.proveInclusion(position: position, size: size)
        return .json(proof.node(id).httpBytes())
    }

    func consistencyProof(_ request: APIRequest) async throws -> APIResponse {
        let parameters = try Parameters(request.query, allowed: ["from", "to"])
        guard let from = try parameters.integer("from", in: 0...Int64.max),
            let to = try parameters.integer("to", in: 0...Int64.max)
        else { throw Problem(.badParameter, "from, to: expected two whole numbers, 0 or more") }
        if from > to { throw Problem(.badParameter, "from: expected a size that is not above `to`") }
        let (proof, id) = try await ledger.proveConsistency(from: from, to: to)
        return .json(proof.node(id).httpBytes())
    }
}

extension Problem {
    /// The reason why a row was not proven.
    init(_ error: BundleError) {
        switch error {
        case .badKey: self.init(.badParameter, "key: \(error)")
        case .noSuchRow: self.init(.notFound, "\(error)")
        case .frozen, .targetExists: self.init(.conflict, "\(error)")
        case .alteredLog, .alteredRows, .files: self.init(.notReady, "\(error)")
        }
    }

    /// The reason why signing was refused. File errors contain paths, which clients must not see.
    init(_ error: AuditError) {
        switch error {
        case .forkDetected: self.init(.forkDetected, "\(error)")
        case .forkSuspected: self.init(.forkSuspected, "\(error)")
        case .keyMismatch, .nothingToAcknowledge: self.init(.conflict, "\(error)")
        case .keyFile, .checkpoint, .keyFileMissing, .signedHeadsMissing, .keyRecords, .forkRecords, .headRecords, .record,
            .signerBusy:
            self.init(.notReady, "\(error.code): checkpoints can't be signed; `alpha-ledger audit checkpoint` says why")
        }
    }
}
