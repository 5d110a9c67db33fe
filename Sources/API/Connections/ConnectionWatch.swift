import NIOCore

/// Watches the bytes of one connection and reports a client that is too slow.
///
/// It is the first handler of the pipeline, before any parsing. One timer checks the deadlines. It runs only while the
/// client has one, so a client is cut off after its time plus at most a quarter of it.
final class ConnectionWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private let table: ConnectionTable
    private let entry: ConnectionTable.Entry
    private let interval: TimeAmount
    private var clock: ConnectionClock
    /// Whether a check is scheduled, or no further check is needed.
    private var isScheduled = false
    /// Receives the verdict on the connection, on its event loop.
    private let onVerdict: (ConnectionClock.Verdict) -> Void

    init(
        _ entry: ConnectionTable.Entry, in table: ConnectionTable, _ limits: ServiceLimits,
        onVerdict: @escaping (ConnectionClock.Verdict) -> Void
    ) {
        self.entry = entry
        self.table = table
        self.onVerdict = onVerdict
        clock = ConnectionClock(requestDeadline: limits.requestDeadline, stallTimeout: limits.stallTimeout, now: .now)
        interval = TimeAmount(min(limits.requestDeadline, limits.stallTimeout) / 4)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        clock.received(at: .now)
        changed(context)
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        clock.wrote(unwrapOutboundIn(data).readableBytes, at: .now)
        context.write(data, promise: promise)
        schedule(context)
    }

    func requestEnded() {
        clock.requestEnded(at: .now)
        table.mark(entry, waitingSince: clock.waitingSince)
    }

    func answerEnded() {
        clock.answerEnded(at: .now)
        table.mark(entry, waitingSince: clock.waitingSince)
    }

    private func changed(_ context: ChannelHandlerContext) {
        table.mark(entry, waitingSince: clock.waitingSince)
        schedule(context)
    }

    private func schedule(_ context: ChannelHandlerContext) {
        if isScheduled { return }
        isScheduled = true
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: interval) {
            let (handler, context) = bound.value
            handler.check(context)
        }
    }

    private func check(_ context: ChannelHandlerContext) {
        isScheduled = false
        guard context.channel.isActive else { return }
        let buffered = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        switch clock.verdict(at: .now, buffered: buffered) {
        case .quiet: break
        case .waitUntil: schedule(context)
        case let verdict:
            // This verdict is final, so no further check is scheduled.
            isScheduled = true
            onVerdict(verdict)
        }
    }
}
