//! Text -> whether it is a value of its own, or only points at one: a variable, a path, the name of a key, a word that stands
//! in for what somebody is to fill in. Knows no name and no form of a key.

use crate::text::forms::base64_without_padding;

/// Beginnings of texts that other tools replace by a secret, or that are encrypted already.
const REFERENCES: [&str; 31] = [
    "$",
    "{",
    "%",
    "<",
    "(",
    "[",
    "!",
    "@",
    "&",
    "os.environ/",
    "os.environ",
    "env.",
    "env:",
    "env/",
    "file:",
    "file/",
    "ref+",
    "ref:",
    "vault:",
    "vault/",
    "op:",
    "secret:",
    "secrets.",
    "secretref:",
    "keyvault",
    "akv:",
    "arn:",
    "projects/",
    "sops:",
    "age1",
    "ENC[",
];

/// Signs of a reference anywhere in a text: templates, substitutions, what SOPS encrypted.
const SUBSTITUTIONS: [&str; 8] = ["{{", "${", "$(", "[[", "<%", "ENC[", "#{", "%("];

/// Parts of what stands where somebody is to write a key.
const STANDINS: [&str; 23] = [
    "changeme",
    "changeit",
    "change-me",
    "change_me",
    "change-it",
    "change_it",
    "change-this",
    "replace",
    "placeholder",
    "your-",
    "your_",
    "yourpass",
    "yourkey",
    "yoursecret",
    "insert",
    "redacted",
    "sample",
    "example",
    "dummy",
    "fixme",
    "xxxx",
    "***",
    "...",
];

/// Words that say what would stand here, and are no key themselves.
const WORDS: [&str; 79] = [
    "a",
    "access",
    "an",
    "any",
    "anything",
    "apikey",
    "api",
    "auth",
    "bar",
    "baz",
    "bearer",
    "client",
    "credential",
    "credentials",
    "db",
    "default",
    "demo",
    "disabled",
    "empty",
    "enabled",
    "env",
    "false",
    "foo",
    "foobar",
    "for",
    "from",
    "generated",
    "here",
    "hidden",
    "ignored",
    "int",
    "invalid",
    "is",
    "it",
    "key",
    "literal",
    "local",
    "me",
    "mock",
    "my",
    "na",
    "needed",
    "nil",
    "no",
    "none",
    "nope",
    "not",
    "null",
    "object",
    "of",
    "optional",
    "pass",
    "passwd",
    "password",
    "pwd",
    "random",
    "required",
    "sample",
    "secret",
    "set",
    "sk",
    "some",
    "something",
    "str",
    "string",
    "test",
    "testing",
    "text",
    "the",
    "this",
    "token",
    "true",
    "undefined",
    "unset",
    "unused",
    "use",
    "used",
    "value",
    "fake",
];

/// Whether a text is read by something else, or leads to where a key lies.
pub fn is_reference(text: &str) -> bool {
    REFERENCES.iter().any(|start| text.starts_with(start))
        || SUBSTITUTIONS.iter().any(|sign| text.contains(sign))
        || text.contains("://")
        || ["/", "./", "../", "~/"].iter().any(|root| text.starts_with(root)) && pieces(text).all(is_wordy)
        || text.starts_with("ssh-")
        || text.starts_with("ecdsa-")
        || text.starts_with("sha")
        || text.contains("-----BEGIN") // `form` knows which of them are secret
}

/// Whether a text stands in for a key: `changeme`, `<your key>`, `xxx`, `sk-...`.
pub fn is_standin(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut letters: Vec<char> = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    letters.sort_unstable();
    letters.dedup();
    if letters.len() < 3 {
        return true;
    }
    // The name of a variable, as in `OPENAI_API_KEY`: who copies the file is to write its value there.
    if text.contains('_') && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') && pieces(text).all(is_wordy) {
        return true;
    }
    let digits = text.bytes().any(|b| b.is_ascii_digit());
    let parts = words(text);
    (STANDINS.iter().any(|part| lower.contains(part)) && pieces(text).all(is_wordy))
        || WORDS.contains(&lower.as_str())
        || !digits && !parts.is_empty() && parts.iter().all(|word| WORDS.contains(&word.as_str()))
}

