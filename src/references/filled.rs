//! Inventory -> Secrets that will not hold what their maker or their reader expects: templates of External Secrets over keys
//! that are not fetched, and logins that CloudNativePG refuses.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::api_group::{CNPG, ESO};
use crate::object::object::Object;
use crate::object::part::amid;
use crate::object::placeholder;
use crate::references::eso_functions::ENGINE;
use crate::references::go_template;
use crate::references::inventory::{Inventory, Origin};
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;
use crate::text::schema::{did_you_mean, nearest};

/// Where objects of External Secrets hold templates; `*` is any key or item.
const TEMPLATES: [(&str, &str); 6] = [
    ("ExternalSecret", "/spec/target/template/data/*"),
    ("ExternalSecret", "/spec/target/template/metadata/annotations/*"),
    ("ExternalSecret", "/spec/target/template/metadata/labels/*"),
    ("ExternalSecret", "/spec/target/template/templateFrom/*/literal"),
    ("PushSecret", "/spec/template/data/*"),
    ("PushSecret", "/spec/template/templateFrom/*/literal"),
];

/// A template of External Secrets parses, and that of an ExternalSecret names only keys that it fetches; External Secrets 2.6
/// fails on the others.
pub fn templates(object: &Object<'_>) -> Vec<Finding> {
    if object.identity.group != ESO {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let of_kind = TEMPLATES.iter().filter(|(kind, _)| *kind == object.identity.kind);
    // No template has `${` within its braces: another tool fills that in first.
    let filled = |template: &str| actions(template).any(|action| action.contains("${"));
    for (pointer, template) in of_kind.flat_map(|(_, pattern)| object.all(pattern)) {
        let template = template.as_str().unwrap_or_default();
        if let Some(mistake) = go_template::mistake(template, &ENGINE).filter(|_| !filled(template)) {
            let message = format!("a template of {} does not parse: {}", object.identity, mistake.why);
            let finding = amid(object.error(Code::SecretTemplate, &pointer, message), object, &pointer, mistake.words);
            let help = mistake.help.unwrap_or_else(|| "until it does, External Secrets writes no Secret at all".into());
            findings.push(finding.help(help));
        }
    }
    findings.extend(keys_of_templates(object));
    findings
}

fn keys_of_templates(object: &Object<'_>) -> Vec<Finding> {
    if object.identity.kind != "ExternalSecret" || !object.items("/spec/dataFrom").is_empty() {
        return Vec::new();
    }
    let keys: Vec<&str> = object.items("/spec/data").iter().filter_map(|d| d["secretKey"].as_str()).collect();
    let templates = object.at("/spec/target/template/data").and_then(Value::as_object);
    let mut findings = Vec::new();
    let parses = |template: &Value| go_template::mistake(template.as_str().unwrap_or_default(), &ENGINE).is_none();
    for (name, template) in templates.into_iter().flatten().filter(|(_, template)| parses(template)) {
        for key in fields(template.as_str().unwrap_or_default()).into_iter().filter(|key| !keys.contains(key)) {
            let pointer = format!("/spec/target/template/data/{}", escaped(name));
            let message = format!("{} fills `{name}` from `{key}`, which it does not fetch", object.identity);
            let finding = amid(object.error(Code::MissingKey, &pointer, message), object, &pointer, &format!(".{key}"));
            let meant = nearest(key, &keys).and_then(|near| keys.iter().position(|known| *known == near));
            let fetched = meant.map(|at| object.place(&format!("/spec/data/{at}/secretKey")));
            let finding =
                fetched.into_iter().fold(finding, |finding, place| finding.related(place, "fetched under this name"));
            findings.push(finding.help(did_you_mean(key, &keys)));
        }
    }
    findings
}

/// A PushSecret reads keys that its Secret has; a template of its own makes others of them.
pub fn pushed(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for push in inventory.world.objects.of(ESO, "PushSecret").filter(|push| push.at("/spec/template").is_none()) {
        let (namespace, name) = (&push.identity.namespace, push.text_at("/spec/selector/secret/name"));
        let keys = inventory.find("", "Secret", namespace, name).and_then(|secret| secret.keys());
        let Some(keys) = keys.filter(|keys| !keys.is_empty()) else { continue };
        for (pointer, key) in push.all("/spec/data/*/match/secretKey") {
            let key = key.as_str().filter(|key| !keys.contains(key) && !placeholder::is_in(key)).unwrap_or_default();
            if !key.is_empty() {
                let message =
                    format!("{} pushes the key `{key}` of Secret {name}, which has none of that name", push.identity);
                findings.push(push.error(Code::MissingKey, &pointer, message).help(did_you_mean(key, &keys)));
            }
        }
    }
    findings
}

/// What stands within the braces of a Go template.
fn actions(template: &str) -> impl Iterator<Item = &str> {
    template.split("{{").skip(1).filter_map(|rest| rest.split("}}").next())
}

/// The fields of the data that a Go template reads at its top level: `.name` and `index . "name"`.
fn fields(template: &str) -> BTreeSet<&str> {
    let mut fields = BTreeSet::new();
    // Inside of these the dot is something else.
    if ["{{ range", "{{range", "{{- range", "{{ with", "{{with", "{{- with"]
        .iter()
        .any(|block| template.contains(block))
    {
        return fields;
    }
    for action in actions(template) {
        // What stands in quotes is text, unless `index` takes it.
        for (i, piece) in action.split('"').enumerate() {
            if i % 2 == 1 {
                if action.split('"').nth(i - 1).is_some_and(|before| before.trim_end().ends_with("index .")) {
                    fields.insert(piece);
                }
                continue;
            }
            let starts = piece.match_indices('.').filter(|(at, _)| {
                let before = piece[..*at].chars().next_back();
                before.is_none_or(|c| c.is_whitespace() || "(|,-".contains(c))
            });
            let names = starts.map(|(at, _)| &piece[at + 1..]);
            fields.extend(names.map(|rest| {
                &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())]
            }));
        }
    }
    fields.remove("");
    fields
}

