//! A value of a group -> how much it is, for the limit on all that the groups of a cluster make.

use serde_json::Value;

/// Most elements of one `for`, and of a map or a list in the settings.
pub const MAX_ITEMS: usize = 10_000;

/// Most that the expressions of a cluster's groups make, in bytes: as [`amount`] counts.
pub const MAX_VALUES: usize = 64 << 20;

/// Mistakes in expressions after which no more are evaluated.
pub const MAX_FINDINGS: usize = 1_000;

/// What a value counts beside its text.
const NODE: usize = 32;

/// What a text with a loop counts: it may take all the steps that an expression has.
const LOOP: usize = 100_000;

/// How much a value is: text, loops in it, and the values themselves.
pub fn amount(value: &Value) -> usize {
    NODE + match value {
        Value::String(text) => text.len() + if text.contains("{%") && text.contains("for ") { LOOP } else { 0 },
        Value::Array(items) => items.iter().map(amount).sum(),
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + amount(value)).sum(),
        _ => 0,
    }
}
