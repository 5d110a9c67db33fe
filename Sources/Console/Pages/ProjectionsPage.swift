package import LedgerJSON

/// The projection versions: which are served, their progress, and the reason for any stop. Actions: rebuild, compare,
/// promote, roll back.
package struct ProjectionsPage: Sendable {
    package var context: PageContext
    /// The answer of `/api/ledger/projections`.
    package var projections: Loaded
    /// The events that changed the served version, newest first, as of the page's moment.
    package var promotions: [JSONValue]
    /// The last of these events for every projection. Nil unless the page shows a past moment.
    package var servedThen: [JSONValue]?
    /// What the rules of a version say that those of the served one don't: an answer of
    /// `/api/ledger/projections/{name}/rules` for each version that is not served, by ``versionKey(_:)``.
    package var rules: [String: JSONValue]

    /// The key of a version's rules: `alignment/v2/c1`.
    package static func versionKey(_ version: JSONValue) -> String { VersionName.key(version) }

    package init(
        context: PageContext, projections: Loaded, promotions: [JSONValue], servedThen: [JSONValue]? = nil,
        rules: [String: JSONValue] = [:]
    ) {
        self.servedThen = servedThen
        self.rules = rules
        self.context = context
        self.projections = projections
        self.promotions = promotions
    }

    package func html() -> [UInt8] {
        var context = context
        if let head = context.time.head, let recordedAt = context.time.headRecordedAt, !context.time.isPinned {
            context.time.shown = .init(position: head, asOf: recordedAt)
        }
        return Page(title: "Projections", context: context, scripts: [.projections]).html { html in
            switch projections {
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let document):
                let versions = document.root["projections"]?.elements.map { $0 } ?? []
                let head = document.root["head_position"]?.integer ?? 0
                if let servedThen { writeServedThen(servedThen, &html) }
                html.element(
                    "p", [.class("quiet")],
                    text: "The log has \(Figures.count(head)) events. Versions live side by side; the served one answers.")
                Table(caption: "Projection versions", columns: columns(head), id: "projections", empty: "None was activated yet.")
                    .write(versions, to: &html)
                // Actions apply to the current versions.
                if servedThen == nil { actions(versions, &html) }
            }
            history(&html)
        }
    }

    /// The versions served at a past moment, according to the log. The log does not record their progress at that moment.
    private func writeServedThen(_ promotions: [JSONValue], _ html: inout HTMLWriter) {
        Table(
            caption: "Served at this moment",
            columns: [
                Column("Projection") { row, html in
                    html.element("span", [.class("name")], text: row["payload"]?["projection"]?.string ?? "?")
                },
                Column("Version") { row, html in
                    html.text(
                        "\(row["payload"]?["new_version"]?.string ?? "?"), code \(row["payload"]?["code_version"]?.integer.map { "\($0)" } ?? "?")"
                    )
                },
                Column("Since event") { row, html in
                    let position = row["position"]?.integer ?? 0
                    html.element("a", [.href(EventLink.address(position, context.time))], text: "#\(Figures.count(position))")
                },
                .instant("Recorded", "recorded_at"),
            ], id: "served-then", empty: "Nothing was served yet at this moment."
        ).write(promotions, to: &html)
        html.element("h2", text: "The versions now")
        html.element(
            "p", [.class("quiet")], text: "How far a version is, who holds it and what stopped it is not in the log: this is as of now.")
    }

    private func columns(_ head: Int64) -> [Column] {
        [
            Column("Projection") { row, html in html.element("span", [.class("name")], text: row["name"]?.string ?? "?") },
            Column("Version") { row, html in html.text(VersionName.of(row)) },
            Column("State") { row, html in
                let state = Self.state(row)
                let shown = row["rebuild_position"]?.integer == nil ? state : "\(state), rebuilding"
                html.element("span", [.class("state"), .data("data-version", VersionName.key(row)), .data("data-state", shown)]) { html in
                    Badge.write(state, to: &html)
                }
            },
            Column("Position", unit: "events folded", isNumber: true) { row, html in
                let version = VersionName.key(row)
                let position = row["position"]?.integer ?? 0
                html.element("span", [.class("folded"), .data("data-version", version)], text: Figures.count(position))
                // A rebuild fills tables of its own. Until it ends, the version keeps its previous rows.
                let rebuilt = row["rebuild_position"]?.integer
                guard let done = rebuilt ?? (position < head ? position : nil) else { return }
                html.element("span", [.class("progress")]) { html in
                    PartState.loading(
                        "\(rebuilt == nil ? "Folded" : "Rebuilt") of \(version)", done: done, of: head, [.data("data-version", version)],
                        to: &html)
                    if rebuilt != nil {
                        html.text(" ")
                        html.element(
                            "small", [.class("rebuilt"), .data("data-version", version)], text: "rebuilt to \(Figures.count(done))")
                    }
                }
            },
            Column("Lag", unit: "events", isNumber: true) { row, html in
                html.element(
                    "span", [.class("lag"), .data("data-version", VersionName.key(row))],
                    text: row["lag"]?.integer.map(Figures.count) ?? "?")
            },
            Column("Stopped by") { row, html in
                guard let poison = row["poison"], !poison.isNull else { return html.element("span", [.class("quiet")], text: "nothing") }
                let position = poison["position"]?.integer ?? 0
                html.element("a", [.href(EventLink.address(position, context.time))], text: "event \(Figures.count(position))")
                html.text(": \(poison["error"]?.string ?? "no reason given")")
            },
            Column("Lease") { row, html in
                guard row["lease_owner"]?.string != nil else { return html.element("span", [.class("quiet")], text: "nobody") }
                html.text("until ")
                Cell.instant(row, "lease_expires_at", to: &html)
            },
        ]
    }

    private static func state(_ row: JSONValue) -> String {
        if row["poison"]?.isNull == false { return "stopped" }
        if row["frozen"]?.bool == true { return "frozen" }
        return row["served"]?.bool == true ? "served" : row["state"]?.string ?? "beside"
    }

    private func actions(_ versions: [JSONValue], _ html: inout HTMLWriter) {
        html.element("h2", text: "Compare, promote, go back")
        var names: [String] = []
        for version in versions {
            if let name = version["name"]?.string, !names.contains(name) { names.append(name) }
        }
        html.element("div", [.class("grid"), .id("versions")]) { html in
            for name in names { card(name, versions.filter { $0["name"]?.string == name }, &html) }
        }
    }

    private func card(_ name: String, _ versions: [JSONValue], _ html: inout HTMLWriter) {
        let served = versions.first { $0["served"]?.bool == true }
        let others = versions.filter { $0["served"]?.bool != true }
        html.element("section", [.class("card"), .labelled(by: "actions-\(name)")]) { html in
            html.element("h3", [.id("actions-\(name)")], text: name)
            html.element("p", text: served.map { "Served: \(VersionName.of($0))" } ?? "Nothing is served yet.")
            if served != nil {
                html.element("p") { html in
                    html.element("a", [.href(PlaygroundPage.address.with([("name", name)]))], text: "Try other rules")
                }
            }
            for other in others {
                ruleChanges(of: other, &html)
                guard other["state"]?.string == "ready" else {
                    html.element("p", [.class("quiet")], text: "\(VersionName.of(other)) is being built; it can be compared once it is.")
                    continue
                }
                let address = Address(
                    ["projections", "diff"],
                    [("name", name), ("from", served.map(VersionName.reference) ?? ""), ("to", VersionName.reference(other))]
                        + context.time.parameters)
                html.element("p") { $0.element("a", [.href(address)], text: "What would change with \(VersionName.of(other))") }
            }
            guard context.visitor.role == .administrator, let token = context.visitor.formToken else {
                if context.visitor.canAdminister {
                    html.element("p", [.class("quiet")], text: "Rebuilding and going back take the administrator's key.")
                }
                return
            }
            ActionForm(action: "rebuild", name: name, token: token, button: "Rebuild beside", confirmation: nil)
                .write(to: &html) { html in
                    html.element("span", [.class("field")]) { html in
                        html.element("label", [.for("rules-\(name)")], text: "Rules")
                        html.void(
                            "input",
                            [
                                .type("text"), .id("rules-\(name)"), .name("rules"), .placeholder("v2"), .pattern("v[0-9]+"), .required,
                                .class("short"), .autocomplete("off"),
                            ])
                    }
                }
            ActionForm(
                action: "rollback", name: name, token: token, button: "Go back",
                confirmation: "Serve the version before this one again"
            ).write(to: &html) { html in
                html.element("label", [.class("check")]) { html in
                    html.void("input", [.type("checkbox"), .name("with_dependents"), .value("true")])
                    html.element("span", text: "Also of what reads its rules")
                }
            }
        }
    }

    /// The largest number of changed values shown of a version's rules.
    private static let shownChanges = 20

    private func ruleChanges(of version: JSONValue, _ html: inout HTMLWriter) {
        guard let diff = rules[VersionName.key(version)], let count = diff["count"]?.integer, diff["files"]?.count != 0 else { return }
        html.element("details") { html in
            let changes = count == 1 ? "1 value" : "\(Figures.count(count)) values"
            html.element("summary", text: "Rules of \(VersionName.of(version)): \(changes) changed")
            RuleChanges.write(diff, limit: Self.shownChanges, to: &html)
        }
    }

    private func history(_ html: inout HTMLWriter) {
        html.element("h2", text: "What was served when")
        Table(
            caption: "Promotions, newest first",
            columns: [
                Column("Event") { row, html in
                    let position = row["position"]?.integer ?? 0
                    html.element(
                        "a", [.class("name"), .href(EventLink.address(position, context.time))], text: "#\(Figures.count(position))")
                },
                .instant("Recorded", "recorded_at"),
                Column("Projection") { row, html in html.text(row["payload"]?["projection"]?.string ?? "?") },
                Column("From") { row, html in
                    guard let old = row["payload"]?["old_version"]?.string else { return Unavailable.write("first activation", to: &html) }
                    html.text(old)
                },
                Column("To") { row, html in html.text(row["payload"]?["new_version"]?.string ?? "?") },
                Column("Diff digest") { row, html in
                    guard let digest = row["payload"]?["diff_digest"]?.string else {
                        return Unavailable.write("nothing to compare", to: &html)
                    }
                    html.element("code", text: digest)
                },
            ], empty: "Nothing was served yet at this moment."
        ).write(promotions, to: &html)
    }
}

