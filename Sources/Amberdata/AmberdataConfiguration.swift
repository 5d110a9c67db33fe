/// Where Amberdata is asked, and as whom.
package struct AmberdataConfiguration: Sendable {
    /// For example `https://api.amberdata.com/markets/derivatives`; `http` on loopback only, since the key travels.
    package var baseURL: String
    package var apiKey: String
    /// The longest that one request may take.
    package var timeoutSeconds: Double
    package var maximumRequestsPerSecond: Int

    package init(
        baseURL: String, apiKey: String, timeoutSeconds: Double = 20, maximumRequestsPerSecond: Int = 15
    ) {
        self.baseURL = baseURL
        self.apiKey = apiKey
        self.timeoutSeconds = timeoutSeconds
        self.maximumRequestsPerSecond = maximumRequestsPerSecond
    }
}

extension AmberdataConfiguration: CustomStringConvertible, CustomReflectable {
    /// The base URL where it may be used, since one with a user or a query may hold secrets; never the key.
    package var description: String {
        let url = try? BaseAddress(baseURL).url
        return "Amberdata at \(url ?? "an address that is refused")"
    }

    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
