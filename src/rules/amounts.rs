//! Amounts as Kubernetes and PostgreSQL write them -> numbers.

use serde_json::Value;

/// A Kubernetes quantity as a number of its unit (bytes, cores): `100m`, `1Gi`, `2.5`, `1e3`. `None`: it is none.
pub fn quantity(value: &Value) -> Option<f64> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-' && c != '+').unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits);
    let number: f64 = number.parse().ok()?;
    let decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"].iter().position(|s| *s == suffix);
    let binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].iter().position(|s| *s == suffix);
    let factor = match (decimal, binary, suffix.strip_prefix(['e', 'E'])) {
        (Some(at), ..) => 1000f64.powi(at as i32 - 3),
        (_, Some(at), _) => 1024f64.powi(at as i32 + 1),
        (_, _, Some(exponent)) => 10f64.powi(exponent.parse().ok()?),
        _ => return None,
    };
    Some(number * factor)
}

/// A memory setting of PostgreSQL in bytes, as CloudNativePG reads it: without a unit it is megabytes.
pub fn postgres_bytes(text: &str) -> Option<f64> {
    if let Ok(megabytes) = text.parse::<i64>() {
        return Some(megabytes as f64 * 1024f64.powi(2));
    }
    let text = text.strip_suffix('B')?.replace(' ', "");
    let (number, factor) = match text.chars().last()? {
        'k' => (&text[..text.len() - 1], 1),
        'M' => (&text[..text.len() - 1], 2),
        'G' => (&text[..text.len() - 1], 3),
        'T' => (&text[..text.len() - 1], 4),
        _ => (text.as_str(), 0),
    };
    Some(number.parse::<f64>().ok()? * 1024f64.powi(factor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        for (value, number) in [
            (json!("100m"), 0.1),
            (json!("1Gi"), 1_073_741_824.0),
            (json!("1G"), 1e9),
            (json!(2), 2.0),
            (json!("2.5"), 2.5),
            (json!("1e3"), 1000.0),
            (json!("2E"), 2e18),
        ] {
            assert_eq!(quantity(&value), Some(number), "{value}");
        }
        for value in [json!("10GB"), json!(""), json!("Gi"), json!("ten"), json!(null), json!("1 Gi")] {
            assert_eq!(quantity(&value), None, "{value}");
        }
    }

    #[test]
    fn postgres_counts_in_1024() {
        for (text, bytes) in [
            ("256MB", 268_435_456.0),
            ("1GB", 1_073_741_824.0),
            ("128kB", 131_072.0),
            ("16", 16_777_216.0),
            ("1 GB", 1_073_741_824.0),
        ] {
            assert_eq!(postgres_bytes(text), Some(bytes), "{text}");
        }
        assert_eq!(postgres_bytes("25%"), None);
        assert_eq!(postgres_bytes("1Gi"), None);
    }
}
