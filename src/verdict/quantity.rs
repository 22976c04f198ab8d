//! Amounts of resources: `500m`, `1Gi`, `1e3`. Source: apimachinery 1.35 api/resource/quantity.go.

use serde_json::Value;

/// The amount of a value in billionths; none for what is neither text nor number, or no quantity.
pub fn of(value: &Value) -> Option<i128> {
    match value {
        Value::String(text) => parse(text),
        Value::Number(number) => parse(&number.to_string()),
        _ => None,
    }
}

/// The amount in billionths, clamped where it does not fit; none for what is no quantity.
pub fn parse(text: &str) -> Option<i128> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (number, suffix) = rest.split_at(end);
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && part.is_empty()) || part.contains('.') {
        return None;
    }
    let (base, exponent) = scale(suffix)?;
    // All digits as one integer, then the point and the suffix as one factor.
    let digits: String = whole.chars().chain(part.chars()).collect();
    let mut value: i128 =
        digits.trim_start_matches('0').chars().take(30).fold(0, |n, c| n * 10 + i128::from(c as u8 - b'0'));
    let tens = 9 - part.len() as i32 + if base == 10 { exponent } else { 0 };
    if base == 2 {
        value = value.saturating_mul(1 << exponent);
    }
    for _ in 0..tens.unsigned_abs().min(60) {
        value = if tens > 0 { value.saturating_mul(10) } else { value.div_euclid(10) };
    }
    Some(if negative { -value } else { value })
}

/// Base and exponent of a suffix.
fn scale(suffix: &str) -> Option<(u32, i32)> {
    const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
    const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    if let Some(at) = DECIMAL.iter().position(|s| *s == suffix) {
        return Some((10, (at as i32 - 3) * 3));
    }
    if let Some(at) = BINARY.iter().position(|s| *s == suffix) {
        return Some((2, (at as i32 + 1) * 10));
    }
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    Some((10, exponent.clamp(-60, 60)))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn amounts() {
        for (text, billionths) in [
            ("1", 1_000_000_000),
            ("500m", 500_000_000),
            ("0.5", 500_000_000),
            (".5", 500_000_000),
            ("5.", 5_000_000_000),
            ("1Ki", 1_024_000_000_000),
            ("1e3", 1_000_000_000_000),
            ("1E", 1_000_000_000_000_000_000_000_000_000),
            ("-1n", -1),
        ] {
            assert_eq!(parse(text), Some(billionths), "{text}");
        }
        for text in ["", "banana", "1 Gi", "1gi", "1KB", ".", "1.2.3", "e3", "1e", "--1", "1mi"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
