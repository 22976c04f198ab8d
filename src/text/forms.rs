//! Small forms that texts have and that several readers know: a pattern with `*`, a duration, a version, base64.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// True where a text fits a pattern in which `*` stands for anything.
pub fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, others)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let (middle, last) = others.rsplit_once('*').unwrap_or(("", others));
    for part in middle.split('*') {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// A duration as `1h2m3.5s`, in nanoseconds: `time.ParseDuration` of Go.
pub fn duration(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned == "0" {
        return Some(0);
    }
    let mut rest = unsigned;
    let mut nanos = 0f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?; // refuses `.` and an empty one
        rest = &rest[digits..];
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        nanos += number
            * match &rest[..end] {
                "ns" => 1.0,
                "us" | "µs" | "μs" => 1e3,
                "ms" => 1e6,
                "s" => 1e9,
                "m" => 60e9,
                "h" => 3600e9,
                _ => return None,
            };
        rest = &rest[end..];
    }
    let nanos = if text.starts_with('-') { -nanos } else { nanos };
    (!unsigned.is_empty() && nanos.abs() < i64::MAX as f64).then_some(nanos as i64)
}

/// A time of one unit, such as `30d`, in whatever the units are given in.
pub fn period(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let of = units.iter().find(|(word, _)| *word == unit)?.1;
    number.parse::<u64>().ok()?.checked_mul(of)
}

/// The first `N` numbers of a version as `v1.2.3`, `1.2` or an image tag; `None` for anything else.
pub fn version<const N: usize>(text: &str) -> Option<[u32; N]> {
    let mut parts = text.strip_prefix('v').unwrap_or(text).split(['.', '-', '+']).map(|part| part.parse().ok());
    let mut numbers = [0; N];
    for number in &mut numbers {
        *number = parts.next()??;
    }
    Some(numbers)
}

/// As Go reads it: the last letter may have bits that mean nothing.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The bytes of padded base64 in the standard alphabet.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    ENGINE.decode(text).ok().filter(|_| text.len().is_multiple_of(4))
}

/// The bytes of base64 without its padding, in the standard alphabet or in that of URLs; a letter too many is left out.
pub fn base64_without_padding(letters: &[u8]) -> Option<Vec<u8>> {
    let whole = letters.len() - usize::from(letters.len() % 4 == 1);
    let plain = |letter: &u8| match letter {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    };
    ENGINE.decode(letters[..whole].iter().map(plain).collect::<Vec<u8>>()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text) in
            [("gpt-4o", "gpt-4o"), ("gpt-*", "gpt-4o"), ("*", ""), ("*-mini", "gpt-4o-mini"), ("a*b*c", "a1b2c")]
        {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("gpt-4o", "gpt-4o-mini"), ("gpt-*", "o3"), ("*-mini", "gpt-4o"), ("a*a", "a"), ("", "a")]
        {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn durations() {
        for (text, nanos) in
            [("1h2m3s4ms", 3_723_004_000_000), ("1.5s", 1_500_000_000), ("-1m", -60_000_000_000), ("0", 0)]
        {
            assert_eq!(duration(text), Some(nanos), "{text}");
        }
        assert!(["", "1", "1d", "s", ".s", "1 s", "999999999h"].iter().all(|text| duration(text).is_none()));
    }

    #[test]
    fn versions() {
        assert_eq!(version("v1.5.2"), Some([1, 5]));
        assert_eq!(version("v1.83.14-stable.patch.2"), Some([1, 83, 14]));
        assert_eq!((version::<2>("1"), version::<3>("1.82"), version::<2>("main-latest")), (None, None, None));
        assert!(version("1.10.0") > Some([1, 9]));
    }

    #[test]
    fn base64_as_go_reads_it() {
        for (text, bytes) in [("", &b""[..]), ("QQ==", b"A"), ("QR==", b"A"), ("QUI=", b"AB"), ("QUJD", b"ABC")] {
            assert_eq!(base64(text).as_deref(), Some(bytes), "{text}");
        }
        for text in ["QQ", "QQ=", "Q===", "====", "QUJDQQ=", "QU D", "Q-==", "QUJD===="] {
            assert_eq!(base64(text), None, "{text}");
        }
        assert_eq!(base64_without_padding(b"-_8"), Some(vec![0xfb, 0xff]));
        assert_eq!(base64_without_padding(b"QUJDx"), Some(b"ABC".to_vec()));
    }
}
