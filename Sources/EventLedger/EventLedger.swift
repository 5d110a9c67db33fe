// One import for a ledger of any domain: the event log on Postgres, event types, projections, analyses, time travel, versions, proofs, bundles.
@_exported public import LedgerAnalyses
@_exported public import LedgerBundle
@_exported public import LedgerEvents
@_exported public import LedgerExplanations
@_exported public import LedgerJSON
@_exported public import LedgerMerkle
@_exported public import LedgerNotes
@_exported public import LedgerPostgres
@_exported public import LedgerProjections
@_exported public import LedgerRules
@_exported public import LedgerStore
@_exported public import LedgerValues
