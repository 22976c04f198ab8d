//! Templates that would multiply their values until memory is full, told before they run. Fuel counts steps, not bytes: forty
//! times `{% set a = a ~ a %}` are few steps and a terabyte.

use std::collections::BTreeMap;

use crate::group::template::marks;

/// How often a `set` may name values, those in earlier `set`s counted as often as they are named.
pub const MAX_WEIGHT: u64 = 10_000;

/// One sentence about the first `{% set %}` that multiplies too much, and where it stands.
pub fn excess(template: &str) -> Option<(usize, String)> {
    let mut weights: BTreeMap<&str, u64> = BTreeMap::new();
    for (at, tag) in marks::tags(template) {
        let Some(assignment) = tag.strip_prefix("{%").map(|t| t.trim_start_matches('-').trim_start()) else { continue };
        let Some((name, value)) = assignment.strip_prefix("set ").and_then(|a| a.split_once('=')) else { continue };
        let weight = words(value).map(|word| weights.get(word).copied().unwrap_or(1)).fold(1, u64::saturating_add);
        if weight > MAX_WEIGHT {
            let sentence = format!("`{}` repeats its values {weight} times; {MAX_WEIGHT} are the most", name.trim());
            return Some((at, sentence));
        }
        // Whatever a name once held may reach the next `set` of that name.
        let known = weights.entry(name.trim()).or_default();
        *known = weight.max(*known);
    }
    None
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::excess;

    #[test]
    fn what_multiplies_is_told_and_what_adds_is_not() {
        let chain: String = (0..40).map(|_| "{% set a = a ~ a %}").collect();
        assert!(excess(&chain).is_some());
        let steps: String = (1..40).map(|i| format!("{{% set a{i} = [a{}, a{}] %}}\n", i - 1, i - 1)).collect();
        assert!(excess(&steps).is_some());
        assert_eq!(excess(&"{% set local = settings.a ~ \"x\" %}\n".repeat(100)), None);
        assert_eq!(excess("{{ a ~ a }}{% if a == 'set a = a ~ a' %}{% endif %}"), None);
    }
}