/// The names of a version.
enum VersionName {
    /// `v2, code 1`
    static func of(_ row: JSONValue) -> String {
        "\(row["version"]?.string ?? "?"), code \(row["code_version"]?.integer.map { "\($0)" } ?? "?")"
    }

    /// `v2/c1`
    static func reference(_ row: JSONValue) -> String {
        "\(row["version"]?.string ?? "")/c\(row["code_version"]?.integer.map { "\($0)" } ?? "")"
    }

    /// `alignment/v2/c1`
    static func key(_ row: JSONValue) -> String { "\(row["name"]?.string ?? "")/\(reference(row))" }
}

/// A form that changes a projection.
struct ActionForm {
    let action: String
    let name: String
    let token: String
    let button: String
    /// The text of the checkbox that must be ticked first. Nil if the action does not need one, because waiting undoes it.
    let confirmation: String?

    func write(to html: inout HTMLWriter, _ fields: (inout HTMLWriter) -> Void) {
        html.element("form", [.class("actions"), .method("post"), .action(Address(["projections", action]))]) { html in
            html.void("input", [.type("hidden"), .name("form_token"), .value(token)])
            html.void("input", [.type("hidden"), .name("name"), .value(name)])
            fields(&html)
            if let confirmation {
                html.element("label", [.class("check")]) { html in
                    html.void("input", [.type("checkbox"), .name("confirmed"), .value("true"), .required])
                    html.element("span", text: confirmation)
                }
            }
            html.element("button", [.type("submit")], text: button)
        }
    }
}
