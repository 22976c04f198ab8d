//! The version of gatewright that features.yaml asks for, and ours -> whether they fit, and what changed between them.

use crate::text::finding::{Code, Finding};
use crate::text::source::Place;

/// This program's version.
const OURS: &str = env!("CARGO_PKG_VERSION");

/// What changed, newest first: a heading of each version, an entry a line that starts with `- `.
const CHANGES: &str = include_str!("../../CHANGELOG.md");

/// Entries that are told; the rest is counted.
const SHOWN: usize = 8;

/// A finding when the version is another one than ours. `0.3` is every `0.3.x`.
pub(crate) fn other(wanted: &str, place: Place) -> Option<Finding> {
    if OURS.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) {
        return None;
    }
    let message = format!("`platform.gatewright` asks for {wanted}, and this is {OURS}");
    let minor = OURS.rsplit_once('.').map_or(OURS, |(minor, _)| minor);
    let help = match numbers(OURS) < numbers(wanted) {
        true => format!("install {wanted}, or write `gatewright: \"{minor}\"`"),
        false => {
            let changed = between(CHANGES, wanted);
            let told = match changed.len() {
                0 => "nothing that is rendered changed since".to_owned(),
                n if n > SHOWN => {
                    format!("changed since: {} (and {} more in CHANGELOG.md)", changed[..SHOWN].join(" "), n - SHOWN)
                }
                _ => format!("changed since: {}", changed.join(" ")),
            };
            format!("{told}; read `gatewright diff`, then write `gatewright: \"{minor}\"`")
        }
    };
    Some(Finding::error(Code::OtherVersion, message).place(place).help(help))
}

/// The entries of later versions that change what is rendered, each by its first sentence.
fn between(changes: &str, wanted: &str) -> Vec<String> {
    let sections = changes.split("\n## ").skip(1);
    let later = sections.filter(|section| {
        let version = section.lines().next().unwrap_or_default();
        numbers(version) > numbers(wanted) && !version.starts_with(&format!("{wanted}."))
    });
    let entries = later.flat_map(|section| section.split("\n- ").skip(1));
    let changing = entries.filter_map(|entry| entry.strip_prefix("**Rendered output changed: yes"));
    // `yes.** Text`, or `yes** (what). Text`.
    let text = |entry: &str| {
        entry
            .split_once(".** ")
            .filter(|(before, _)| before.is_empty())
            .or(entry.split_once("). "))
            .map(|(_, text)| first_sentence(text))
    };
    changing.filter_map(text).collect()
}

fn first_sentence(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let end =
        words.iter().position(|word| word.ends_with('.') && !word.ends_with("..")).map_or(words.len(), |at| at + 1);
    words[..end].join(" ")
}

fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::between;

    #[test]
    fn what_changed_between_two_versions_is_told() {
        let changes = "# Changes\n\n## 0.3.0\n\n- **Rendered output changed: yes.** Routes have\n  a timeout. More.\n- **Rendered output \
                       changed: no.** A word.\n\n## 0.2.1\n\n- **Rendered output changed: yes** (`groups.yaml`). Claims say more.\n\n## \
                       0.1.0\n\n- **Rendered output changed: yes.** Old.\n";
        assert_eq!(between(changes, "0.1"), ["Routes have a timeout.", "Claims say more."]);
        assert_eq!(between(changes, "0.2"), ["Routes have a timeout."]);
        assert_eq!(between(changes, "0.2.0"), ["Routes have a timeout.", "Claims say more."]);
        assert!(between(changes, "0.3").is_empty());
    }
}
