//! A text -> whether something else fills it in before it reaches a cluster: Flux (`${VAR}`), a template, SOPS. What it will
//! say then is not known, so nothing is judged that depends on it.

use crate::text::finding::{About, Code, Finding};

/// True for a name of which a part is filled in later: by Flux or envsubst, by a template, by whoever copies the file.
pub fn is_in(name: &str) -> bool {
    let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_ ".contains(c));
    let whole = |start, end| name.strip_prefix(start).and_then(|n| n.strip_suffix(end)).is_some_and(plain);
    ["${", "{{"].iter().any(|mark| name.contains(mark))
        || name == "_"
        || whole('{', '}')
        || whole('<', '>')
        || name.strip_prefix('$').is_some_and(is_variable)
}

/// True for the name of a variable of a shell, as envsubst knows it.
fn is_variable(name: &str) -> bool {
    name.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// True for a name with a whole word in capitals: no name in a cluster has any, and who copies the file is to replace it.
fn is_shouted(name: &str) -> bool {
    let word = |part: &str| part.len() > 5 && part.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    name.split(['-', '.']).any(word)
}

/// Longer ones are files of their own, in one line: thousands of findings may stand in them.
const LONGEST_VALUE: usize = 4096;

/// True for a value of one line that Flux or a variable of kustomize fills in, or that SOPS keeps.
fn is_filled(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    if value.len() > LONGEST_VALUE {
        return value.starts_with("ENC[");
    }
    // In a script such a variable is the shell's, and double braces are what another tool reads in the cluster.
    let others = value.contains('\n') || value.contains("{{");
    let of_kustomize = value.starts_with("$(") && value.ends_with(')');
    !others && (is_in(value) || of_kustomize) || value.starts_with("ENC[")
}

/// What no placeholder makes right.
const ALWAYS: [Code; 2] = [Code::SecretMaterial, Code::LiteralSecret];

/// Whether a finding depends on a value that is filled in later: it stands there, or the message names it.
pub fn decides(finding: &Finding) -> bool {
    let message = || ["${", "ENC[", "`metadata.name` cannot be `$("].iter().any(|mark| finding.message.contains(mark));
    let place = || finding.place.as_ref().is_some_and(|place| is_filled(place.text()));
    // SOPS takes its block away when it decrypts the file.
    let at = |pointer: &str| pointer == "/sops" || pointer.starts_with("/sops/");
    let sops = || finding.about.as_ref().is_some_and(|about| at(&about.pointer));
    // Names that a template makes; elsewhere braces are what other tools read in the cluster.
    let named = || {
        finding
            .about
            .as_ref()
            .is_some_and(|about| about.object.split([' ', '/']).skip(1).any(|n| is_in(n) || is_shouted(n)))
    };
    // Who copies the file is to write a name there.
    let shouted = || {
        // A variable of a container is called so.
        let variable = |about: &About| about.pointer.contains("/env/");
        let names = |about: &About| {
            ["name", "Name", "namespace"].iter().any(|end| about.pointer.ends_with(end)) && !variable(about)
        };
        let text = finding.place.as_ref().map(|place| place.text().trim_matches(['"', '\'']));
        finding.about.as_deref().is_some_and(names) && text.is_some_and(|text| text.contains('_') && is_variable(text))
    };
    // No word that the API server knows has letters and `_` in capitals alone, and a variable of kustomize may be a part.
    let refused = || {
        let text = finding.place.as_ref().map_or("", |place| place.text().trim_matches(['"', '\'']));
        let part = text.len() < 100 && !text.contains(' ') && text.contains("$(") && text.contains(')');
        finding.code == Code::InvalidField && (part || text.contains('_') && is_variable(text))
    };
    !ALWAYS.contains(&finding.code) && (sops() || message() || named() || place() || shouted() || refused())
}

#[cfg(test)]
mod tests {
    use super::{is_filled, is_in, is_shouted};

    #[test]
    fn placeholders_are_told_from_values() {
        for text in ["${APP}", "app.${DOMAIN:=example.com}", "{{ .name }}", "_", "{CLASS}", "<name>", "$NAMESPACE"] {
            assert!(is_in(text), "{text}");
        }
        for text in ["app", "My-App", "$(HOST)", "a_b", "{", "*", "", "{\"keys\":[]}", "$", "$1", "$host"] {
            assert!(!is_in(text), "{text}");
        }
        assert!(is_shouted("web-HOSTNAME") && !is_shouted("My-App") && !is_shouted("web-API"));
        assert!(is_filled("$(MEMORY)") && is_filled("'${SIZE:=5Gi}'") && is_filled("ENC[AES256_GCM,data:x]"));
        assert!(!is_filled("postgresql://u:{{ .password }}@db/x") && !is_filled("a\necho ${X}"));
    }
}
