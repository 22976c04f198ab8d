//! Kubernetes' Secrets -> whether git sees something secret in them. One that has no data, only references, an address or what a
//! tool is to fill in holds nothing.

use serde_json::Value;

use crate::text::secret::judge::literal;
use crate::text::secret::name::{Says, says};
use crate::text::secret::value::{decoded, is_reference, is_standin, words};
use crate::text::secret::walk::{self, holds};
use crate::text::yaml::object;

/// Last words of keys whose values are known to everybody who may see the object.
const PLAIN: [&str; 42] = [
    "type",
    "url",
    "uri",
    "name",
    "username",
    "user",
    "login",
    "project",
    "host",
    "hostname",
    "server",
    "port",
    "database",
    "db",
    "dbname",
    "email",
    "mail",
    "region",
    "bucket",
    "endpoint",
    "address",
    "addr",
    "domain",
    "namespace",
    "cluster",
    "insecure",
    "lfs",
    "oci",
    "proxy",
    "scheme",
    "protocol",
    "mode",
    "path",
    "file",
    "id",
    "ca",
    "crt",
    "pub",
    "issuer",
    "audience",
    "config",
    "version",
];

/// Shows the pointer of every value of an object that holds a key; a Secret's own are judged as a whole by [`is_filled`].
pub fn keys(object: &Value, found: &mut impl FnMut(&str, &'static str)) {
    let secret = object["kind"] == "Secret" && object["apiVersion"] == "v1";
    walk::keys(object, &mut |_, pointer, what| {
        if !(secret && (pointer.starts_with("/data/") || pointer.starts_with("/stringData/"))) {
            found(pointer, what);
        }
    });
}

/// Whether an object of the kind Secret holds something in clear text or in base64.
pub fn is_filled(secret: &Value) -> bool {
    if secret["kind"] != "Secret" || secret["apiVersion"] != "v1" {
        return false;
    }
    let clear = object(&secret["stringData"]).iter().map(|(key, value)| (key, text_of(value)));
    let coded = object(&secret["data"]).iter().map(|(key, value)| {
        let text = text_of(value);
        (key, decoded(&text).unwrap_or(text))
    });
    clear.chain(coded).any(|(key, text)| is_secret(key, &text))
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn is_secret(key: &str, text: &str) -> bool {
    let text = text.trim();
    let named = says(key);
    if holds(named, text).is_some() {
        return true;
    }
    let parts = words(key);
    if text.is_empty() || parts.last().is_some_and(|last| last == "pin") {
        return !text.is_empty();
    }
    // What is told by a name is judged by it; here that of a Secret is a name as well.
    let nothing = text.is_empty()
        || text == "null"
        || text == "true"
        || text == "false"
        || is_reference(text)
        || is_standin(text);
    if nothing || text.contains('\n') || text.len() > 200 {
        return false;
    }
    let plain = parts.last().is_some_and(|last| PLAIN.contains(&last.trim_end_matches(|c: char| c.is_ascii_digit())));
    match named {
        Some(Says::Password) => literal(Says::Password, text).is_some(),
        Some(_) => !text.contains(char::is_whitespace) && text.len() >= 4,
        None => !plain && literal(Says::Key, text).is_some(),
    }
}