/// A login that is given to a CloudNativePG cluster: type, owner, and the label by which a new password is noticed.
pub fn logins(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for cluster in inventory.world.objects.of(CNPG, "Cluster") {
        for way in ["initdb", "recovery", "pg_basebackup"] {
            let pointer = format!("/spec/bootstrap/{way}/secret/name");
            let Some(thing) = inventory.find("", "Secret", &cluster.identity.namespace, cluster.text_at(&pointer))
            else {
                continue;
            };
            let Some(login) = Login::of(&thing.origin) else { continue };
            findings.extend(login.wrong(cluster, way, &pointer));
        }
    }
    findings
}

/// Where a URL of a database may stand.
const URLS: [(&str, &str, &str); 2] =
    [(ESO, "ExternalSecret", "/spec/target/template/data/*"), ("", "Secret", "/stringData/*")];

/// A URL asks a CloudNativePG cluster for a database or a user that it does not make.
pub fn addresses(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let objects = &inventory.world.objects;
    let held = URLS.iter().flat_map(|(group, kind, at)| objects.of(group, kind).map(move |object| (object, *at)));
    let texts = held.flat_map(|(object, at)| object.all(at).into_iter().map(move |(p, text)| (object, p, text)));
    texts.filter_map(|(object, pointer, text)| asked(inventory, object, &pointer, text.as_str()?)).collect()
}

