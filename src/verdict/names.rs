//! The syntaxes of names, keys and values in Kubernetes. Source: apimachinery 1.35 util/validation and
//! api/validate/content.

use crate::verdict::cel;

/// The rank of a version of an API among those of its group (apimachinery 1.35 pkg/version): number, stage, number of the stage.
pub fn rank(version: &str) -> Option<(u32, u32, u32)> {
    let rest = version.strip_prefix('v')?;
    for (stage, word) in ["alpha", "beta"].into_iter().enumerate() {
        if let Some((major, minor)) = rest.split_once(word) {
            return Some((major.parse().ok()?, stage as u32, minor.parse().ok()?));
        }
    }
    Some((rest.parse().ok()?, 2, 0))
}

/// A syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// RFC 1123: namespaces, containers, volumes.
    Label,
    /// RFC 1035: a label that starts with a letter, as of services before 1.34.
    Label1035,
    /// Labels with dots between: most names of objects.
    Subdomain,
    /// A prefix that is a subdomain, a slash, a name: keys of labels, finalizers, resources.
    Key,
    /// The value of a label.
    LabelValue,
    /// A part of a path: names in RBAC and of embedded objects.
    PathSegment,
    /// The name of an environment variable.
    EnvVar,
    /// The key of a ConfigMap or Secret.
    DataKey,
    /// RFC 6335: the name of a port.
    PortName,
    /// One of Kubernetes' own finalizers, or a name under a domain.
    Finalizer,
    /// A domain, a slash and a path: the name of a controller.
    DomainPath,
    /// An absolute path of segments that are DNS names, as of a webhook.
    UrlPath,
    /// An IP address, or `None` for a headless Service.
    Address,
    /// A name in an expression.
    Identifier,
    /// An expression in CEL; only its syntax.
    Cel,
}

/// What a text that breaks the syntax should be; none where it does not.
pub fn fault(syntax: Syntax, text: &str) -> Option<&'static str> {
    let lower = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let word = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let label = |text: &str| inner(text, lower, |b| lower(b) || b == b'-');
    let name = |text: &str| inner(text, |b| b.is_ascii_alphanumeric(), word);
    let subdomain = |text: &str| (1..=253).contains(&text.len()) && text.split('.').all(label);
    let (fits, words) = match syntax {
        Syntax::Label => {
            (text.len() <= 63 && label(text), "lower-case letters, digits and inner dashes, at most 63 characters")
        }
        Syntax::Label1035 => (
            text.len() <= 63 && label(text) && !text.starts_with(|c: char| c.is_ascii_digit()),
            "lower-case letters, digits and inner dashes, first a letter, at most 63 characters",
        ),
        Syntax::Subdomain => {
            (subdomain(text), "lower-case letters, digits, and dashes and dots between them, at most 253 characters")
        }
        Syntax::Key => {
            let (prefix, rest) = text.split_once('/').map_or((None, text), |(prefix, rest)| (Some(prefix), rest));
            let fits = prefix.is_none_or(subdomain) && rest.len() <= 63 && name(rest);
            (
                fits,
                "letters, digits, and `-`, `_`, `.` between them, at most 63 characters; before it a DNS name and `/`, if any",
            )
        }
        Syntax::LabelValue => (
            text.is_empty() || (text.len() <= 63 && name(text)),
            "empty, or letters, digits, and `-`, `_`, `.` between them, at most 63 characters",
        ),
        Syntax::PathSegment => {
            (!matches!(text, "" | "." | "..") && !text.contains(['/', '%']), "neither `.` nor `..`, no `/` and no `%`")
        }
        Syntax::EnvVar => (
            !text.is_empty() && text.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'='),
            "printable ASCII without `=`",
        ),
        Syntax::DataKey => (
            (1..=253).contains(&text.len()) && text.bytes().all(word) && text != "." && !text.starts_with(".."),
            "letters, digits, `-`, `_` and `.`, at most 253 characters",
        ),
        Syntax::PortName => (
            text.len() <= 15 && label(text) && text.bytes().any(|b| b.is_ascii_lowercase()) && !text.contains("--"),
            "lower-case letters, digits and inner single dashes, at least one letter, at most 15 characters",
        ),
        Syntax::Finalizer => {
            let own = matches!(text, "kubernetes" | "orphan" | "foregroundDeletion");
            let fits = own || (text.contains('/') && fault(Syntax::Key, text).is_none());
            (fits, "`kubernetes`, `orphan`, `foregroundDeletion`, or a name under a domain and `/`")
        }
        Syntax::DomainPath => {
            let path = |rest: &str| {
                !rest.is_empty()
                    && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&b))
            };
            (text.split_once('/').is_some_and(|(host, rest)| subdomain(host) && path(rest)), "a domain, `/` and a path")
        }
        Syntax::UrlPath => {
            let rest = text.strip_prefix('/').map(|rest| rest.strip_suffix('/').unwrap_or(rest));
            (
                rest.is_some_and(|rest| rest.is_empty() || rest.split('/').all(subdomain)),
                "`/` and DNS names with `/` between them",
            )
        }
        Syntax::Address => (text == "None" || text.parse::<std::net::IpAddr>().is_ok(), "an IP address"),
        Syntax::Identifier => {
            let first = |b: u8| b.is_ascii_alphabetic() || b == b'_';
            let fits = text.bytes().next().is_some_and(first) && text.bytes().all(|b| first(b) || b.is_ascii_digit());
            (fits, "letters, digits and `_`, not a digit first")
        }
        // The parser does not know optional fields.
        Syntax::Cel => {
            ([".?", "[?"].iter().any(|sign| text.contains(sign)) || cel::parsed(text).is_ok(), "an expression in CEL")
        }
    };
    (!fits).then_some(words)
}

/// True for a text that starts and ends with one kind of byte and has another between.
fn inner(text: &str, edge: impl Fn(u8) -> bool, between: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|b| edge(*b))
        && bytes.last().is_some_and(|b| edge(*b))
        && bytes.iter().all(|b| between(*b))
}
