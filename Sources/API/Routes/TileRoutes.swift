import LedgerMerkle
import Operations

/// The log as C2SP `tlog-tiles` (docs/contract/proofs.md, "The open log"). Paths are matched literally, so no other spelling of one
/// is the same resource.
extension Route {
    static let tiles = [
        Route("GET", "/tlog/checkpoint") { api, request, _ in try await api.publishedCheckpoint(request) },
        Route("GET", "/tlog/tile/entries/{bundle}", takesRest: true) { api, request, captures in
            try await api.tile("entries/\(captures[0])", request)
        },
        Route("GET", "/tlog/tile/{tile}", takesRest: true) { api, request, captures in try await api.tile(captures[0], request) },
        Route("GET", "/tlog/proof/{position}", takesRest: true) { api, request, captures in
            try await api.tileProof(of: captures[0], request)
        },
    ]
}

extension API {
    func publishedCheckpoint(_ request: APIRequest) async throws -> APIResponse {
        _ = try Parameters(request.query, allowed: [])
        return .text(try await ledger.publishedCheckpoint(), cache: "max-age=5")
    }

    /// A tile or a bundle of entries, which never changes.
    func tile(_ path: String, _ request: APIRequest) async throws -> APIResponse {
        _ = try Parameters(request.query, allowed: [])
        guard let resource = TileResource(path: path) else { throw Problem(TileError.noSuchTile) }
        let body = try await ledger.tile(resource)
        var content = TileContent.hashes
        if case .entries = resource { content = .all }
        // What only a key's holder may have, a shared cache must not keep.
        let isShared = !ledger.settings.hasReadKeys || access.isPublic(content)
        var response = APIResponse(
            status: 200,
            headers: [
                ("Content-Type", "application/octet-stream"),
                ("Cache-Control", "\(isShared ? "public" : "private"), max-age=31536000, immutable"),
                ("X-Content-Type-Options", "nosniff"), ("ETag", body.tag.header),
            ], body: body.bytes)
        response.isCompressible = content == .all
        return response
    }

    func tileProof(of text: String, _ request: APIRequest) async throws -> APIResponse {
        _ = try Parameters(request.query, allowed: [])
        guard let position = Parameters.wholeNumber(text), position >= 1, "\(position)".utf8.elementsEqual(text.utf8) else {
            throw Problem(TileError.noSuchTile)
        }
        do {
            return .text(try await ledger.tileProof(of: position), cache: "no-cache")
        } catch {
            let problem = Problem(error)
            if problem.code == .positionUnknown { throw Problem(.positionUnknown, status: 404, problem.detail) }
            throw error
        }
    }
}

extension APIResponse {
    /// A note or a proof.
    fileprivate static func text(_ body: [UInt8], cache: String) -> APIResponse {
        var response = APIResponse.json(body, cache: cache)
        response.headers[0].value = "text/plain; charset=utf-8"
        return response
    }
}
