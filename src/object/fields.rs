//! Fields that an operator takes and does not act on, or soon will not know: the findings that rules of several subjects make.

use crate::object::object::Object;
use crate::text::finding::{Code, Finding};

/// A warning about a field that is accepted and does nothing.
pub fn without_effect(object: &Object<'_>, pointer: &str, why: &str) -> Finding {
    let field = pointer.rsplit('/').next().unwrap_or_default();
    let message = format!("`{field}` of {} does nothing: {why}", object.identity);
    object.warning(Code::FieldWithoutEffect, pointer, message).help("remove it, or write what is meant")
}

/// A warning about a field that goes away.
pub fn deprecated(object: &Object<'_>, pointer: &str, why: &str, help: &str) -> Finding {
    let field = pointer.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap_or_default();
    object.warning(Code::DeprecatedField, pointer, format!("`{field}` of {} {why}", object.identity)).help(help)
}
