import Operations

extension Route {
    static let description = [
        Route("GET", "/openapi.yaml", isUngated: true) { api, request, _ in try api.description(request) }
    ]
}

extension API {
    /// The OpenAPI description of this interface: the contents of `schema/openapi.yaml`.
    func description(_ request: APIRequest) throws -> APIResponse {
        _ = try Parameters(request.query, allowed: [])
        var response = APIResponse.json(try ledger.resources.apiDescription())
        response.headers[0].value = "application/yaml"
        return response
    }
}
