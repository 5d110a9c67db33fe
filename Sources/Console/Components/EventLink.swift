/// A link to an event in the log. It keeps the shown moment if the event was known by then.
enum EventLink {
    static func address(_ position: Int64, _ time: TimeFrame) -> Address {
        let isKnown = time.shown.map { position <= $0.position } ?? true
        return Address(["log"], [("position", "\(position)")] + (isKnown ? time.parameters : []))
    }
}
