import LedgerRules
import LedgerValues

extension AlignmentRules.Ramp {
    init(_ node: RuleNode) throws {
        try node.allowOnly(["weight", "center", "width", "limit"])
        let weight = try node.member("weight")
        try weight.allowOnly(Set(AssumedStrategy.allCases.map(\.rawValue)))
        var weights: [AssumedStrategy: FixedDecimal] = [:]
        for strategy in AssumedStrategy.allCases { weights[strategy] = try weight.decimal(strategy.rawValue) }
        self.init(
            weights: weights, center: try node.decimal("center"), width: try node.decimal("width"),
            limit: try node.decimal("limit"))
        guard width > .zero else { throw try node.member("width").fail("expected a number above 0") }
        guard limit >= .zero else { throw try node.member("limit").fail("expected a number that is not below 0") }
    }
}

extension AlignmentRules.Table {
    init(_ node: RuleNode) throws {
        try node.allowOnly(Set(AssumedStrategy.allCases.map(\.rawValue)))
        var impacts: [AssumedStrategy: [ByteKey: FixedDecimal]] = [:]
        for strategy in AssumedStrategy.allCases {
            impacts[strategy] = try node.member(strategy.rawValue).keyed { try $0.decimal() }
        }
        guard Set(impacts.values.map { Set($0.keys) }).count == 1 else {
            throw node.fail("the strategies do not list the same states")
        }
        self.init(impacts: impacts)
    }
}

extension AlignmentRules.Confidence {
    init(_ node: RuleNode) throws {
        try node.allowOnly([
            "start", "unscored", "mapping_quality", "context_quality", "stationarity", "other_stationarity", "coverage",
            "labels",
        ])
        start = try node.decimal("start")
        unscored = try node.decimal("unscored")
        byMappingQuality = NamedValues(try node.member("mapping_quality").keyed { try $0.decimal() })
        byContextQuality = NamedValues(try node.member("context_quality").keyed { try $0.decimal() })
        byStationarity = NamedValues(try node.member("stationarity").keyed { try $0.decimal() })
        otherStationarity = try node.decimal("other_stationarity")
        let coverage = try node.member("coverage")
        try coverage.allowOnly(["base", "share"])
        coverageBase = try coverage.decimal("base")
        coverageShare = try coverage.decimal("share")
        (steps, lowest) = try node.member("labels").steps(ConfidenceLabel.self, by: "confidence")
    }
}

extension RuleNode {
    /// This node's own decimal.
    func decimal() throws -> FixedDecimal {
        do {
            return try FixedDecimal(try scalar())
        } catch let error as DecimalError {
            throw fail("expected a decimal number (\(error))")
        }
    }

    /// One of the names of a type's cases.
    func named<Name: RawRepresentable & CaseIterable>(_ type: Name.Type) throws -> Name
    where Name.RawValue == String {
        guard let name = Name(rawValue: try scalar()) else {
            throw fail("expected one of \(Name.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return name
    }

    func keyed<Value>(_ read: (RuleNode) throws -> Value) throws -> [ByteKey: Value] {
        var found: [ByteKey: Value] = [:]
        for (name, node) in try members() { found[ByteKey(name)] = try read(node) }
        return found
    }

    /// `from: [{<figure>: 70, label: aligned}, …], otherwise: <label>`, in descending order.
    func steps<Label: RawRepresentable & CaseIterable & Sendable & Equatable>(
        _ type: Label.Type, by figure: String
    ) throws -> ([AlignmentRules.Step<Label>], otherwise: Label) where Label.RawValue == String {
        try allowOnly(["from", "otherwise"])
        var found: [AlignmentRules.Step<Label>] = []
        for node in try member("from").elements() {
            try node.allowOnly([figure, "label"])
            let step = AlignmentRules.Step(
                from: try node.decimal(figure), label: try node.member("label").named(Label.self))
            if let last = found.last, step.from >= last.from { throw node.fail("is not below the one before") }
            found.append(step)
        }
        return (found, try member("otherwise").named(Label.self))
    }
}
