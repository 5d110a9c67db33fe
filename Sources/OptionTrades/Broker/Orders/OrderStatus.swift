import LedgerValues

/// The statuses of an order at the broker that end it. Any other, an unknown one included, counts as working.
package enum OrderStatus {
    package static func isTerminal(_ status: String) -> Bool {
        ["filled", "canceled", "expired", "rejected"].contains { $0.isBytewiseEqual(to: status) }
    }

    /// Whether another order has taken its place.
    package static func isReplaced(_ status: String) -> Bool { status.isBytewiseEqual(to: "replaced") }
}
