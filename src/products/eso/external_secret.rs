//! Known traps of External Secrets Operator 2.6: keys that break a URL, patterns, and two owners of one Secret. Stores are in
//! `stores`, what one ExternalSecret shows alone is in pages.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::object::api_group::{ESO, ESO_GENERATORS};
use crate::object::object::{Object, ObjectRule};
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding, Severity};

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[patterns];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[unescaped_password, two_owners];

/// Patterns of names are Go's, which are RE2.
fn patterns(secret: &Object<'_>) -> Vec<Finding> {
    if !secret.is(ESO, "ExternalSecret") {
        return Vec::new();
    }
    let fields = ["find/name/regexp", "rewrite/*/regexp/source"];
    let found = fields.iter().flat_map(|field| secret.all(&format!("/spec/dataFrom/*/{field}")));
    let broken = found.filter(|(_, value)| value.as_str().is_some_and(|text| regex::Regex::new(text).is_err()));
    let one = |(pointer, value): (String, &Value)| {
        let text = value.as_str().unwrap_or_default();
        let message = format!("{} fetches nothing: the pattern `{text}` does not parse", secret.identity);
        secret.error(Code::EsoRefuses, &pointer, message).help("write a regular expression of RE2")
    };
    broken.map(one).collect()
}

/// A Secret has one owner: the second ExternalSecret fails with "secret is owned by another ExternalSecret".
fn two_owners(world: &World<'_>) -> Vec<Finding> {
    let mut owners: BTreeMap<(&str, &str), &Object<'_>> = BTreeMap::new();
    let mut findings = Vec::new();
    for secret in world.objects.of(ESO, "ExternalSecret") {
        let policy = secret.text_at("/spec/target/creationPolicy");
        let target = Some(secret.text_at("/spec/target/name")).filter(|name| !name.is_empty());
        let target = target.unwrap_or(&secret.identity.name);
        if !["", "Owner"].contains(&policy) {
            continue;
        }
        let Some(first) = owners.insert((&secret.identity.namespace, target), secret) else { continue };
        let message =
            format!("{} makes the Secret {target}, of which {} is the owner", secret.identity, first.identity);
        let pointer = if secret.at("/spec/target/name").is_some() { "/spec/target/name" } else { "/metadata/name" };
        let finding = secret.error(Code::EsoRefuses, pointer, message).help("give each a Secret of its own");
        // Two files may be for two clusters.
        let apart = !world.closed && first.path != secret.path;
        let severity = if apart { Severity::Warning } else { Severity::Error };
        findings.push(Finding { severity, ..finding });
    }
    findings
}

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
