import Crypto
public import LedgerEvents
public import LedgerProjections
import LedgerRules
import LedgerValues

/// The projections of a bundle: this program's code with the bundle's own rule files.
struct BundleRules {
    /// One definition for each view of the manifest, in its order; empty if there is a fault.
    private(set) var definitions: [ProjectionDefinition] = []
    private(set) var faults: [BundleFault] = []

    init(_ manifest: BundleManifest, _ model: LedgerModel, _ source: any BundleSource) throws {
        var contents: [ByteKey: [UInt8]] = [:]
        for file in manifest.files where file.path.hasPrefix(BundlePaths.rules) {
            guard let bytes = try source.small(file.path) else {
                faults.append(BundleFault(.badRules, file: file.path, "it is too long"))
                continue
            }
            contents[ByteKey(String(file.path.dropFirst(BundlePaths.rules.count)))] = bytes
            let sha256 = hexadecimal(SHA256.hash(data: bytes))
            if let fault = manifest.fault(of: file.path, bytes: Int64(bytes.count), sha256: sha256) { faults.append(fault) }
        }
        if !faults.isEmpty { return }
        let registry: ProjectionRegistry
        do {
            registry = try ProjectionRegistry(model, files: contents.keys.sorted().map(\.text)) { path in
                // A bundle creates no tables, so the SQL files are empty.
                path.hasSuffix(".sql") ? [] : contents[ByteKey(path)]
            }
        } catch {
            faults.append(BundleFault(.badRules, file: BundlePaths.manifest, "\(error)"))
            return
        }
        guard manifest.views.map(\.projection) == registry.names else {
            faults.append(
                BundleFault(
                    .codeVersionDiffers, file: BundlePaths.manifest,
                    "its views are \(manifest.views.map(\.projection).joined(separator: ", ")), this program's \(registry.names.joined(separator: ", ")): verify it with the program that exported it"
                ))
            return
        }
        for view in manifest.views { add(view, registry) }
        if !faults.isEmpty { definitions = [] }
    }

    private mutating func add(_ view: BundleManifest.View, _ registry: ProjectionRegistry) {
        let codes = registry.codes(of: view.projection, version: view.version)
        if codes.isEmpty {
            faults.append(
                BundleFault(
                    .badRules, file: BundlePaths.manifest,
                    "there is no rule file for \(view.projection) \(view.version) in the bundle"))
            return
        }
        guard
            let definition = registry.definition(view.projection, version: view.version, codeVersion: view.codeVersion)
        else {
            let known = codes.map { "\($0)" }.joined(separator: " and ")
            faults.append(
                BundleFault(
                    .codeVersionDiffers, file: BundlePaths.view(view.projection),
                    "it was made by code version \(view.codeVersion) of \(view.projection), this program has \(known): verify it with the program that exported it"
                ))
            return
        }
        if definition.identity.promotedRules != view.rules {
            faults.append(
                BundleFault(
                    .badRules, file: BundlePaths.manifest,
                    "the rule files of \(view.projection) \(view.version) are not those that it names"))
        } else {
            definitions.append(definition)
        }
    }
}

extension ProjectionIdentity {
    /// The rule files in the form of an event of the log, in bytewise order of their paths.
    public var promotedRules: [ProjectionPromotedPayload.Rule] {
        ProjectionPromotedPayload(
            projection: name, oldVersion: nil, newVersion: version, codeVersion: codeVersion,
            rules: rules.map { .init(file: $0.path, version: $0.version, digest: $0.digest) }, position: 0, diffDigest: nil
        ).rules
    }
}
