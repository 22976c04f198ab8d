//! A known trap of External Secrets Operator 2.6: keys that break a URL. Stores are in `stores`, what one ExternalSecret shows
//! alone is in pages.

use serde_json::Value;

use crate::object::api_group::{ESO, ESO_GENERATORS};
use crate::object::object::Object;
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[unescaped_password];

/// The generators that an ExternalSecret calls.
fn generators<'a>(secret: &Object<'a>) -> Vec<(String, &'a Value)> {
    let mut found = secret.all("/spec/dataFrom/*/sourceRef/generatorRef");
    found.extend(secret.all("/spec/data/*/sourceRef/generatorRef"));
    found
}

/// A key from a template in a URL, as it is: a `/`, `#` or `@` in it ends the password early.
fn unescaped_password(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for secret in world.objects.of(ESO, "ExternalSecret") {
        for (pointer, text) in secret.all("/spec/target/template/data/*") {
            if !text.as_str().is_some_and(has_plain_password) || plain_generator(world, secret) {
                continue;
            }
            let message =
                format!("{} puts a password into a URL as it is: `/`, `#` or `@` in it break the URL", secret.identity);
            let finding = secret.warning(Code::UnescapedPassword, &pointer, message);
            findings.push(finding.help("write `{{ .password | urlquery }}`, or let no symbols be in it"));
        }
    }
    findings
}

/// Whether a template has `://user:{{ .name }}@`, without a function.
fn has_plain_password(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let Some((before, rest)) = rest.split_once("{{") else { return false };
        let Some((inside, after)) = rest.split_once("}}") else { return false };
        let inside = inside.trim_matches(['-', ' ']);
        before.contains(':')
            && !before.contains('/')
            && after.starts_with('@')
            && inside.starts_with('.')
            && !inside.contains([' ', '|'])
    })
}

/// Whether all keys come from generators that make no symbols.
fn plain_generator(world: &World<'_>, secret: &Object<'_>) -> bool {
    let all = generators(secret);
    let plain = |reference: &Value| {
        let name = reference["name"].as_str().unwrap_or_default();
        let generator = world.objects.get(ESO_GENERATORS, "Password", &secret.identity.namespace, name);
        reference["kind"] == "UUID" || generator.is_some_and(|g| g.at("/spec/symbols") == Some(&Value::from(0)))
    };
    secret.items("/spec/data").is_empty() && !all.is_empty() && all.iter().all(|(_, reference)| plain(reference))
}

#[cfg(test)]
mod tests {
    use super::has_plain_password;

    #[test]
    fn a_password_in_a_url_is_escaped() {
        assert!(has_plain_password("postgresql://litellm:{{ .password }}@db:5432/litellm"));
        assert!(has_plain_password("redis://:{{.password}}@cache"));
        assert!(!has_plain_password("postgresql://litellm:{{ .password | urlquery }}@db/litellm"));
        assert!(!has_plain_password("https://host/{{ .token }}@x"));
        assert!(!has_plain_password("{{ .password }}"));
    }
}
