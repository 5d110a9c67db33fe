import LedgerJSON
import LedgerValues
import OptionTrades
import Testing

@testable import LedgerEvents

/// The readers of canonical bytes beside the general ones, over what the log holds and what it must not.
@Suite struct CanonicalReaderTests {
    private static let types: [EventType] = [
        .alphaExecutionRecorded, .alphaExecutionUpdated, .contextStamped, .executionBenchmarkRecorded,
        .forwardMarkRecorded,
    ]

    /// A payload of any type that can be compared.
    private struct Read: Equatable {
        let payload: any EventPayload

        init(_ payload: any EventPayload) { self.payload = payload }

        static func == (left: Read, right: Read) -> Bool { left.payload.isEqual(to: right.payload) }
    }

    /// What the general decoder makes of some bytes.
    private static func general(_ type: EventType, _ bytes: [UInt8]) -> Result<Read, PayloadError> {
        Result { () throws(PayloadError) in
            let value = try PayloadReader.document(bytes)
            switch type {
            case .contextStamped: return Read(try ContextStampedPayload(decoding: value))
            case .executionBenchmarkRecorded: return Read(try ExecutionBenchmarkPayload(decoding: value))
            case .forwardMarkRecorded: return Read(try ForwardMarkPayload(decoding: value))
            default: return Read(try ExecutionPayload(decoding: value))
            }
        }
    }

    /// What the payload's own initializer makes of them, by whichever way.
    private static func either(_ type: EventType, _ bytes: [UInt8]) -> Result<Read, PayloadError> {
        Result { () throws(PayloadError) in
            switch type {
            case .contextStamped: return Read(try ContextStampedPayload(decoding: bytes))
            case .executionBenchmarkRecorded: return Read(try ExecutionBenchmarkPayload(decoding: bytes))
            case .forwardMarkRecorded: return Read(try ForwardMarkPayload(decoding: bytes))
            default: return Read(try ExecutionPayload(decoding: bytes))
            }
        }
    }

    private static func seed(_ type: EventType) -> UInt64 { UInt64(TradeEvents.registry.place(of: type) ?? 0) }

    private static func canonical(_ type: EventType, _ bytes: [UInt8], _ pool: TextPool) -> Read? {
        bytes.withUnsafeBufferPointer { bytes in
            TradeEvents.registry.place(of: type).flatMap { place in
                TradeEvents.registry.canonicalPayload(at: place, schemaVersion: 1, bytes: bytes, pool: pool).map { Read($0) }
            }
        }
    }

    @Test(arguments: types)
    func `Every payload that an encoder wrote is read in place, to what the general decoder reads`(type: EventType) throws {
        var random = RandomPayloads(seed: Self.seed(type))
        let pool = TextPool(places: 16)
        for round in 0..<500 {
            let bytes = random.payload(of: type)
            let read = Self.canonical(type, bytes, pool)
            #expect(read != nil, "\(type) \(round)")
            #expect(try read == Self.general(type, bytes).get(), "\(type) \(round)")
            #expect(try Self.either(type, bytes).get() == Self.general(type, bytes).get())
        }
    }

    /// 2,500 changed payloads of each type, most of which no encoder could have written.
    @Test(arguments: types)
    func `Changed and cut off payloads give the same values and the same errors either way`(type: EventType) {
        var random = RandomPayloads(seed: 1000 + Self.seed(type))
        let pool = TextPool(places: 16)
        var (values, errors) = (0, 0)
        for round in 0..<2500 {
            let bytes = random.mutated(random.payload(of: type))
            let general = Self.general(type, bytes)
            #expect(Self.either(type, bytes) == general, "\(type) \(round): \(String(decoding: bytes, as: UTF8.self))")
            if let read = Self.canonical(type, bytes, pool) {
                // An execution's reader is told by its type whether changes must be there.
                #expect(general == .success(read), "\(type) \(round): \(String(decoding: bytes, as: UTF8.self))")
            }
            if case .success = general { values += 1 } else { errors += 1 }
        }
        #expect(values > 50 && errors > 500, "\(values) values, \(errors) errors")
    }

