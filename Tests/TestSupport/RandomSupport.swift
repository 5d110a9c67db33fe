@_exported public import RandomSupport
