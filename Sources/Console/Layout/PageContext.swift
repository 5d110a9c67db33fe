package import LedgerJSON

/// The surroundings of a page's content: the signed-in visitor, the page's address, and the shown moment.
package struct PageContext: Sendable {
    /// The page's own address with its query.
    package var address: Address
    package var visitor: Visitor
    package var time: TimeFrame
    /// A remark about the action just taken. Shown once, at the top.
    package var notice: Notice?

    package init(address: Address, visitor: Visitor, time: TimeFrame, notice: Notice? = nil) {
        self.address = address
        self.visitor = visitor
        self.time = time
        self.notice = notice
    }
}

/// The visitor of a page, as far as the page needs to know.
package struct Visitor: Sendable {
    package enum Role: Sendable {
        /// No session, in a service that does not require a key for reading.
        case anonymous
        case reader
        case administrator
    }

    package var role: Role
    /// The token that every form sends back. Nil without a session, and then the page has no forms that act.
    package var formToken: String?
    /// Whether an administrator's key is configured. Without one the console cannot change anything.
    package var canAdminister: Bool

    package init(role: Role, formToken: String?, canAdminister: Bool) {
        self.role = role
        self.formToken = formToken
        self.canAdminister = canAdminister
    }
}

/// The moment that a page shows.
package struct TimeFrame: Sendable {
    /// The requested moment as text. Nil if the page is not pinned.
    package var asOfPosition: String?
    package var asOf: String?
    package var effectiveAt: String?
    /// The log's last event. Nil if the log cannot be read.
    package var head: Int64?
    package var headRecordedAt: String?
    package var firstRecordedAt: String?
    /// The position of the page's own views, after they were read.
    package var shown: Shown?

    /// The moment behind an answer.
    package struct Shown: Sendable {
        package var position: Int64
        package var asOf: String

        package init(position: Int64, asOf: String) {
            self.position = position
            self.asOf = asOf
        }
    }

    package init(
        asOfPosition: String? = nil, asOf: String? = nil, effectiveAt: String? = nil, head: Int64? = nil,
        headRecordedAt: String? = nil, firstRecordedAt: String? = nil
    ) {
        self.asOfPosition = asOfPosition
        self.asOf = asOf
        self.effectiveAt = effectiveAt
        self.head = head
        self.headRecordedAt = headRecordedAt
        self.firstRecordedAt = firstRecordedAt
    }

    package var isPinned: Bool { asOfPosition != nil || asOf != nil }

    /// The parameters that request this moment again.
    package var parameters: [(name: String, value: String)] {
        [("as_of_position", asOfPosition), ("as_of", asOf), ("effective_at", effectiveAt)].compactMap { name, value in
            value.map { (name, $0) }
        }
    }

    /// The parameters that pin the shown moment: both position and time, so that the answer never changes.
    package var pin: [(name: String, value: String)] {
        guard let shown else { return parameters }
        return [("as_of_position", "\(shown.position)"), ("as_of", shown.asOf)]
            + (effectiveAt.map { [("effective_at", $0)] } ?? [])
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
