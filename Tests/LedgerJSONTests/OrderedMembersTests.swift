import LedgerJSON
import Testing

@Suite("Members in order")
struct OrderedMembersTests {
    @Test func `members are found in the object's order, in another order, and again`() throws {
        var members = OrderedMembers(try parsed(#"{"a":1,"b":{"d":2,"a":3},"\u0063":[4],"d":5}"#))
        #expect(members.value("a")?.integer == 1 && members.value("c")?.count == 1 && members.value("d")?.integer == 5)
        // Behind the last member, the search goes on with the first.
        #expect(members.value("b")?.count == 2 && members.value("b")?.count == 2 && members.value("a")?.integer == 1)
        #expect(members.value("e") == nil && members.value("") == nil && members.value("d")?.integer == 5)
    }

    @Test(arguments: ["{}", "[1,2]", "7", "null"]) func `what has no members gives none`(text: String) throws {
        var members = OrderedMembers(try parsed(text))
        #expect(members.value("a") == nil && members.value("a") == nil)
    }
}