fn asked(inventory: &Inventory<'_, '_>, object: &Object<'_>, pointer: &str, url: &str) -> Option<Finding> {
    let url = url.trim().strip_prefix("postgres")?.trim_start_matches("ql").strip_prefix("://")?;
    let (login, address) = url.rsplit_once('@')?;
    let user = login.split(':').next()?;
    let (host, rest) = address.split_once('/')?;
    let database = rest.split('?').next()?;
    let mut labels = host.split(':').next()?.split('.');
    let name = labels.next()?.rsplit_once('-').filter(|(_, end)| ["rw", "ro", "r"].contains(end))?.0;
    let namespace = labels.next().unwrap_or(object.home());
    let cluster = inventory.world.objects.get(CNPG, "Cluster", namespace, name)?;
    let made = cluster.at("/spec/bootstrap/initdb").unwrap_or(&Value::Null);
    let others = made.as_object()?.keys().any(|key| key.starts_with("postInit") || key == "import");
    let own = made["database"].as_str().unwrap_or("app");
    let owner = made["owner"].as_str().unwrap_or(own);
    let mut more = inventory.world.objects.of(CNPG, "Database").filter(|d| d.text_at("/spec/cluster/name") == name);
    let roles = cluster.items("/spec/managed/roles").iter().any(|role| role["name"] == user);
    if others || [user, database].iter().any(|word| word.is_empty() || placeholder::is_in(word)) {
        return None;
    }
    let (what, wanted, makes) = match () {
        () if database != own && user != "postgres" && !more.any(|d| d.text_at("/spec/name") == database) => {
            ("database", database, own)
        }
        () if user != owner && user != "postgres" && !roles => ("user", user, owner),
        () => return None,
    };
    let message =
        format!("{} asks {} for the {what} `{wanted}`, which it does not make", object.identity, cluster.identity);
    Some(object.warning(Code::DatabaseLogin, pointer, message).help(format!("it makes the {what} `{makes}`")))
}

/// What the files tell about a login.
struct Login<'a> {
    name: &'a str,
    kind: &'a str,
    labels: Option<&'a Value>,
    user: &'a str,
    refreshed: bool,
}

impl<'a> Login<'a> {
    fn of(origin: &Origin<'a>) -> Option<Self> {
        let (object, at) = match origin {
            Origin::File(object) => (object, ["/type", "/metadata/labels", "/stringData/username"]),
            Origin::Made(object, _) if object.identity.kind == "ExternalSecret" => {
                let template = [
                    "/spec/target/template/type",
                    "/spec/target/template/metadata/labels",
                    "/spec/target/template/data/username",
                ];
                (object, template)
            }
            _ => return None,
        };
        Some(Self {
            name: &object.identity.name,
            kind: object.text_at(at[0]),
            labels: object.at(at[1]),
            user: object.text_at(at[2]),
            refreshed: object.identity.kind == "ExternalSecret",
        })
    }

    fn wrong(&self, cluster: &Object<'_>, way: &str, pointer: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        let database = Some(cluster.text_at(&format!("/spec/bootstrap/{way}/database"))).filter(|d| !d.is_empty());
        let owner = Some(cluster.text_at(&format!("/spec/bootstrap/{way}/owner"))).filter(|o| !o.is_empty());
        let owner = owner.or(database).unwrap_or("app");
        if !self.user.is_empty() && !self.user.contains("{{") && self.user != owner {
            let message = format!(
                "{} belongs to `{owner}`, and the login {} is that of `{}`",
                cluster.identity, self.name, self.user
            );
            let finding = cluster.error(Code::DatabaseLogin, pointer, message);
            findings.push(finding.help("CloudNativePG refuses another user: make both the same"));
        }
        if self.kind != "kubernetes.io/basic-auth" {
            let message = format!(
                "{} takes the login {}, which is not of the type kubernetes.io/basic-auth",
                cluster.identity, self.name
            );
            findings.push(
                cluster.warning(Code::DatabaseLogin, pointer, message).help("set `type: kubernetes.io/basic-auth`"),
            );
        }
        // Only what is fetched again changes.
        if self.refreshed && self.labels.is_none_or(|labels| labels["cnpg.io/reload"] != "true") {
            let message = format!("{} does not notice a new password in {}", cluster.identity, self.name);
            let finding = cluster.warning(Code::DatabaseLogin, pointer, message);
            findings.push(finding.help("label the Secret cnpg.io/reload: \"true\""));
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_template() {
        let all = |template| fields(template).into_iter().collect::<Vec<_>>();
        assert_eq!(
            all("postgresql://{{ .user }}:{{ .password | urlquery | replace \"+\" \"%20\" }}@db.svc/x"),
            ["password", "user"]
        );
        assert_eq!(all("{{ index . \"api-key\" }} {{ printf \"%s.x\" .token }}{{- .a -}}"), ["a", "api-key", "token"]);
        assert!(all("{{ range .list }}{{ .x }}{{ end }} .none {{ 1.5 }}").is_empty());
    }
}
