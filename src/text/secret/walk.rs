//! A tree of values -> the keys in it. Names come from keys, from the `name` beside a `value`, and from the flag before an
//! argument; embedded texts are read as texts.

use serde_json::Value;

use crate::text::pointer::escaped;
use crate::text::secret::form::{self, PEM};
use crate::text::secret::judge::literal;
use crate::text::secret::name::{Says, says};
use crate::text::secret::text;
use crate::text::secret::value::decoded;
use crate::text::yaml::{Kind, Node};

/// A value with or without places.
pub trait Tree: Sized {
    /// What it is, one level deep.
    fn view(&self) -> View<'_, Self>;
}

/// One level of a [`Tree`].
#[derive(Debug)]
pub enum View<'a, T> {
    /// A string.
    Text(&'a str),
    /// A number, as it is written.
    Number(String),
    /// A list.
    List(Vec<&'a T>),
    /// A map.
    Map(Vec<(&'a str, &'a T)>),
    /// Anything else.
    Nothing,
}

impl Tree for Value {
    fn view(&self) -> View<'_, Self> {
        match self {
            Value::String(text) => View::Text(text),
            Value::Number(number) => View::Number(number.to_string()),
            Value::Array(items) => View::List(items.iter().collect()),
            Value::Object(map) => View::Map(map.iter().map(|(key, value)| (key.as_str(), value)).collect()),
            _ => View::Nothing,
        }
    }
}

impl Tree for Node {
    fn view(&self) -> View<'_, Self> {
        match &self.kind {
            Kind::String(text) => View::Text(text),
            Kind::Number(number) => View::Number(number.to_string()),
            Kind::List(items) => View::List(items.iter().collect()),
            Kind::Map(entries) => View::Map(entries.iter().map(|e| (e.key.as_str(), &e.value)).collect()),
            _ => View::Nothing,
        }
    }
}

/// Signs of certificates and public keys, which look random.
const PUBLIC: [&str; 8] = [
    "MIIBIjANBgkqhkiG9w0B",
    "MIICIjANBgkqhkiG9w0B",
    "-----BEGIN CERTIFICATE",
    "-----BEGIN PUBLIC",
    "ssh-ed25519 ",
    "ssh-rsa ",
    "ecdsa-sha2",
    "ssh-dss ",
];

/// A JSON Web Key without the private exponent, also inside a text of JSON.
fn is_public_jwk(text: &str) -> bool {
    let has = |name: &str| text.contains(&format!("\"{name}\"")) || text.contains(&format!("\"{name}\\\""));
    has("kty") && !has("d")
}

/// What a text of that name holds: `None` when nothing that belongs in a secret store.
pub fn holds(named: Option<Says>, words: &str) -> Option<&'static str> {
    if words.starts_with("ENC[") || words.starts_with("data:") {
        return None; // of SOPS, and pictures
    }
    if words.starts_with("LS0tLS1CRUdJTi") {
        let keys = decoded(words).filter(|text| form::keys(text).any(|(_, what)| what == PEM));
        return keys.map(|_| PEM);
    }
    let public = || PUBLIC.iter().any(|sign| words.contains(sign)) || is_public_jwk(words);
    let by_form = form::keys(words).map(|(_, what)| what).find(|what| *what == PEM || !public());
    if by_form.is_some() {
        return by_form;
    }
    named.and_then(|says| literal(says, words)).or_else(|| text::keys(words).first().map(|(_, what)| *what))
}

