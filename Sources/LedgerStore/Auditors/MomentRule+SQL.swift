import LedgerPostgres
import LedgerProjections
import LedgerValues

extension MomentRule {
    /// A column as a reader at a moment has it: of the stored columns `r`, at the moment `m.now`.
    static func expression(of column: String, _ rules: [MomentRule]) -> String {
        let stored = "r.\(quoteIdentifier(column))"
        return rules.reduce(stored) { otherwise, rule in
            guard let (_, value) = rule.values.first(where: { $0.column.isBytewiseEqual(to: column) }) else { return otherwise }
            let conditions = rule.conditions.map { "coalesce(\($0.sql), false)" }.joined(separator: " AND ")
            return "CASE WHEN \(conditions) THEN \(value.sql(stored)) ELSE \(otherwise) END"
        }
    }

    /// Whether some column depends on the moment.
    static func changes(_ column: String, _ rules: [MomentRule]) -> Bool {
        rules.contains { $0.values.contains { $0.column.isBytewiseEqual(to: column) } }
    }
}

extension MomentRule.Condition {
    fileprivate var sql: String {
        switch self {
        case .isLater(let column): "r.\(quoteIdentifier(column)) > m.now"
        case .isPast(let column, let zone): "r.\(quoteIdentifier(column)) < (m.now AT TIME ZONE \(quoteLiteral(zone)))::date"
        case .isOneOf(let column, let texts):
            "r.\(quoteIdentifier(column)) IN (\(texts.map(quoteLiteral).joined(separator: ", ")))"
        case .lacks(let column, let text): "NOT coalesce(r.\(quoteIdentifier(column)) ? \(quoteLiteral(text)), false)"
        }
    }
}

extension MomentRule.Value {
    /// - Parameter stored: the stored value.
    fileprivate func sql(_ stored: String) -> String {
        switch self {
        case .null: "NULL"
        case .truth(let truth): truth ? "true" : "false"
        case .text(let text): quoteLiteral(text)
        case .nothing: "'[]'::jsonb"
        case .adding(let text):
            "(SELECT jsonb_agg(f.e ORDER BY f.e COLLATE \"C\") "
                + "FROM (SELECT jsonb_array_elements_text(\(stored)) UNION ALL SELECT \(quoteLiteral(text))) f (e))"
        case .without(let member): "\(stored) || jsonb_build_object(\(quoteLiteral(member)), NULL)"
        case .positions(let members, let column):
            "(SELECT coalesce(jsonb_agg(p.e ORDER BY p.e), '[]') FROM unnest(ARRAY["
                + members.map { "(r.\(quoteIdentifier(column)) ->> \(quoteLiteral($0)))::bigint" }.joined(separator: ", ")
                + "]) p (e) WHERE p.e IS NOT NULL)"
        }
    }
}
