import Foundation
import TestSupport
import Testing

@testable import Console

/// The style sheet against what docs/design.md says of it: contrast, the scales of colour, and the budget.
struct DesignTests {
    private let css = String(decoding: ConsoleAsset.styles.bytes, as: UTF8.self)

    /// The colours of a token in the light and in the dark look, by the token's name.
    private var colours: [String: (light: Colour, dark: Colour)] {
        var found: [String: (Colour, Colour)] = [:]
        for match in css.matches(of: /--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/) {
            found[String(match.output.1)] = (Colour(match.output.2), Colour(match.output.3))
        }
        return found
    }

    @Test func `the contrasts that the design states are those of the tokens, and are enough`() throws {
        let design = try #require(projectText("docs/design.md"))
        let rows = design.matches(of: /\| `([a-z0-9-]+)` on `([a-z0-9-]+)` \| ([0-9.]+) \| ([0-9.]+) \| (text|mark) \|/)
        #expect(rows.count > 30)
        for row in rows {
            let (ink, ground) = (String(row.output.1), String(row.output.2))
            let (front, back) = (try #require(colours[ink], "\(ink)"), try #require(colours[ground], "\(ground)"))
            // WCAG 2.2: 1.4.3 for text, 1.4.11 for marks.
            let least = row.output.5 == "text" ? 4.5 : 3
            for (stated, ratio) in [
                (row.output.3, front.light.contrast(with: back.light)), (row.output.4, front.dark.contrast(with: back.dark)),
            ] {
                #expect(String(format: "%.2f", ratio) == stated, "\(ink) on \(ground)")
                #expect(ratio >= least, "\(ink) on \(ground): \(ratio)")
            }
        }
    }

    @Test func `gain and loss, and things that differ, are told apart by every kind of eye`() throws {
        func least(_ names: [String]) throws -> Double {
            let known = try names.map { try #require(colours[$0], "\($0)") }
            var least = Double.infinity
            for (index, one) in known.enumerated() {
                for other in known[(index + 1)...] {
                    for eye in Eye.allCases {
                        least = min(least, eye.difference(one.light, other.light), eye.difference(one.dark, other.dark))
                    }
                }
            }
            return least
        }
        #expect(try least(["gain", "loss"]) > 70)
        #expect(try least(["i-1", "i-2", "i-3", "i-4", "i-5"]) > 13)
    }

    @Test func `quality is told by lightness alone, from full to poor`() throws {
        let steps = try Quality.allCases.filter { $0 != .absent }.map { try #require(colours[$0.shade]) }
        #expect(steps.count == 5)
        for (fuller, emptier) in zip(steps, steps.dropFirst()) {
            // What is full stands out from the ground of the look, which is light or dark.
            #expect(emptier.light.lightness - fuller.light.lightness > 10)
            #expect(fuller.dark.lightness - emptier.dark.lightness > 10)
        }
    }

    @Test func `every token is used, and every used one is declared`() {
        let declared = Set(css.matches(of: /--([a-z0-9-]+):/).map { String($0.output.1) })
        let used = Set(css.matches(of: /var\(--([a-z0-9-]+)\)/).map { String($0.output.1) })
        #expect(declared.count > 40)
        #expect(declared == used, "\(declared.symmetricDifference(used).sorted())")
        // Colours stand in tokens alone. A shadow has no colour of its own.
        let rules = css.split(separator: "\n").filter { !$0.contains("light-dark(") }
        #expect(rules.allSatisfy { !$0.contains(/#[0-9a-fA-F]{3,8}\b/) })
    }

    @Test func `styles and scripts keep within their budget`() {
        #expect(ConsoleAsset.styles.bytes.count < 30 << 10)
        #expect(ConsoleAsset.allCases.filter { $0 != .styles }.reduce(0) { $0 + $1.bytes.count } < 40 << 10)
    }
}

/// A colour of the sRGB space.
private struct Colour {
    /// Linear light of red, green and blue, 0 to 1.
    let light: [Double]

    init(_ hex: Substring) {
        light = stride(from: 1, to: 7, by: 2).map { start in
            let digits = hex.dropFirst(start).prefix(2)
            let part = Double(Int(digits, radix: 16) ?? 0) / 255
            return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
        }
    }

    init(light: [Double]) { self.light = light }

    private var luminance: Double { 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] }

    func contrast(with other: Colour) -> Double {
        (max(luminance, other.luminance) + 0.05) / (min(luminance, other.luminance) + 0.05)
    }

    /// CIE L*, 0 to 100.
    var lightness: Double { lab[0] }

    /// CIE L*a*b* under D65.
    var lab: [Double] {
        let rows = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
        let xyz = zip(rows, [0.95047, 1, 1.08883]).map { row, white in zip(row, light).reduce(0) { $0 + $1.0 * $1.1 } / white }
        let f = xyz.map { $0 > 216 / 24389.0 ? cbrt($0) : (24389 / 27.0 * $0 + 16) / 116 }
        return [116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])]
    }
}

/// How eyes see colours: most, and those that lack one kind of cone (Machado, Oliveira and Fernandes 2009).
private enum Eye: CaseIterable {
    case usual
    case protan
    case deutan
    case tritan

    private var matrix: [[Double]] {
        switch self {
        case .usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
        case .protan:
            [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
        case .deutan:
            [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
        case .tritan:
            [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
        }
    }

    private func seen(_ colour: Colour) -> Colour {
        Colour(light: matrix.map { row in min(max(zip(row, colour.light).reduce(0) { $0 + $1.0 * $1.1 }, 0), 1) })
    }

    /// The distance of two colours as this eye sees them (CIE 1976).
    func difference(_ one: Colour, _ other: Colour) -> Double {
        sqrt(zip(seen(one).lab, seen(other).lab).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) })
    }
}
