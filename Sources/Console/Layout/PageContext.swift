package import LedgerJSON

/// The surroundings of a page's content: the signed-in visitor, the page's address, and the shown moment.
package struct PageContext: Sendable {
    /// The page's own address with its query.
    package var address: Address
    package var visitor: Visitor
    package var time: TimeFrame
    /// A remark about the action just taken. Shown once, at the top.
    package var notice: Notice?
    package var preferences: Preferences
    /// The clock of the preferred zone.
    package var clock: WallClock
    /// The alerts that are raised now; nil if that is not known.
    package var openAlerts: OpenAlerts?

    package init(
        address: Address, visitor: Visitor, time: TimeFrame, notice: Notice? = nil, preferences: Preferences = Preferences(),
        clock: WallClock = .utc
    ) {
        self.address = address
        self.visitor = visitor
        self.time = time
        self.notice = notice
        self.preferences = preferences
        self.clock = clock
    }
}

/// The alerts that are raised at the moment of a list.
package struct OpenAlerts: Sendable, Equatable {
    package let count: Int
    package let critical: Int

    /// - Parameter list: the list of raised alerts. The result is nil for an error.
    package init?(_ list: Loaded) {
        guard let rows = list.root?["rows"] else { return nil }
        count = rows.count
        critical = rows.elements.count { $0["severity"]?.string == "critical" }
    }
}

/// The visitor of a page, as far as the page needs to know.
package struct Visitor: Sendable {
    package enum Role: Sendable {
        /// No session, in a service that does not require a key for reading.
        case anonymous
        case reader
        /// Reads, and gives orders.
        case trader
        case administrator
    }

    package var role: Role
    /// The token that every form sends back. Nil without a session, and then the page has no forms that act.
    package var formToken: String?
    /// Whether an administrator's key is configured. Without one the console cannot change anything.
    package var canAdminister: Bool
    /// Whether a trade key is configured.
    package var canTrade: Bool

    package init(role: Role, formToken: String?, canAdminister: Bool, canTrade: Bool = false) {
        self.role = role
        self.formToken = formToken
        self.canAdminister = canAdminister
        self.canTrade = canTrade
    }
}

/// A remark to the reader.
package struct Notice: Sendable {
    package enum Kind: String, Sendable { case done, refused, hint }

    package var kind: Kind
    package var text: String

    package init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }
}

/// The reason why a read or an action failed: the problem from the HTTP interface.
package struct PageProblem: Error, Sendable {
    package var status: Int
    /// The stable code.
    package var code: String
    package var detail: String

    package init(status: Int, code: String, detail: String) {
        self.status = status
        self.code = code
        self.detail = detail
    }
}

/// A document of the HTTP interface, or the reason for its absence.
package typealias Loaded = Result<JSONDocument, PageProblem>

extension Loaded {
    /// The document's value.
    var root: JSONValue? { (try? get())?.root }
}
