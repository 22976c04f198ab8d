//! The formats of strings that the API server enforces in custom resources, and those that CEL turns into other types.
//!
//! Source: apiextensions-apiserver 1.35 validation/formats.go for the list, kube-openapi strfmt for what each admits. A
//! format that is not in the list is ignored, as there.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use regex::Regex;

use crate::text::forms::{self, base64};

/// True for a string of that format, and for any string when the format is not enforced.
pub fn admits(format: &str, text: &str) -> bool {
    test(format).is_none_or(|test| test(text))
}

fn test(format: &str) -> Option<fn(&str) -> bool> {
    Some(match format.replace('-', "").as_str() {
        "bsonobjectid" => |s| s.len() == 24 && s.bytes().all(|b| b.is_ascii_hexdigit()),
        "uri" => is_uri,
        "email" => |s| s.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()),
        "hostname" => is_hostname,
        "ipv4" => |s| sloppy_ipv4(s).is_some() || (s.contains('.') && s.parse::<Ipv6Addr>().is_ok()),
        "ipv6" => |s| s.parse::<Ipv6Addr>().is_ok(),
        "cidr" => is_cidr,
        "mac" => is_mac,
        "uuid" => |s| is_uuid(s, None),
        "uuid3" => |s| is_uuid(s, Some('3')),
        "uuid4" => |s| is_uuid(s, Some('4')),
        "uuid5" => |s| is_uuid(s, Some('5')),
        "isbn" => |s| is_isbn10(s) || is_isbn13(s),
        "isbn10" => is_isbn10,
        "isbn13" => is_isbn13,
        "creditcard" => is_credit_card,
        "ssn" => |s| matches(r"^\d{3}[- ]?\d{2}[- ]?\d{4}$", s),
        "hexcolor" => |s| matches("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$", s),
        "rgbcolor" => is_rgb_color,
        "byte" => is_base64,
        "kubernetesbytes" => |s| base64(&s.replace(['\n', '\r'], "")).is_some(),
        "date" => |s| chrono::NaiveDate::parse_from_str(s, "%Y-%m-%d").is_ok() && s.len() == 10,
        "duration" => |s| duration(s).is_some(),
        "datetime" => is_date_time,
        "k8sshortname" => |s| dns(s, 63, false),
        "k8slongname" => |s| dns(s, 253, true),
        _ => return None,
    })
}

fn matches(pattern: &str, text: &str) -> bool {
    crate::verdict::pattern::compile(pattern).expect("a pattern of ours").is_match(text)
}

/// `time.ParseDuration` of Go, else the Scala-like syntax of strfmt (`22 ns`, `3 days`); in nanoseconds.
pub fn duration(text: &str) -> Option<i64> {
    forms::duration(text).or_else(|| scala_duration(text))
}

fn scala_duration(text: &str) -> Option<i64> {
    static PART: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"([0-9]+)\s*([A-Za-zµ]+)").expect("a pattern of ours"));
    let mut total = None;
    for part in PART.captures_iter(text) {
        let number: i64 = part[1].parse().ok()?;
        let unit = part[2].to_lowercase();
        let starts = |words: &[&str]| words.iter().any(|w| unit == *w) || unit.starts_with(words[words.len() - 1]);
        let nanos = match () {
            () if starts(&["ns", "nano"]) => 1,
            () if starts(&["us", "µs", "micro"]) => 1_000,
            () if starts(&["ms", "milli"]) => 1_000_000,
            () if starts(&["s", "sec"]) => 1_000_000_000,
            () if starts(&["m", "min"]) => 60_000_000_000,
            () if starts(&["h", "hr", "hour"]) => 3_600_000_000_000,
            () if starts(&["d", "day"]) => 86_400_000_000_000,
            () if starts(&["w", "wk", "week"]) => 604_800_000_000_000i64,
            () => continue,
        };
        total = Some(total.unwrap_or(0i64).wrapping_add(number.wrapping_mul(nanos)));
    }
    total
}

fn is_date_time(text: &str) -> bool {
    static TIME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new("^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$")
            .expect("a pattern of ours")
    });
    let lower = text.to_lowercase();
    let Some((date, time)) = lower.split_once('t') else { return false };
    let below = |part: &str, most: &str| part <= most;
    admits("date", date)
        && TIME.captures(time).is_some_and(|c| below(&c[1], "23") && below(&c[2], "59") && below(&c[3], "59"))
}

