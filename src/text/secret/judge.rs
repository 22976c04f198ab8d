//! A name and its value -> whether the value is a key in clear text.

use crate::text::secret::form;
use crate::text::secret::name::{Says, says};
use crate::text::secret::value::{
    decoded, humps, is_measure, is_name, is_random, is_reference, is_standin, is_wordy, words,
};

/// Longest password or key that is judged by its name; longer ones are known by their form.
const LONGEST: usize = 2_000;

/// What stands before a key in a header.
const SCHEMES: [&str; 8] = ["Bearer ", "bearer ", "Basic ", "basic ", "Token ", "token ", "ApiKey ", "apikey "];

/// What a value is of which its name says that it is secret; `None`: no key in clear text.
pub fn literal(says: Says, text: &str) -> Option<&'static str> {
    let text = text.trim().trim_matches(['"', '\'']);
    let (scheme, text) = match SCHEMES.iter().find(|scheme| text.starts_with(**scheme)) {
        Some(scheme) => (*scheme, text[scheme.len()..].trim()),
        None => ("", text),
    };
    if !(4..=LONGEST).contains(&text.len()) || is_reference(text) || is_standin(text) {
        return None;
    }
    let secret = match says {
        Says::Password => is_password(text),
        Says::Key => is_key(text),
        Says::Maybe => is_login(text) || is_random_key(text),
    };
    let secret = secret || scheme.eq_ignore_ascii_case("basic ") && is_login(text);
    secret.then_some(match says {
        Says::Password => "a password",
        _ => "a key",
    })
}

/// Anything that is not the name of a key or of a field.
fn is_password(text: &str) -> bool {
    if text.contains(char::is_whitespace) {
        return is_phrase(text);
    }
    let name = is_name(text);
    let parts = text.contains(['-', '_', '/', '.', ':', '#']);
    let upper = parts && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let leads = says(text).is_some()
        || text.contains(['/', '#'])
        || ["name", "ref", "key"].iter().any(|w| words(text).last().is_some_and(|last| last == w));
    let number = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    !(name && (parts && leads || upper)) && !(number && text.len() < 5) && !is_duration(text)
}

/// What a variable in `env` of settings holds: there a name is believed that others' manifests give to names of fields, too.
pub fn variable(name: &str, text: &str) -> Option<&'static str> {
    let says_so = says(name)?;
    let lower = name.to_ascii_lowercase();
    let before = words(name).into_iter().rev().nth(1).unwrap_or_default();
    let is_open = is_reference(text) || is_standin(text) || is_measure(text) || text.contains(char::is_whitespace);
    if text.len() < 4 || text.len() > LONGEST || is_open || lower.ends_with("tokens") || OF_DATA.contains(&&*before) {
        return None;
    }
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric());
    let no_name = plain || text.contains(':') || !text.contains(|c: char| c.is_ascii_lowercase());
    let secret = match says_so {
        _ if lower == "secret" => is_password(text) && no_name,
        Says::Key => is_password(text) && says(text).is_none() && no_name,
        Says::Maybe => !is_name(text) && is_graphic(text) && !text.contains(['/', '*']),
        Says::Password => false,
    };
    (secret && (text.len() >= 8 || lower == "secret")).then_some("a key")
}

/// Words before `key` that make it the name of a thing among others.
const OF_DATA: [&str; 24] = [
    "sort",
    "cache",
    "partition",
    "foreign",
    "group",
    "object",
    "routing",
    "lookup",
    "dedup",
    "index",
    "prefix",
    "label",
    "annotation",
    "header",
    "json",
    "bucket",
    "idempotency",
    "row",
    "range",
    "shard",
    "metadata",
    "attribute",
    "config",
    "field",
];

fn is_duration(text: &str) -> bool {
    is_measure(text) && text.ends_with(|c: char| c.is_ascii_alphabetic())
}

/// Words that nobody would say: no sentence about a password.
fn is_phrase(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let sentence = [
        "a", "an", "the", "of", "for", "to", "is", "in", "your", "and", "or", "from", "with", "by", "will", "must",
        "not",
    ];
    words.len() <= 8
        && !text.ends_with(['.', '!', ':', '?', ','])
        && !text.starts_with(|c: char| c.is_uppercase() || "-#>|".contains(c))
        && !words.iter().any(|w| sentence.contains(w))
}

/// What a tool makes, or begins as one does; a name of words is none.
fn is_key(text: &str) -> bool {
    if text.contains(char::is_whitespace) || is_measure(text) {
        return false;
    }
    match form::prefix(text) {
        Some(rest) => !is_standin(rest) && rest.len() >= 4,
        None => text.len() >= 8 && !is_name(text) && text.bytes().any(|b| b.is_ascii_alphabetic()) && is_graphic(text),
    }
}

/// Signs of keys; code and sentences have others.
fn is_graphic(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic() && !b"(){}[]<>\\`\"',;|".contains(&b))
}

/// At least sixteen signs without any word.
fn is_random_key(text: &str) -> bool {
    let mixed = |run: &str| run.bytes().any(|b| b.is_ascii_digit()) && run.bytes().any(|b| b.is_ascii_alphabetic());
    is_graphic(text)
        && text.len() >= 16
        && !text.contains([':', ' '])
        && text.split(['-', '_', '.', '/', '+', '=', '~']).any(|run| {
            run.len() >= 12 && mixed(run) && (is_random(run) || humps(run) * 3 > run.len() && !is_wordy(run))
        })
}

/// `user:password` in base64, as in a Docker configuration or a header.
fn is_login(text: &str) -> bool {
    decoded(text).is_some_and(|login| {
        let parts = login.split_once(':');
        parts.is_some_and(|(user, password)| {
            !user.is_empty()
                && password.len() >= 4
                && !login.contains(char::is_whitespace)
                && !is_standin(password)
                && !is_reference(password)
        })
    })
}
