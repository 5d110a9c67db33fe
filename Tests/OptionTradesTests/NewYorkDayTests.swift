import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct NewYorkDayTests {
    @Test func `a day ends when the rule file's clock shows midnight`() throws {
        let rules = try NewYorkRules(path: "shared/new_york.v1.yaml", read: projectRuleFile)
        var date = try #require(CalendarDate("1970-01-02"))
        while date.year < 2060 {
            let next = try #require(date.advanced(byDays: 1))
            #expect(NewYorkDay.end(of: date) == rules.instant(of: next, hour: 0, minute: 0), "\(date)")
            date = next
        }
    }
}