/// `url.ParseRequestURI`: a scheme, or an absolute path.
fn is_uri(text: &str) -> bool {
    let scheme = |s: &str| {
        s.starts_with(|c: char| c.is_ascii_alphabetic())
            && s.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    let plain = text.chars().all(|c| !c.is_control() && c != ' ');
    let escapes = text
        .match_indices('%')
        .all(|(i, _)| text.as_bytes().get(i + 1..i + 3).is_some_and(|h| h.iter().all(u8::is_ascii_hexdigit)));
    let rest = match text.split_once(':') {
        Some((before, rest)) if scheme(before) => rest,
        _ if text.starts_with('/') => return plain && escapes,
        _ => return false,
    };
    let host = rest.strip_prefix("//").map(|r| r.split(['/', '?', '#']).next().unwrap_or_default());
    let port = host.and_then(|h| h.rsplit_once('@').map_or(h, |(_, h)| h).rsplit_once(':')).map(|(_, port)| port);
    let port_fine = port.is_none_or(|p| p.ends_with(']') || p.bytes().all(|b| b.is_ascii_digit()));
    plain && escapes && port_fine && host.is_none_or(|h| !h.contains(['<', '>', '"', '\\', '^', '`', '{', '|', '}']))
}

fn is_hostname(text: &str) -> bool {
    static HOST: LazyLock<Regex> = LazyLock::new(|| {
        let one = r"[a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)";
        let label = r"[a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9\-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)";
        Regex::new(&format!(r"^({one}|({label}){{1,}}([a-zA-Z\p{{L}}]){{2,63}})$")).expect("a pattern of ours")
    });
    HOST.is_match(text) && text.len() <= 255 && text.split('.').all(|label| label.len() <= 63)
}

/// IPv4 as Go's `ParseIPSloppy` reads it: leading zeros are allowed.
fn sloppy_ipv4(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u8> = text
        .split('.')
        .map(|p| p.bytes().all(|b| b.is_ascii_digit()).then(|| p.parse().ok()).flatten())
        .collect::<Option<_>>()?;
    <[u8; 4]>::try_from(parts).ok().map(Ipv4Addr::from)
}

fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let bits =
        Some(bits).filter(|b| !b.is_empty() && b.bytes().all(|c| c.is_ascii_digit())).and_then(|b| b.parse().ok());
    let most = if sloppy_ipv4(address).is_some() { 32u32 } else { 128 };
    (most == 32 || address.parse::<Ipv6Addr>().is_ok()) && bits.is_some_and(|b: u32| b <= most)
}

fn is_mac(text: &str) -> bool {
    let pairs = |by: char| {
        let groups: Vec<&str> = text.split(by).collect();
        let width = if by == '.' { 4 } else { 2 };
        let bytes = groups.len() * width / 2;
        groups.iter().all(|g| g.len() == width && g.bytes().all(|b| b.is_ascii_hexdigit()))
            && [6, 8, 20].contains(&bytes)
    };
    pairs(':') || pairs('-') || pairs('.')
}

fn is_uuid(text: &str, version: Option<char>) -> bool {
    let pattern = match version {
        None => "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$".to_owned(),
        Some('3') => "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$".to_owned(),
        Some(v) => format!("(?i)^[0-9a-f]{{8}}-?[0-9a-f]{{4}}-?{v}[0-9a-f]{{3}}-?[89ab][0-9a-f]{{3}}-?[0-9a-f]{{12}}$"),
    };
    matches(&pattern, text)
}

fn digits(text: &str) -> Option<Vec<u32>> {
    text.chars().map(|c| c.to_digit(10)).collect()
}

fn is_isbn10(text: &str) -> bool {
    let plain = text.replace(['-', ' '], "");
    let (body, last) = plain.split_at_checked(9).unwrap_or(("", ""));
    let (Some(body), [last]) = (digits(body), last.as_bytes()) else { return false };
    let last = if last.eq_ignore_ascii_case(&b'x') { Some(10) } else { (*last as char).to_digit(10) };
    let sum: u32 = body.iter().zip(1..).map(|(d, weight)| d * weight).sum();
    last.is_some_and(|last| (sum + last * 10).is_multiple_of(11))
}

fn is_isbn13(text: &str) -> bool {
    let plain = text.replace(['-', ' '], "");
    let Some(all) = digits(&plain).filter(|d| d.len() == 13) else { return false };
    all.iter().zip([1, 3].into_iter().cycle()).map(|(d, weight)| d * weight).sum::<u32>().is_multiple_of(10)
}

fn is_credit_card(text: &str) -> bool {
    let plain: String = text.chars().filter(char::is_ascii_digit).collect();
    let known = r"^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11})$";
    let luhn = |(i, d): (usize, &u32)| if i % 2 == 0 { *d } else { (d * 2) / 10 + (d * 2) % 10 };
    let sum: u32 = digits(&plain).unwrap_or_default().iter().rev().enumerate().map(luhn).sum();
    matches(known, &plain) && sum.is_multiple_of(10)
}

fn is_rgb_color(text: &str) -> bool {
    let inner = text.strip_prefix("rgb(").and_then(|s| s.strip_suffix(')'));
    inner.is_some_and(|parts| {
        let numbers: Vec<&str> = parts.split(',').map(str::trim).collect();
        numbers.len() == 3 && numbers.iter().all(|n| n.parse::<u8>().is_ok())
    })
}

/// Standard base64 with padding; the empty string is none (govalidator).
fn is_base64(text: &str) -> bool {
    !text.is_empty() && base64(text).is_some()
}

/// A DNS label, or a subdomain of labels, in lower case (RFC 1123).
fn dns(text: &str, most: usize, dots: bool) -> bool {
    let label = |l: &str| {
        let bytes = l.as_bytes();
        let fine = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        bytes.first().is_some_and(fine) && bytes.last().is_some_and(fine) && bytes.iter().all(|b| fine(b) || *b == b'-')
    };
    text.len() <= most && if dots { text.split('.').all(label) } else { label(text) }
}
