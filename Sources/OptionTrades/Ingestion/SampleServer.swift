/// A server on loopback that stands for a source or a vendor, with a content of its own: for demonstrations.
package struct SampleServer: Sendable {
    /// The settings under which this server is asked, by name. A nil takes a configured setting away.
    package let settings: [String: String?]
    /// Stops the server. A second call has no effect.
    package let stop: @Sendable () async -> Void

    package init(settings: [String: String?], stop: @escaping @Sendable () async -> Void) {
        self.settings = settings
        self.stop = stop
    }
}