/// Shows every value that holds a key, with its JSON pointer; of a map's key that is one, the pointer to it.
///
/// What SOPS and Sealed Secrets encrypted is made to be in git.
pub fn keys<'a, T: Tree>(value: &'a T, found: &mut impl FnMut(&'a T, &str, &'static str)) {
    let (kind, sops) = (text_at(value, "kind"), at(value, "sops").is_some());
    // A definition describes values, and has none; what an ExternalSecret fetches are names.
    let others = match kind {
        Some("SealedSecret") => "/spec/encryptedData/",
        Some("CustomResourceDefinition") => "/spec/",
        Some("ExternalSecret" | "ClusterExternalSecret") => "/spec/data/",
        _ => "/sops/",
    };
    let mut show = |value: &'a T, pointer: &str, what: &'static str| {
        let encrypted = sops && pointer.starts_with("/sops/");
        // The icon of an operator in a catalog, the name of an alert.
        let plain = pointer.ends_with("/base64data") || pointer.ends_with("/alert");
        // Files of a program, in base64.
        let plain = plain || what == form::RANDOM && pointer.starts_with("/binaryData/");
        // The half of a pair of keys that is no secret, which cert-manager and others have in clear text.
        let plain = plain || what == form::API_KEY && pointer.to_ascii_lowercase().ends_with("/accesskeyid");
        if !encrypted && !plain && !pointer.starts_with(others) {
            found(value, pointer, what);
        }
    };
    below(value, Name { says: None, word: "" }, &mut String::new(), &mut show);
}

/// The value of a map's key.
pub fn at<'a, T: Tree>(value: &'a T, key: &str) -> Option<&'a T> {
    match value.view() {
        View::Map(entries) => entries.into_iter().find(|(k, _)| *k == key).map(|(_, value)| value),
        _ => None,
    }
}

fn text_at<'a, T: Tree>(value: &'a T, key: &str) -> Option<&'a str> {
    match at(value, key)?.view() {
        View::Text(text) => Some(text),
        _ => None,
    }
}

/// Keys whose value names the `value` beside them.
const NAMED_BY: [&str; 4] = ["name", "key", "header", "headerName"];

/// What is known of a value by what it is called.
#[derive(Clone, Copy)]
struct Name<'a> {
    says: Option<Says>,
    word: &'a str,
}

impl<'a> Name<'a> {
    /// The name of what stands under a key below this one.
    fn inner(self, key: &'a str) -> Self {
        // `apiKey: { value: x }`, `auth: { key: x }`: the words around it name it.
        let says = match key {
            "value" | "literal" | "inline" | "inlineString" | "default" | "plain" | "text" | "string" => self.says,
            "key" if self.word == "auth" || self.word == "apiKey" => Some(Says::Key),
            "key" => None, // that of a Secret, mostly
            _ => says(key),
        };
        Self { says, word: key }
    }
}

fn below<'a, T: Tree>(
    value: &'a T,
    name: Name<'_>,
    pointer: &mut String,
    found: &mut dyn FnMut(&'a T, &str, &'static str),
) {
    let length = pointer.len();
    match value.view() {
        View::Text(text) => {
            if let Some(what) = holds(name.says, text) {
                found(value, pointer, what);
            }
        }
        View::Number(number) if name.says == Some(Says::Password) && number.len() >= 5 => {
            if let Some(what) = literal(Says::Password, &number) {
                found(value, pointer, what);
            }
        }
        View::List(items) => {
            let mut flag = None;
            for (i, item) in items.into_iter().enumerate() {
                let View::Text(text) = item.view() else {
                    into(item, &i.to_string(), name, pointer, found);
                    continue;
                };
                let named =
                    flag.filter(|_| !text.starts_with("--")).map_or(name, |says| Name { says: Some(says), ..name });
                into(item, &i.to_string(), named, pointer, found);
                flag = text.strip_prefix('-').filter(|f| !f.contains(['=', ' '])).and_then(says);
            }
        }
        View::Map(entries) => {
            let beside = entries.iter().filter(|(key, _)| NAMED_BY.contains(key)).find_map(|(_, v)| match v.view() {
                View::Text(text) => Some(text),
                _ => None,
            });
            for (key, inner) in entries {
                if let Some(what) = form::keys(key).map(|(_, what)| what).next() {
                    found(inner, &format!("{pointer}/{}", escaped(key)), what);
                }
                let named = match (key, beside) {
                    ("value" | "defaultValue", Some(beside)) => Name { says: says(beside), word: beside },
                    _ => name.inner(key),
                };
                into(inner, &escaped(key), named, pointer, found);
            }
        }
        _ => {}
    }
    pointer.truncate(length);
}

fn into<'a, T: Tree>(
    value: &'a T,
    part: &str,
    name: Name<'_>,
    pointer: &mut String,
    found: &mut dyn FnMut(&'a T, &str, &'static str),
) {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(part);
    below(value, name, pointer, found);
    pointer.truncate(length);
}
