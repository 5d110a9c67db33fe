import HTTPTypes
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import PrometheusMetrics

/// The connection handling of HTTP/1.1 that Hummingbird leaves open (RFC 9112, section 9.6; RFC 9110, section 10.1.1),
/// and the limits of a connection.
///
/// `Connection` is a case-insensitive list that may contain `close`. A client that waits for `100 Continue` before it
/// sends its body receives it when the body is wanted. An answer with `close` ends the connection, whether or not the
/// request had it. A client that closes its side still gets its answer, except for a stream, which would never end.
final class ConnectionRules: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Asks the client to send the body of its request.
    struct BodyIsWanted: Sendable {}

    private let limits: ServiceLimits
    private let connections: ConnectionTable
    private let metrics: ServiceMetrics
    private var watch: ConnectionWatch?

    private var expectsContinue = false
    /// Whether a request's head was read but not its end.
    private var isReading = false
    /// Whether an answer's head was written but not its end.
    private var isAnswering = false
    private var isStreaming = false
    private var isInputClosed = false
    /// Whether the current answer ends the connection.
    private var closesAfterAnswer = false
    /// Whether the connection has ended: nothing more is answered, and further input is discarded.
    private var isOver = false

    init(_ limits: ServiceLimits, _ connections: ConnectionTable, _ metrics: ServiceMetrics) {
        self.limits = limits
        self.connections = connections
        self.metrics = metrics
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        guard let codec = try? pipeline.handler(type: HTTP1ToHTTPServerCodec.self) else { return }
        try? pipeline.addHandler(HTTP10Rules(), position: .before(codec))
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        let metrics = metrics
        let admission = connections.open(channel.remoteAddress?.ipAddress ?? "") {
            metrics.closedConnections.increment(["made_room"])
            channel.close(promise: nil)
        }
        switch admission {
        case .full:
            metrics.closedConnections.increment(["too_many"])
            context.close(promise: nil)
        case .peerIsFull(let entry):
            leave(entry, with: channel)
            metrics.closedConnections.increment(["too_many_of_peer"])
            refuse(context, .tooManyConnections)
        case .admitted(let entry):
            leave(entry, with: channel)
            let watch = ConnectionWatch(entry, in: connections, limits) { [weak self] verdict in self?.end(context, verdict) }
            try? context.pipeline.syncOperations.addHandler(watch, position: .first)
            self.watch = watch
        }
        context.fireChannelActive()
    }

    private func leave(_ entry: ConnectionTable.Entry, with channel: any Channel) {
        let connections = connections
        channel.closeFuture.whenComplete { _ in connections.closed(entry) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        watch = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if isOver {
            if case .end = part, isReading { context.close(promise: nil) }
            return
        }
        switch part {
        case .head(var head):
            isReading = true
            if let connection = head.headerFields[.connection], Self.holds(connection, "close") {
                head.headerFields[.connection] = "close"
            }
            expectsContinue = head.headerFields[.expect].map { Self.holds($0, "100-continue") } ?? false
            context.fireChannelRead(wrapInboundOut(.head(head)))
        case .body: context.fireChannelRead(data)
        case .end:
            isReading = false
            watch?.requestEnded()
            context.fireChannelRead(data)
        }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is BodyIsWanted else { return context.triggerUserOutboundEvent(event, promise: promise) }
        if expectsContinue && isReading && !isAnswering && !isOver {
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
        expectsContinue = false
        promise?.succeed()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isOver {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.status == .badRequest && head.headerFields[.contentType] == nil:
            // Hummingbird refuses input that is not HTTP with an empty body. Such a refusal gets a body like every other.
            return refuse(context, Problem(.badRequest, "the request is not HTTP/1.1, or its head is too large"), promise)
        case .head(let head):
            isAnswering = true
            isStreaming = head.headerFields[.contentType] == "text/event-stream"
            closesAfterAnswer = head.headerFields[.connection] == "close"
            context.write(data, promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            isAnswering = false
            isStreaming = false
            watch?.answerEnded()
            if closesAfterAnswer {
                return end(context, data, promise, lingering: isReading ? limits.requestDeadline : limits.lingerTime)
            }
            context.write(data, promise: promise)
        }
        if isStreaming && isInputClosed { context.close(promise: nil) }
    }

    /// Sends the last part of an answer that ends the connection. The client receives all of it before the connection
    /// closes. Further input is discarded for as long as the client's request may take, or for a moment.
    private func end(
        _ context: ChannelHandlerContext, _ data: NIOAny, _ promise: EventLoopPromise<Void>?, lingering: Duration
    ) {
        isOver = true
        let sent = promise ?? context.eventLoop.makePromise()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        sent.futureResult.whenComplete { _ in
            bound.value.close(mode: .output, promise: nil)
            bound.eventLoop.scheduleTask(in: TimeAmount(lingering)) { bound.value.close(promise: nil) }
        }
        context.writeAndFlush(data, promise: sent)
    }

    /// Ends a connection whose client is too slow.
    private func end(_ context: ChannelHandlerContext, _ verdict: ConnectionClock.Verdict) {
        switch verdict {
        case .answerStalled:
            if isStreaming { metrics.droppedStreams.increment() }
            metrics.closedConnections.increment(["unread_answer"])
            context.close(promise: nil)
        case .requestTooSlow:
            metrics.closedConnections.increment(["slow_request"])
            // After an early answer there is nothing more to send.
            if isAnswering || isOver { return context.close(promise: nil) }
            refuse(context, .requestTimeout(limits.requestDeadline))
        case .quiet, .waitUntil: break
        }
    }

    /// Answers with a problem and ends the connection.
    private func refuse(_ context: ChannelHandlerContext, _ problem: Problem, _ promise: EventLoopPromise<Void>? = nil) {
        let answer = problem.response()
        var fields = HTTPFields()
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        fields[.connection] = "close"
        fields[.contentLength] = "\(answer.body.count)"
        let response = HTTPResponse(status: .init(code: answer.status), headerFields: fields)
        context.write(wrapOutboundOut(.head(response)), promise: promise)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: answer.body))), promise: nil)
        end(context, wrapOutboundOut(.end(nil)), nil, lingering: limits.lingerTime)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            isInputClosed = true
            if isStreaming { return context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    private static func holds(_ list: String, _ token: String) -> Bool {
        list.split(separator: ",").contains { $0.filter { $0 != " " && $0 != "\t" }.lowercased() == token }
    }
}