    @Test func `An execution of the wrong type is left to the general decoder, which says what is wrong`() throws {
        var random = RandomPayloads(seed: 7)
        let pool = TextPool()
        let (recorded, updated) = (random.recorded().encode(), random.updated().encode())
        #expect(Self.canonical(.alphaExecutionRecorded, updated, pool) == nil)
        #expect(Self.canonical(.alphaExecutionUpdated, recorded, pool) == nil)
        #expect(throws: UpcastError.self) {
            try TradeEvents.registry.payload(type: .alphaExecutionUpdated, schemaVersion: 1, bytes: recorded)
        }
    }

    @Test func `A kept text is given only for its own bytes`() {
        let pool = TextPool(places: 1)
        let (one, other) = (Array("a text of some length".utf8), Array("a text of Some length".utf8))
        one.withUnsafeBufferPointer { bytes in
            #expect(pool.text(bytes) == nil)
            #expect(pool.keep("a text of some length", bytes) == "a text of some length")
            #expect(pool.text(bytes) == "a text of some length")
        }
        other.withUnsafeBufferPointer { #expect(pool.text($0) == nil) }
    }

    @Test(arguments: TradeEvents.registry.types)
    func `A type is known by the bytes of its name, and has a place of its own`(type: EventType) throws {
        let registry = TradeEvents.registry
        let place = try #require(registry.place(of: type))
        #expect(registry.type(at: place) == type)
        #expect(registry.place(utf8: type.rawValue.utf8Span.span) == place)
        #expect(registry.place(utf8: "\(type.rawValue)x".utf8Span.span) == nil)
        #expect(registry.place(utf8: String(type.rawValue.dropLast()).utf8Span.span) == nil)
    }
}

extension RandomPayloads {
    fileprivate mutating func payload(of type: EventType) -> [UInt8] {
        switch type {
        case .contextStamped: stamp().encode()
        case .executionBenchmarkRecorded: benchmark().encode()
        case .forwardMarkRecorded: mark().encode()
        case .alphaExecutionUpdated: updated().encode()
        default: recorded().encode()
        }
    }

    /// The payload with something changed: a byte, a piece cut out or doubled, a value in other words, an end cut off.
    fileprivate mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        let at = number(0...bytes.count - 1)
        switch number(0...9) {
        case 0: bytes[at] = UInt8(number(0...255))
        case 1: bytes[at] = pick(Array(#"{}[]",:\ 0.-eEnul"#.utf8))
        case 2: bytes.removeSubrange(at..<min(bytes.count, at + number(1...30)))
        case 3: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + number(1...30))], at: at)
        case 4: bytes.removeLast(number(1...bytes.count - 1))
        case 5: bytes.append(contentsOf: pick([[0x20], [0x7d], Array("null".utf8), [0]]))
        case 6: replace(&bytes, "null", pick(["\"\"", "0", "\"1\"", "true", "{}", "[]", "nul", "\"2026-01-10T14:30:00Z\""]))
        case 7: replace(&bytes, "\":\"", pick(["\":\"0", "\":\"-", "\": \"", "\":\"\\u0031", "\":\"\\ud800", "\":1", "\":\""]))
        case 8: replace(&bytes, ",\"", pick([",\"x\":1,\"", ", \"", ",,\"", ",\"basis\":1,\"", ",\"source\":\"a\",\""]))
        default: replace(&bytes, "00Z\"", pick(["00.5Z\"", "00+01:00\"", "60Z\"", "00.000000Z\"", "00z\"", "00Z\""]))
        }
        return bytes
    }

    /// Puts another text in the place of one of the places where a text stands.
    private mutating func replace(_ bytes: inout [UInt8], _ old: String, _ new: String) {
        let (old, new) = (Array(old.utf8), Array(new.utf8))
        let places = bytes.indices.dropLast(old.count).filter { bytes[$0..<$0 + old.count].elementsEqual(old) }
        guard !places.isEmpty else { return }
        let place = pick(places)
        bytes.replaceSubrange(place..<place + old.count, with: new)
    }
}