/// A boolean, a number, a version, an amount or a time.
pub fn is_measure(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit() || "+-.eE_:".contains(c));
    text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) && rest.len() <= 2
        || text.strip_prefix('v').is_some_and(|v| v.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

/// Whether a text is a name: all its parts are words, as in `openai-api-key`, `DB_PASSWORD`, `a.b/c`, `adminToken`.
pub fn is_name(text: &str) -> bool {
    let single = text.bytes().all(|b| b.is_ascii_alphanumeric());
    let mixed = text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_alphabetic());
    if single && (mixed && text.len() >= 8 || text.len() >= 20 && !text.bytes().any(|b| b.is_ascii_uppercase())) {
        return false;
    }
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:#".contains(&b)) && pieces(text).all(is_wordy)
}

/// The words of a text, lower-case: separated by signs, or by the case of their letters.
pub fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let chars: Vec<char> = text.chars().take(200).collect();
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| chars[i]);
        let starts = c.is_uppercase()
            && (before.is_some_and(|b| b.is_lowercase() || b.is_ascii_digit())
                || before.is_some_and(char::is_uppercase) && chars.get(i + 1).is_some_and(|c| c.is_lowercase()));
        if !c.is_alphanumeric() || starts {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().expect("never empty").extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|piece| !piece.is_empty())
}

/// Letters that stay in their case for a while, digits only behind them: `replica2`, `OpenAI`, `2026`; not `q8Zr3LmX`.
pub fn is_wordy(piece: &str) -> bool {
    let letters = piece.trim_end_matches(|c: char| c.is_ascii_digit());
    if letters.is_empty() {
        return piece.len() <= 4;
    }
    if letters.chars().any(|c| c.is_ascii_digit()) {
        // As in `k8s`, `s3`, `h2o`, `8xlarge`.
        return piece.len() <= 3
            || letters.trim_start_matches(|c: char| c.is_ascii_digit()).chars().all(char::is_alphabetic)
                && piece.len() <= 8;
    }
    letters.len() / humps(letters) >= 3 || letters.len() <= 4
}

/// How often the case or class of letters begins anew; `Word` is one.
pub fn humps(text: &str) -> usize {
    let class = |c: char| if c.is_uppercase() { 1 } else { usize::from(!c.is_alphabetic()) * 2 };
    let classes: Vec<usize> = text.chars().map(class).collect();
    1 + classes.windows(2).filter(|w| w[0] != w[1] && (w[0], w[1]) != (1, 0)).count()
}

/// Whether a text of one class of signs after another has no words in it: most of its letters stand in short runs.
pub fn is_random(run: &str) -> bool {
    let bytes = run.as_bytes();
    let has = |test: fn(&u8) -> bool| bytes.iter().any(test);
    if !(has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit)) {
        return is_hex(run);
    }
    let long: usize = run.split(|c: char| !c.is_ascii_lowercase()).map(str::len).filter(|len| *len >= 4).sum();
    let upper: usize = run.split(|c: char| !c.is_ascii_uppercase()).map(str::len).filter(|len| *len >= 5).sum();
    humps(run) * 4 > run.len() && (long + upper) * 3 < run.len()
}

/// Digits and letters of hexadecimal numbers, both.
pub fn is_hex(run: &str) -> bool {
    run.bytes().all(|b| b.is_ascii_hexdigit())
        && run.bytes().any(|b| b.is_ascii_digit())
        && run.bytes().any(|b| b.is_ascii_alphabetic())
}

/// The text that a base64 text stands for; `None`: it is none, or no text. At most 64 KiB are looked at.
pub fn decoded(text: &str) -> Option<String> {
    let signs: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).take(1 << 16).collect();
    let digits = signs.strip_suffix(b"==").or(signs.strip_suffix(b"=")).unwrap_or(&signs);
    if digits.len() < 4 {
        return None;
    }
    let text = String::from_utf8(base64_without_padding(digits)?).ok()?;
    (!text.contains(|c: char| c.is_control() && !c.is_whitespace())).then_some(text)
}
