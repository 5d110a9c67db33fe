package import Curl

/// Why a run of the feed failed as a whole. Nothing of such a run is stored.
package enum FeedError: Error, Sendable, Equatable {
    /// The feed answered, and not as the contract says.
    case contract(FeedContractError)
    /// The feed answered with another status than 200, a retried one to the last time.
    case http(status: Int)
    /// The feed gave no answer that could be used.
    case transport(TransportError)

    /// A stable word for events and programs: a contract failure's code, `http_<status>`, or the transport's code.
    package var code: String {
        switch self {
        case .contract(let error): error.code.rawValue
        case .http(let status): "http_\(status)"
        case .transport(let error): error.code.description
        }
    }

    /// Whether the feed could not be reached, as against answering wrongly.
    package var isUnreachable: Bool {
        if case .transport(let error) = self { error.isUnreachable } else { false }
    }

    /// Whether nothing could be sent: the configured URL or key is none that a request can carry.
    package var isConfigurationProblem: Bool {
        if case .transport(let error) = self { error.code == .invalidRequest } else { false }
    }
}

extension FeedError: CustomStringConvertible {
    /// One sentence, without the key and without anything that the feed sent beyond names of keys, cursors left out.
    package var description: String {
        switch self {
        case .contract(let error): "the Alpha feed broke its contract: \(error)"
        case .http(let status):
            switch status {
            case 401, 403: "the Alpha feed refused the key (status \(status))"
            case 429, 503: "the Alpha feed still answered \(status) after the retries"
            default: "the Alpha feed answered with status \(status)"
            }
        case .transport(let error):
            isConfigurationProblem ? "the Alpha feed can't be asked: \(error)" : "the Alpha feed gave no answer: \(error)"
        }
    }
}

/// How an answer broke the contract (docs/contract/alpha-feed.md, "Failures of a run").
package struct FeedContractError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The rules that an answer can break, as stable words.
    package enum Code: String, Sendable, CaseIterable {
        /// The body is not JSON.
        case bodyNotJSON = "body_not_json"
        /// Arrays and objects are nested deeper than 64.
        case nestingTooDeep = "nesting_too_deep"
        /// An object has a key twice.
        case duplicateKey = "duplicate_key"
        /// The body is JSON, but not an object.
        case envelopeNotObject = "envelope_not_object"
        /// The envelope lacks one of its keys.
        case envelopeKeyMissing = "envelope_key_missing"
        /// An envelope key's value has another type or form than it must have.
        case envelopeKeyMistyped = "envelope_key_mistyped"
        /// `hasMore` is true without a `nextCursor`, or false with one.
        case hasMoreContradictsCursor = "has_more_contradicts_cursor"
        /// `watermark` is null on a page with rows.
        case nullWatermarkWithRows = "null_watermark_with_rows"
        /// `nextCursor` was given before in this run: it would go on for ever.
        case repeatedCursor = "repeated_cursor"
        /// `watermark` is earlier than the one of the last successful run.
        case watermarkBelowStored = "watermark_below_stored"
        /// `watermark` is not the one of the run's first page.
        case watermarkChanged = "watermark_changed"
        /// The run has more pages than any feed of ours can have.
        case tooManyPages = "too_many_pages"
    }

    /// The rule that is broken.
    package let code: Code
    /// The page, from 1.
    package let page: Int
    /// What was found, in words.
    package let detail: String

    package init(_ code: Code, page: Int, _ detail: String) {
        self.code = code
        self.page = page
        self.detail = detail
    }

    package var description: String { "\(code.rawValue) on page \(page): \(detail)" }
}
