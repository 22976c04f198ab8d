//! Known traps of External Secrets Operator 2.6: ExternalSecrets that its webhook refuses, and keys that change, fail or
//! break a URL. Stores are in `stores`.

use serde_json::Value;

use crate::object::api_group::{ESO, ESO_GENERATORS, INFERENCE_X};
use crate::object::object::{Object, ObjectRule};
use crate::products::eso::stores::refused;
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding, Severity};
use crate::text::yaml::object as entries;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[not_served, external_secret, password_generator];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[unescaped_password];

/// Versions and kinds that clients still write and no current release serves: API group, version (empty: any), kind
/// (empty: any), what to write.
const GONE: [(&str, &str, &str, &str); 4] = [
    (ESO, "v1beta1", "", "external-secrets.io/v1; v1beta1 is not served since 0.17"),
    (ESO, "v1alpha1", "ExternalSecret", "external-secrets.io/v1"),
    ("gateway.kgateway.dev", "", "AgentgatewayPolicy", "agentgateway.dev/v1alpha1; guides still show the old group"),
    (INFERENCE_X, "", "InferenceModel", "one HTTPRoute for each model; the kind is gone"),
];

fn not_served(object: &Object<'_>) -> Vec<Finding> {
    let version = object.text_at("/apiVersion").rsplit('/').next().unwrap_or_default();
    let identity = object.identity;
    let gone = GONE.iter().find(|(group, old, kind, _)| {
        *group == identity.group && (old.is_empty() || *old == version) && (kind.is_empty() || *kind == identity.kind)
    });
    let Some((.., now)) = gone else { return Vec::new() };
    let message = format!("{identity} is of {}, which no current release serves", object.text_at("/apiVersion"));
    vec![object.error(Code::ApiNotServed, "/apiVersion", message).help(format!("write {now}"))]
}

fn external_secret(secret: &Object<'_>) -> Vec<Finding> {
    if !secret.is(ESO, "ExternalSecret") {
        return Vec::new();
    }
    let rules = [sources, policies, repeated_keys, rotating_generator, write_once_key];
    rules.iter().flat_map(|rule| rule(secret)).collect()
}

fn sources(secret: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if secret.items("/spec/data").is_empty() && secret.items("/spec/dataFrom").is_empty() {
        findings.push(refused(secret, "/spec", "it has neither data nor dataFrom", "say which keys to fetch"));
    }
    for (pointer, item) in secret.all("/spec/dataFrom/*") {
        let generator = item.pointer("/sourceRef/generatorRef");
        let ways = [item.get("extract"), item.get("find"), generator].iter().flatten().count();
        if ways > 1 {
            let why = "an item of dataFrom has more than one of extract, find and generatorRef";
            findings.push(refused(secret, &pointer, why, "make two items of it"));
        } else if ways == 0 && item.get("sourceRef").is_none_or(|source| entries(source).is_empty()) {
            let why = "an item of dataFrom has none of extract, find and generatorRef";
            findings.push(refused(secret, &pointer, why, "add one of them"));
        }
    }
    findings
}

fn policies(secret: &Object<'_>) -> Vec<Finding> {
    let (creation, deletion) =
        (secret.text_at("/spec/target/creationPolicy"), secret.text_at("/spec/target/deletionPolicy"));
    let mut findings = Vec::new();
    let pointer = "/spec/target/deletionPolicy";
    if deletion == "Delete" && ["Merge", "None", "CreateOrMerge"].contains(&creation) {
        let why = "it would delete a Secret that it does not own";
        findings.push(refused(secret, pointer, why, "write `deletionPolicy: Retain`, or `creationPolicy: Owner`"));
    }
    if deletion == "Merge" && creation == "None" {
        findings.push(refused(
            secret,
            pointer,
            "it would merge into a Secret that it does not make",
            "write `deletionPolicy: Retain`",
        ));
    }
    let template = "/spec/target/template";
    let kind = secret.text_at(&format!("{template}/type"));
    let for_account = secret
        .at(&format!("{template}/metadata/annotations"))
        .is_some_and(|a| a.get("kubernetes.io/service-account.name").is_some());
    if kind == "bootstrap.kubernetes.io/token" || kind == "kubernetes.io/service-account-token" && for_account {
        findings.push(refused(
            secret,
            &format!("{template}/type"),
            "it would make a token of the cluster",
            "use another type",
        ));
    }
    findings
}

