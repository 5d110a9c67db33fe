/// The upper limits of the service. They bound every queue, buffer and wait.
package struct ServiceLimits: Sendable {
    /// Reads answered at a time, and reads waiting for their turn. Further reads are refused with a 503.
    package var concurrentReads = 128
    package var queuedReads = 512
    /// The same for POSTs, which run for long.
    package var concurrentWrites = 4
    package var queuedWrites = 4
    /// The time for a read, including its wait. At the deadline the current statement is cancelled in the database.
    package var readDeadline: Duration = .seconds(15)
    /// The same for a POST. A sync of everything takes minutes.
    package var writeDeadline: Duration = .seconds(1800)
    /// Open event streams.
    package var eventStreams = 1024
    /// The time between two heartbeats on a stream without events.
    package var heartbeat: Duration = .seconds(15)
    /// The time for which a reader may take nothing of an answer or a stream before it is dropped.
    package var stallTimeout: Duration = .seconds(20)
    /// The time for a whole request, head and body, from the client's first byte on.
    package var requestDeadline: Duration = .seconds(15)
    /// The time for which an idle connection stays open.
    package var idleTimeout: Duration = .seconds(60)
    /// The time that an ended connection gives its client to read the last answer.
    package var lingerTime: Duration = .seconds(1)
    /// The limits of a request: bytes of its path with the query, bytes of its head, number of header fields, and bytes
    /// of its body.
    package var targetBytes = 8192
    package var headBytes = 32 << 10
    package var headFields = 100
    package var bodyBytes = 64 << 10
    /// The number of wrong keys from one address before it has to wait, and the number that each further minute permits.
    package var authenticationFailures = 20
    package var authenticationFailuresPerMinute = 20
    /// The requests a second of one address for those parts of the open log that need no key.
    package var publicRequestsPerSecond = 50
    /// The time after a preview within which the console may start the real run.
    package var previewSeconds = 15 * 60
    /// The size of the answer cache, in bytes.
    package var cachedAnswerBytes = 32 << 20
    /// Open connections, including streams, of all clients together and of one address. Beyond either limit the
    /// connection whose client has kept the service waiting longest is closed. A proxy counts as one address, so
    /// clients behind it share the second limit.
    package var connections = 4096
    package var connectionsPerPeer = 2048

    package init() {}
}
