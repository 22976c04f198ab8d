//! A condition in CEL or PromQL -> one form for all ways to write it that ask for the same. Only to compare with.

/// A text with the items between braces in their order.
pub fn sorted(text: &str) -> String {
    let mut sorted = String::new();
    let mut rest = text;
    while let Some((before, (within, behind))) =
        rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        let mut items = parts(within, ",");
        items.sort_unstable();
        sorted += &format!("{before}{{{}}}", items.join(","));
        rest = behind;
    }
    sorted + rest
}

/// A condition without what does not change it: comments and space, kinds of quotes, brackets around all of it, and the order of its
/// parts and of the items of a list.
pub fn condition(text: &str) -> String {
    let bare = sorted(&bare(text));
    let mut whole = bare.as_str();
    while let Some(inner) = whole.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).filter(|i| is_closed(i)) {
        whole = inner;
    }
    let mut all: Vec<String> = parts(whole, "&&").into_iter().map(ordered).collect();
    if all.len() > 1 {
        let choice = |part: &&mut String| parts(part, "||").len() > 1;
        all.iter_mut().filter(choice).for_each(|part| *part = format!("({part})"));
    }
    all.sort();
    all.join("&&")
}

/// A comparison with the lesser side on the left.
pub fn turned(condition: &str) -> String {
    let turn = |part: &str| {
        let found = [(">=", "<="), (">", "<")].into_iter().find_map(|(sign, other)| match parts(part, sign)[..] {
            [left, right] if !right.starts_with(['=', '>']) => Some(format!("{right}{other}{left}")),
            _ => None,
        });
        found.unwrap_or_else(|| part.to_owned())
    };
    parts(condition, "&&").into_iter().map(turn).collect::<Vec<_>>().join("&&")
}

/// One value, or one of several, as `name in[...]`.
fn ordered(part: &str) -> String {
    let whole = part.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).filter(|i| is_closed(i)).unwrap_or(part);
    let any: Option<Vec<(&str, Vec<&str>)>> = parts(whole, "||").into_iter().map(values).collect();
    match any {
        Some(any) if any.iter().all(|(name, _)| *name == any[0].0) => {
            let mut all: Vec<&str> = any.iter().flat_map(|(_, values)| values.iter().copied()).collect();
            all.sort_unstable();
            format!("{}in[{}]", any[0].0, all.join(","))
        }
        _ => whole.to_owned(),
    }
}

/// A name, and the values of which it is to have one.
fn values(part: &str) -> Option<(&str, Vec<&str>)> {
    if let Some((name, list)) = part.split_once("in[") {
        let list = list.strip_suffix(']').filter(|list| !list.contains(['[', ']']))?;
        return Some((name, parts(list, ",")));
    }
    match parts(part, "==")[..] {
        [value, name] if value.starts_with('"') => Some((name, vec![value])),
        [name, value] if value.starts_with('"') => Some((name, vec![value])),
        _ => None,
    }
}

/// Without comments and space outside of quotes, with one kind of quotes, and with fields behind a dot: `a["b"]` is `a.b` (CEL).
pub fn bare(text: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (mut bare, mut start) = (String::new(), 0);
    let mut open: Option<char> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match open {
            Some(quote) if c == quote => {
                open = None;
                let (before, name) = bare.split_at(start);
                let of = before.strip_suffix('[').filter(|of| of.ends_with(word) && !of.ends_with("in"));
                let name = name[1..].to_owned();
                match of.filter(|_| chars.as_str().starts_with(']') && !name.is_empty() && name.chars().all(word)) {
                    Some(of) if !name.starts_with(|c: char| c.is_ascii_digit()) => {
                        bare = format!("{of}.{name}");
                        chars.next();
                    }
                    _ => bare.push('"'),
                }
            }
            Some(_) => {
                bare.push(c);
                if c == '\\' {
                    bare.extend(chars.next());
                }
            }
            None if c == '#' => drop(chars.by_ref().find(|c| *c == '\n')),
            None if c == '"' || c == '\'' => {
                open = Some(c);
                start = bare.len();
                bare.push('"');
            }
            None if c.is_whitespace() => {}
            None => bare.push(c),
        }
    }
    bare
}

/// The parts of a text between separators that stand in no brackets and no quotes.
pub fn parts<'t>(text: &'t str, separator: &str) -> Vec<&'t str> {
    let (mut parts, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_i32, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            // It binds less.
            '|' if depth == 0 && !quoted && separator == "&&" && text[at..].starts_with("||") => return vec![text],
            _ if depth == 0 && !quoted && at >= start && text[at..].starts_with(separator) => {
                parts.push(text[start..at].trim());
                start = at + separator.len();
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

/// Whether no bracket closes before it opens.
fn is_closed(text: &str) -> bool {
    let mut depth = 0_i32;
    text.chars().all(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth >= 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_has_one_direction() {
        let one = |text| turned(&condition(text));
        for (a, b) in [("size(a) < 16", "16 > size(a)"), ("a >= 2 && b", "b && 2 <= a"), ("a < 1", "(a<1)")] {
            assert_eq!(one(a), one(b), "{a}");
        }
        for (a, b) in [("a < 1", "a > 1"), ("a < 1", "a <= 1"), ("a >= 1", "1 >= a")] {
            assert_ne!(one(a), one(b), "{a}");
        }
    }
}
