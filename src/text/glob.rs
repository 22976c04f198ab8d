//! Patterns of names and paths as shells know them: `*` and `?` within a step of a path, `**` across steps.

/// Whether a text is of the form of a pattern, from its start to its end. What means nothing in a pattern stands for itself. It
/// takes the product of both lengths in time, whatever they say.
pub fn matches(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // Whether what was read of the pattern takes the first so many letters of the text.
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let whole_steps = rest.starts_with("**/");
        let any = rest.starts_with("**");
        let (mut before, mut one_less) = (false, false);
        for (n, end) in ends.iter_mut().enumerate() {
            let last = n.checked_sub(1).map(|n| text[n]);
            let was = *end;
            *end = match c {
                '*' if whole_steps => was || (before && last == Some('/')),
                '*' => was || (one_less && (any || last != Some('/'))),
                '?' => one_less && last != Some('/'),
                c => one_less && last == Some(c),
            };
            before |= was;
            one_less = if c == '*' { *end } else { was };
        }
        rest = &rest[if whole_steps {
            3
        } else if any {
            2
        } else {
            c.len_utf8()
        }..];
    }
    ends[text.len()]
}

/// Whether a text means more than itself.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_star_stays_in_its_step_and_two_do_not() {
        for (pattern, text, holds) in [
            ("prod-*", "prod-eu", true),
            ("prod-*", "prod-", true),
            ("prod-*", "a-prod-eu", false),
            ("prod-?", "prod-12", false),
            ("a.b", "axb", false),
            ("rendered/*/x.yaml", "rendered/a/x.yaml", true),
            ("rendered/*/x.yaml", "rendered/a/b/x.yaml", false),
            ("rendered/**/x.yaml", "rendered/a/b/x.yaml", true),
            ("rendered/**/x.yaml", "rendered/x.yaml", true),
            ("rendered/**", "rendered/a/b", true),
            ("ä*", "äb", true),
            ("[a]", "a", false),
        ] {
            assert_eq!(super::matches(pattern, text), holds, "{pattern} {text}");
        }
    }
}
