//! Text -> the keys in it that are known by their form alone: beginnings of well-known tokens, PEM, passwords in URLs, long
//! random words.

use std::ops::Range;

use crate::text::secret::value;

/// What is found, and where.
pub type Found = (Range<usize>, &'static str);

/// A private key in PEM.
pub const PEM: &str = "a PEM private key";

/// A password in a URL.
pub const IN_URL: &str = "a password in a URL";

/// A key of a known provider.
pub const API_KEY: &str = "an API key";

/// What nobody would have made up.
pub const RANDOM: &str = "a long random token";

/// Beginnings of well-known tokens that words have too: a digit must be in what follows.
const COMMON: [&str; 7] = ["sk-", "SG.", "r8_", "pul-", "pypi-", "npm_", "ya29."];

/// Beginnings that nothing else has.
const RARE: [&str; 56] = [
    "sk-ant-",
    "sk-proj-",
    "sk-or-v1-",
    "sk-lf-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "rk_test_",
    "whsec_",
    "hf_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "gldt-",
    "glrt-",
    "glcbt-",
    "AKIA",
    "ASIA",
    "AIza",
    "GOCSPX-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxe-",
    "xapp-",
    "xai-",
    "gsk_",
    "nvapi-",
    "pplx-",
    "dapi",
    "dckr_pat_",
    "dckr_oat_",
    "hvs.",
    "hvb.",
    "hvr.",
    "dop_v1_",
    "dp.pt.",
    "shpat_",
    "shpss_",
    "lin_api_",
    "ntn_",
    "figd_",
    "glsa_",
    "glc_",
    "pscale_tkn_",
    "tskey-",
    "ATATT3x",
    "AGE-SECRET-KEY-",
    "sbp_",
    "rubygems_",
    "EAAC",
    "tfp_",
];

/// Hosts whose paths are passwords.
const WEBHOOKS: [&str; 5] = [
    "hooks.slack.com/services/",
    "hooks.slack.com/workflows/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "webhook.office.com/webhookb2/",
];

/// All of them in a text.
pub fn keys(text: &str) -> impl Iterator<Item = Found> {
    private_keys(text)
        .map(|range| (range, PEM))
        .chain(credentials_in_urls(text).map(|range| (range, IN_URL)))
        .chain(words(text).filter_map(|word| Some((range_of(word, text), token(word)?))))
        .filter(|(range, what)| *what != RANDOM || !is_public(&text[..range.start]))
}

/// Whether what stands before says that a random word is none: a part of an address, a digest as `go.sum` has it, an id.
fn is_public(before: &str) -> bool {
    let name = before.trim_end_matches([' ', ':', '"', '\\']);
    is_in_path(before) || before.ends_with("h1:") || name.ends_with("\"uid") && name.len() < before.len()
}

/// Whether what follows belongs to the path of an address: a page, a calendar, a picture.
fn is_in_path(before: &str) -> bool {
    let near = &before[before.ceil_char_boundary(before.len().saturating_sub(400))..];
    let chunk = near.rsplit(|c: char| c.is_whitespace() || "\"'`()<>".contains(c)).next().unwrap_or_default();
    chunk.contains("://") && !chunk.contains(['?', '#', '@', '\\'])
}

/// What follows the beginning of a well-known token.
pub fn prefix(text: &str) -> Option<&str> {
    RARE.iter().chain(&COMMON).find_map(|prefix| text.strip_prefix(prefix))
}

/// Where a part of a text stands in it.
pub fn range_of(part: &str, text: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    start..start + part.len()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "\"'`,;(){}[]<>/:@=&?|\\".contains(c)).filter(|word| word.len() >= 12)
}

fn private_keys(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0; // no key begins within another
    text.match_indices("-----BEGIN").filter_map(move |(start, _)| {
        let rest = &text[start..];
        let label = &rest[..rest.floor_char_boundary(64)];
        if start < from || !label.lines().next().is_some_and(|line| line.contains("PRIVATE KEY")) {
            return None;
        }
        from = rest.find("-----END").map_or(text.len(), |end| start + end);
        // Where a key is to be pasted stands a comment.
        let mut lines = text[start..from].lines().skip(1).map(str::trim);
        let pasted = lines.clone().all(|line| line.len() < 40);
        (!(pasted && lines.any(|line| line.starts_with(['#', '<'])))).then_some(start..from)
    })
}

/// The password in `scheme://user:password@host`, and the path of a webhook that is one; no placeholder.
fn credentials_in_urls(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices("://").filter_map(move |(at, mark)| {
        let rest = &text[at + mark.len()..];
        let authority = rest.split(['/', ' ', '"', '\'', '?', '\n', ',', '\\']).next().unwrap_or_default();
        if let Some((login, _)) = authority.rsplit_once('@') {
            let password = login.split_once(':')?.1;
            let literal = !password.is_empty() && !value::is_reference(password) && !value::is_standin(password);
            return literal.then(|| range_of(password, text));
        }
        let path =
            WEBHOOKS.iter().find_map(|host| Some(&rest[rest.get(..120).unwrap_or(rest).find(host)? + host.len()..]))?;
        let path = path.split([' ', '"', '\'', '\n', ',', ')']).next().unwrap_or_default();
        (path.len() >= 16
            && path.bytes().any(|b| b.is_ascii_digit())
            && !value::is_standin(path)
            && !value::is_reference(path))
        .then(|| range_of(path, text))
    })
}

fn token(word: &str) -> Option<&'static str> {
    let runs = || word.split(['-', '_', '.', '+', '~', '%', '#', '*', '^', '$', '!']);
    let digit = |run: &str| run.bytes().any(|b| b.is_ascii_digit());
    let few = |run: &str| value::is_standin(run);
    if let Some(rest) = RARE.iter().find_map(|prefix| word.strip_prefix(prefix))
        && rest.len() >= 8
        && runs().any(|run| run.len() >= 12 && (digit(run) || run.len() >= 20) && !few(run))
    {
        return Some(API_KEY);
    }
    let run = |run: &str| run.len() >= 12 && digit(run) && !few(run);
    if COMMON.iter().any(|prefix| word.starts_with(prefix)) && runs().any(run) {
        return Some(API_KEY);
    }
    if is_jwt(word) {
        return Some("a signed token");
    }
    // Digests and commits have these lengths; keys made by `openssl rand -hex` mostly others.
    let hex = |run: &str| {
        (32..=128).contains(&run.len()) && ![32, 40, 64, 96, 128].contains(&run.len()) && value::is_hex(run)
    };
    let random = |run: &str| {
        (24..=256).contains(&run.len())
            && value::is_random(run)
            && run.bytes().all(|b| b.is_ascii_alphanumeric())
            && !value::is_hex(run)
            && value::decoded(run).is_none() // words in base64, as of an identity
    };
    // What a tool encrypted or signed, and pictures, are longer.
    let whole = word.len() <= 400
        && !["ocid1.", "sha512-", "MIIBIjAN", "MIICIjAN", "AAAA"].iter().any(|start| word.starts_with(start));
    (whole && runs().any(|run| random(run) || hex(run))).then_some(RANDOM)
}

/// Three parts, the first of which says how the third was made.
fn is_jwt(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').take(4).collect();
    matches!(parts[..], [head, body, seal] if head.starts_with("eyJ") && body.len() >= 12 && seal.len() >= 12)
}
