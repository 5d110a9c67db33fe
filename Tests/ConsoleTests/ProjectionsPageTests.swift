import JSON
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

    @Test func aVersionThatIsBuiltShowsHowFarItIsAndIsNotComparedYet() throws {
        let html = try page(
            row(#""served":false,"state":"building","rebuild_position":1500,"position":0,"lag":4000"#))
        #expect(html.contains(#"max="4000" value="1500""#))
        #expect(html.contains("rebuilt to 1,500"))
        #expect(html.contains(#"data-state="building, rebuilding""#))
        #expect(!html.contains("/projections/diff") && html.contains("is being built"))
    }

    @Test func aServedVersionShowsABarOnlyWhileItIsBehindOrBuiltAnew() throws {
        let settled = try page(row(#""served":true,"state":"ready","rebuild_position":null,"position":4000,"lag":0"#))
        #expect(!settled.contains("<progress") && settled.contains(#"data-state="served""#))
        let behind = try page(row(#""served":true,"state":"ready","rebuild_position":null,"position":3000,"lag":1000"#))
        #expect(behind.contains(#"max="4000" value="3000""#) && !behind.contains("rebuilt to"))
        let anew = try page(row(#""served":true,"state":"ready","rebuild_position":10,"position":4000,"lag":0"#))
        #expect(anew.contains(#"max="4000" value="10""#) && anew.contains(#"data-state="served, rebuilding""#))
    }
}
