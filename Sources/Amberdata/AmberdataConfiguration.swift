/// Where Amberdata is asked, and as whom.
public struct AmberdataConfiguration: Sendable {
    /// For example `https://api.amberdata.com/markets/derivatives`; `http` on loopback only, since the key travels.
    public var baseURL: String
    public var apiKey: String
    /// The longest that one request may take.
    public var timeoutSeconds: Double
    public var maximumRequestsPerSecond: Int

    public init(
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
    public var description: String {
        let url = try? BaseAddress(baseURL).url
        return "Amberdata at \(url ?? "an address that is refused")"
    }

    public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
