//! A text -> whether something else fills it in before it reaches a cluster: Flux (`${VAR}`), a template, SOPS. What it will
//! say then is not known, so nothing is judged that depends on it.

use crate::finding::{Code, Finding};

/// How values begin that are filled in later: Flux and envsubst, Helm and Go, SOPS.
const MARKS: [&str; 3] = ["${", "{{", "ENC["];

/// True for a name or a value of which a part is filled in later.
pub fn is_in(text: &str) -> bool {
    let whole = |start: char, end: char| text.starts_with(start) && text.ends_with(end);
    MARKS.iter().any(|mark| text.contains(mark)) || text == "_" || whole('{', '}') || whole('<', '>')
}

/// What no placeholder makes right.
const ALWAYS: [Code; 2] = [Code::SecretMaterial, Code::LiteralSecret];

/// Whether a finding depends on a value that is filled in later: it stands there, or the message names it.
pub fn decides(finding: &Finding) -> bool {
    let message = || MARKS.iter().any(|mark| finding.message.contains(mark));
    let place = || finding.place.as_ref().is_some_and(|place| is_in(place.text().trim_matches(['"', '\''])));
    // SOPS takes its block away when it decrypts the file.
    let sops = || finding.about.as_ref().is_some_and(|about| about.pointer == "/sops" || about.pointer.starts_with("/sops/"));
    let unnamed = || finding.message.contains("`metadata.name` cannot be `$(");
    !ALWAYS.contains(&finding.code) && (sops() || message() || unnamed() || place())
}

#[cfg(test)]
mod tests {
    use super::is_in;

    #[test]
    fn placeholders_are_told_from_values() {
        for text in ["${APP}", "app.${DOMAIN:=example.com}", "{{ .name }}", "ENC[AES256_GCM,data:x]", "_", "{CLASS}", "<name>"] {
            assert!(is_in(text), "{text}");
        }
        for text in ["app", "$(HOST)", "a_b", "{", "*", ""] {
            assert!(!is_in(text), "{text}");
        }
    }
}
