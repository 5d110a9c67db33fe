/// What the service allows at most. Every queue, buffer and wait of it ends at one of these.
public struct ServiceLimits: Sendable {
    /// Reads answered at a time, and those that wait for their turn; past both they are refused with a 503.
    public var concurrentReads = 128
    public var queuedReads = 512
    /// The same of POSTs, which run for long.
    public var concurrentWrites = 4
    public var queuedWrites = 4
    /// How long a read may take, its wait included; the statement under way is cancelled in the database.
    public var readDeadline: Duration = .seconds(15)
    /// The same of a POST: a sync of everything takes minutes.
    public var writeDeadline: Duration = .seconds(1800)
    /// Open event streams.
    public var eventStreams = 1024
    /// Between two signs of life on a stream where nothing happens.
    public var heartbeat: Duration = .seconds(15)
    /// How long a reader may take nothing of an answer, or of a stream, before it is dropped.
    public var stallTimeout: Duration = .seconds(20)
    /// How long a client may take for a whole request, head and body, from its first byte on.
    public var requestDeadline: Duration = .seconds(15)
    /// How long a connection on which nothing is asked stays open.
    public var idleTimeout: Duration = .seconds(60)
    /// How long a connection that was ended waits for its client to read the last answer.
    public var lingerTime: Duration = .seconds(1)
    /// Bytes of a request: its path with the query, its head, the number of its header fields, and its body.
    public var targetBytes = 8192
    public var headBytes = 32 << 10
    public var headFields = 100
    public var bodyBytes = 64 << 10
    /// Wrong keys from one address before it has to wait, and how many more each minute allows.
    public var authenticationFailures = 20
    public var authenticationFailuresPerMinute = 20
    /// How long a real sync of the console may follow its preview.
    public var syncPreviewSeconds = 15 * 60
    /// Answers kept to be given again, in bytes.
    public var cachedAnswerBytes = 32 << 20
    /// Open connections, streams included, of everybody and of one address. Past either the one whose client has been
    /// waited for longest is closed. A proxy is one address: behind one, its clients share the second.
    public var connections = 4096
    public var connectionsPerPeer = 2048

    public init() {}
}
