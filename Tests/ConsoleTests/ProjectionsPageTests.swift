import LedgerJSON
import Testing

@testable import Console

struct ProjectionsPageTests {
    private func page(_ version: String) throws -> String {
        let document = try JSONDocument(
            parsing: Array(#"{"head_position":4000,"projections":[\#(version)]}"#.utf8))
        let context = PageContext(
            address: Address(["projections"]), visitor: Visitor(role: .reader, formToken: nil, canAdminister: true), time: TimeFrame())
        return String(
            decoding: ProjectionsPage(context: context, projections: .success(document), promotions: []).html(), as: UTF8.self)
    }

    private func row(_ members: String) -> String {
        #"{"name":"alignment","version":"v2","code_version":3,"frozen":false,"poison":null,"lease_owner":null,\#(members)}"#
    }

    @Test func `a version that is built shows how far it is and is not compared yet`() throws {
        let html = try page(
            row(#""served":false,"state":"building","rebuild_position":1500,"position":0,"lag":4000"#))
        #expect(html.contains(#"max="4000" value="1500""#))
        #expect(html.contains("rebuilt to 1,500"))
        #expect(html.contains(#"data-state="building, rebuilding""#))
        #expect(!html.contains("/projections/diff") && html.contains("is being built"))
    }

    @Test func `a served version shows a bar only while it is behind or built anew`() throws {
        let settled = try page(row(#""served":true,"state":"ready","rebuild_position":null,"position":4000,"lag":0"#))
        #expect(!settled.contains("<progress") && settled.contains(#"data-state="served""#))
        let behind = try page(row(#""served":true,"state":"ready","rebuild_position":null,"position":3000,"lag":1000"#))
        #expect(behind.contains(#"max="4000" value="3000""#) && !behind.contains("rebuilt to"))
        let anew = try page(row(#""served":true,"state":"ready","rebuild_position":10,"position":4000,"lag":0"#))
        #expect(anew.contains(#"max="4000" value="10""#) && anew.contains(#"data-state="served, rebuilding""#))
    }

    /// What reads the rules that a version replaces is served along by one digest, or named with what it lacks.
    @Test func `a comparison shows what reads the replaced rules`() throws {
        func diff(_ name: String, changed: Int) -> String {
            #"{"projection":"\#(name)","position":9,"from":{"version":"v1","code_version":1},"to":{"version":"v2","code_version":1},"rows":{"changed":\#(changed)},"digest":"\#(name)-digest"}"#
        }
        func page(_ together: Loaded) throws -> String {
            let context = PageContext(
                address: Address(["projections", "diff"]), visitor: Visitor(role: .administrator, formToken: "t", canAdminister: true),
                time: TimeFrame())
            return String(
                decoding: VersionDiffPage(
                    context: context, name: "alignment", from: "v1/c1", to: "v2/c1",
                    diff: .success(try JSONDocument(parsing: Array(diff("alignment", changed: 3).utf8))), together: together
                ).html(), as: UTF8.self)
        }
        func all(_ diffs: [String]) throws -> Loaded {
            let text = #"{"position":9,"diffs":[\#(diffs.joined(separator: ","))],"digest":"of-all"}"#
            return .success(try JSONDocument(parsing: Array(text.utf8)))
        }
        let section = "Views that read the replaced rules"
        let both = try page(try all([diff("alignment", changed: 3), diff("outcomes", changed: 1234)]))
        #expect(both.contains(section) && both.contains("outcomes: v1/c1 to v2/c1</a>, 1,234 rows changed"))
        #expect(both.contains(#"name="digest" value="of-all""#) && both.contains(#"name="digest" value="alignment-digest""#))
        #expect(both.contains(#"name="with_dependents" value="true""#) && both.contains("Serve all together"))
        let alone = try page(try all([diff("alignment", changed: 3)]))
        #expect(!alone.contains(section) && !alone.contains("with_dependents"))
        let lacking = try page(.failure(PageProblem(status: 409, code: "conflict", detail: "outcomes has no version")))
        #expect(lacking.contains(section) && lacking.contains("outcomes has no version") && !lacking.contains("with_dependents"))
        let broken = try page(.failure(PageProblem(status: 503, code: "database_unreachable", detail: "gone")))
        #expect(!broken.contains(section) && broken.contains("alignment-digest"))
    }
}