fn repeated_keys(secret: &Object<'_>) -> Vec<Finding> {
    if !["", "Retain"].contains(&secret.text_at("/spec/target/deletionPolicy")) {
        return Vec::new();
    }
    let keys = secret.all("/spec/data/*/secretKey");
    let mut findings = Vec::new();
    for (_, (pointer, key)) in keys.iter().enumerate().filter(|(i, (_, key))| keys[..*i].iter().any(|(_, k)| k == key))
    {
        let why = format!("the key {} stands twice", key.as_str().unwrap_or_default());
        findings.push(refused(secret, pointer, &why, "keep one"));
    }
    findings
}

/// The generators that an ExternalSecret calls.
fn generators<'a>(secret: &Object<'a>) -> Vec<(String, &'a Value)> {
    let mut found = secret.all("/spec/dataFrom/*/sourceRef/generatorRef");
    found.extend(secret.all("/spec/data/*/sourceRef/generatorRef"));
    found
}

fn rotating_generator(secret: &Object<'_>) -> Vec<Finding> {
    let interval = secret.text_at("/spec/refreshInterval");
    let once = interval.starts_with('0') && interval.chars().all(|c| !('1'..='9').contains(&c));
    if !["", "Periodic"].contains(&secret.text_at("/spec/refreshPolicy")) || once {
        return Vec::new();
    }
    // Tokens of a registry must be fetched anew; a password must not.
    let kinds = ["Password", "UUID", "SSHKey"];
    let hit = generators(secret).into_iter().filter(|(_, g)| kinds.iter().any(|kind| g["kind"] == *kind));
    let one = |(pointer, generator): (String, &Value)| {
        let every = if interval.is_empty() { "hour" } else { interval };
        let kind = generator["kind"].as_str().unwrap_or_default();
        let message = format!("{} generates a new {kind} every {every}", secret.identity);
        let finding = secret.warning(Code::RotatingGenerator, &pointer, message);
        finding.help("write `refreshPolicy: CreatedOnce`, or `refreshInterval: 0s`")
    };
    hit.map(one).collect()
}

fn write_once_key(secret: &Object<'_>) -> Vec<Finding> {
    let kept = secret.at("/spec/target/immutable") == Some(&Value::Bool(true));
    let orphan = secret.text_at("/spec/target/creationPolicy") == "Orphan";
    if secret.text_at("/spec/refreshPolicy") != "CreatedOnce" || kept && orphan {
        return Vec::new();
    }
    let generated = !generators(secret).is_empty();
    let message = match generated {
        true => format!("{} makes its key anew when it is deleted and applied again", secret.identity),
        // What the store says then may not be what it said.
        false if !kept => format!("{} reads its key anew when it is deleted and applied again", secret.identity),
        false => return Vec::new(),
    };
    let finding = secret.error(Code::WriteOnceKey, "/spec/refreshPolicy", message);
    let severity = if generated { Severity::Error } else { Severity::Warning };
    let help = "`CreatedOnce` is remembered in the ExternalSecret's status: add `immutable: true` and `creationPolicy: Orphan`";
    vec![Finding { severity, ..finding.help(help) }]
}

/// Characters there are of each sort, without repeats (sethvargo/go-password).
const DIGITS: i64 = 10;
const LETTERS: i64 = 26;

fn password_generator(generator: &Object<'_>) -> Vec<Finding> {
    if !generator.is(ESO_GENERATORS, "Password") {
        return Vec::new();
    }
    let number = |field: &str| generator.at(&format!("/spec/{field}")).and_then(Value::as_i64);
    let yes = |field: &str| generator.at(&format!("/spec/{field}")) == Some(&Value::Bool(true));
    let length = number("length").unwrap_or(24);
    // A quarter of each, unless it is said.
    let (digits, symbols) = (number("digits").unwrap_or(length / 4), number("symbols").unwrap_or(length / 4));
    let letters = length - digits - symbols;
    let available =
        generator.at("/spec/symbolCharacters").and_then(Value::as_str).map_or(30, |s| s.chars().count() as i64);
    let why = match () {
        () if letters < 0 => "more digits and symbols than its length".to_owned(),
        () if yes("allowRepeat") => return Vec::new(),
        () if digits > DIGITS => format!("{digits} different digits"),
        () if symbols > available => format!("{symbols} different symbols"),
        () if letters > if yes("noUpper") { LETTERS } else { 2 * LETTERS } => format!("{letters} different letters"),
        () => return Vec::new(),
    };
    let message = format!("{} never yields a password: it asks for {why}", generator.identity);
    let finding = generator.error(Code::PasswordGenerator, "/spec/length", message);
    vec![finding.help("write `digits`, `symbols` and `allowRepeat: true`")]
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
