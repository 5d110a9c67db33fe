package import OptionTrades

/// The views that a test looks at for a seed: all but the tables of observations, and of these one of `parts`. They are alike
/// and know nothing of each other, whereas the others share rules. As many successive seeds as there are parts see every table.
package func someViews(seed: UInt64, of parts: UInt64) -> [View] {
    let tables = View.all.filter { $0.latest != nil }.map(\.name)
    let chosen = Set(tables.enumerated().filter { UInt64($0.offset) % parts == seed % parts }.map(\.element))
    return View.all.filter { $0.latest == nil || chosen.contains($0.name) }
}
