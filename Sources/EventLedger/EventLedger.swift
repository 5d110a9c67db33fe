// One import for a ledger of any domain: the event log on Postgres, event types, projections, analyses, time travel, versions, proofs, bundles.
@_exported public import Analyses
@_exported public import AuditBundle
@_exported public import Events
@_exported public import Explanations
@_exported public import JSON
@_exported public import MerkleLog
@_exported public import Postgres
@_exported public import PostgresStore
@_exported public import Projections
@_exported public import Rules
@_exported public import SignedNotes
@_exported public import Values
