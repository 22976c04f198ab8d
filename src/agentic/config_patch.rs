//! The operator's configuration and its patch -> the text of `config.yaml`, and what the patch changed in it.
//!
//! This is what the LiteLLM Gateway Operator v0.10.0 does with the annotation `config-patch`: almost RFC 7396, which is
//! [`crate::text::merge::merge_patch`]. It differs where the base has no map: there the patch stays as it is, nulls included.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::text::goyaml::{Yaml, emit, read, sort};

/// The text of `config.yaml`. Without a patch (none, `null`, `{}`, an empty text) the base in its own order; else both
/// merged, every map sorted.
///
/// # Errors
/// The patch is no YAML, no map at its top or has a key twice, in the words of yaml.v3.
pub fn patched(base: &Yaml, patch: Option<&str>) -> Result<String, String> {
    let patch = patch.map(read).transpose()?.unwrap_or(Yaml::Null);
    if patch == Yaml::Null || patch == Yaml::Map(Vec::new()) {
        return Ok(emit(base));
    }
    let mut merged = base.clone();
    merge(&mut merged, &patch);
    sort(&mut merged);
    Ok(emit(&merged))
}

/// Maps with string keys merge, `null` removes, everything else replaces.
fn merge(base: &mut Yaml, patch: &Yaml) {
    let (Yaml::Map(base), Yaml::Map(patch)) = (base, patch) else { return };
    let mut own = base.len(); // what the patch adds comes behind and is not looked at again
    for (key, value) in patch {
        match (base[..own].iter().position(|(k, _)| k == key), value) {
            (Some(at), Yaml::Null) => {
                base.remove(at);
                own -= 1;
            }
            (None, Yaml::Null) => {}
            (Some(at), value) if base[at].1.is_string_map() && value.is_string_map() => merge(&mut base[at].1, value),
            (Some(at), value) => base[at].1 = value.clone(),
            (None, value) => base.push((key.clone(), value.clone())),
        }
    }
}

/// A text of `config.yaml` with a setting laid over it, strictly by RFC 7396: nulls inside new maps are dropped too. Every
/// map of the result is sorted.
///
/// # Errors
/// The text is no YAML.
pub fn strict(text: &str, patch: &Value) -> Result<String, String> {
    let mut config = read(text)?;
    lay(&mut config, &Yaml::from(patch));
    sort(&mut config);
    Ok(emit(&config))
}

/// RFC 7396; [`crate::text::merge::merge_patch`] is the same for JSON, which knows fewer kinds of values.
fn lay(target: &mut Yaml, patch: &Yaml) {
    let Yaml::Map(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !matches!(target, Yaml::Map(_)) {
        *target = Yaml::Map(Vec::new());
    }
    let Yaml::Map(entries) = target else { unreachable!("made a map above") };
    let mut own = entries.len(); // what the patch adds comes behind and is not looked at again
    for (key, value) in patch {
        let known = entries[..own].iter().position(|(k, _)| k == key);
        match (known, value) {
            (Some(at), Yaml::Null) => {
                entries.remove(at);
                own -= 1;
            }
            (None, Yaml::Null) => {}
            (Some(at), value) => lay(&mut entries[at].1, value),
            (None, value) => {
                let mut fresh = Yaml::Null;
                lay(&mut fresh, value);
                entries.push((key.clone(), fresh));
            }
        }
    }
}

/// The lines of a patched text, each behind `+` (new), `-` (gone) or a space, against the sorted text of the base.
pub fn marked(base: &Yaml, patched: &str) -> String {
    let mut sorted = base.clone();
    sort(&mut sorted);
    let before = emit(&sorted);
    let diff = TextDiff::from_lines(before.as_str(), patched);
    diff.iter_all_changes()
        .map(|change| {
            let mark = match change.tag() {
                ChangeTag::Insert => '+',
                ChangeTag::Delete => '-',
                ChangeTag::Equal => ' ',
            };
            format!("{mark} {change}")
        })
        .collect()
}
