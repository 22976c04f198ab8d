//! The name of a value -> how surely it says that the value is a secret. The last word counts: `adminPassword` is one,
//! `passwordFile`, `tokenSecretRef` and `secretName` lead to one.

use crate::text::secret::value::words;

/// What a name says of its value, from the surest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    /// Whatever stands here is a password, unless it only points at one.
    Password,
    /// A key or a token, or the name of one.
    Key,
    /// Something secret, or the name of a Secret: only what looks random counts.
    Maybe,
}

/// Last words of names of passwords.
const PASSWORDS: [&str; 9] = ["password", "passwd", "passphrase", "pwd", "pass", "passcode", "pw", "passwort", "pword"];

/// Last words of names of keys, alone or glued to others.
const KEYS: [&str; 15] = [
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "masterkey",
    "accountkey",
    "authkey",
    "clientsecret",
    "authorization",
    "bearer",
    "jwt",
    "dsn",
    "psk",
    "pat",
];

/// Words before `key` that make it a secret one.
const BEFORE_KEY: [&str; 33] = [
    "access",
    "account",
    "admin",
    "aes",
    "api",
    "app",
    "application",
    "auth",
    "cookie",
    "deploy",
    "encrypt",
    "encryption",
    "fernet",
    "function",
    "hmac",
    "integration",
    "jwt",
    "license",
    "master",
    "private",
    "root",
    "salt",
    "secret",
    "security",
    "service",
    "session",
    "shared",
    "signing",
    "storage",
    "subscription",
    "virtual",
    "webhook",
    "write",
];

/// Words before `secret` that make it the secret itself and not an object of that kind.
const BEFORE_SECRET: [&str; 21] = [
    "access",
    "api",
    "app",
    "application",
    "auth",
    "bot",
    "client",
    "consumer",
    "cookie",
    "hmac",
    "jwt",
    "key",
    "master",
    "oauth",
    "oidc",
    "session",
    "shared",
    "signing",
    "token",
    "totp",
    "webhook",
];

/// Words before `token` that make it a word of a model, or a part of an answer.
const BEFORE_TOKEN: [&str; 26] = [
    "per", "eos", "bos", "pad", "unk", "sep", "cls", "mask", "stop", "special", "image", "audio", "video", "start",
    "end", "begin", "next", "page", "continue", "first", "last", "think", "tool", "prefix", "suffix", "mount",
];

/// What a name says; `None`: nothing.
pub fn says(name: &str) -> Option<Says> {
    // Most names have none of these in them, and splitting costs.
    let hints = [
        "pass", "pw", "key", "token", "secret", "cred", "auth", "bearer", "jwt", "dsn", "psk", "pat", "salt", "conn",
        "sas", "cookie", "seed", "nonce",
    ];
    let small = name.to_ascii_lowercase();
    if name.len() > 200 || !hints.iter().any(|hint| small.contains(hint)) {
        return None;
    }
    let words = words(name);
    let words: Vec<&str> =
        words.iter().map(|w| w.trim_end_matches(|c: char| c.is_ascii_digit())).filter(|w| !w.is_empty()).collect();
    if words.iter().any(|word| ["checksum", "hash", "digest", "fingerprint", "public", "expose"].contains(word)) {
        return None;
    }
    let (last, before) = words.split_last()?;
    let before = before.last().copied().unwrap_or_default();
    let one = if last.ends_with("ss") { last } else { last.strip_suffix('s').unwrap_or(last) };
    let glued = one.ends_with("pass") && !["bypass", "compass", "surpass", "overpass"].contains(&one);
    if glued || PASSWORDS.contains(&one) || PASSWORDS[..3].iter().any(|end| one.ends_with(end)) {
        return Some(Says::Password);
    }
    let known = match one {
        "token" => !BEFORE_TOKEN.contains(&before),
        "key" => BEFORE_KEY.contains(&before),
        "secret" => BEFORE_SECRET.contains(&before),
        "string" => before == "connection",
        "credential" => before != "with" && before != "use",
        _ => KEYS.contains(&one) || KEYS[..9].iter().any(|end| one.ends_with(end)),
    };
    if known {
        return Some(Says::Key);
    }
    ["key", "secret", "salt", "seed", "auth", "cookie", "nonce", "sa"].contains(&one).then_some(Says::Maybe)
}
