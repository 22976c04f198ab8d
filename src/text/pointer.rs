//! JSON pointers (RFC 6901): keys as they stand in them, and back; the part that one leads to, the parts that a pattern leads
//! to; the way to every string.

use std::borrow::Cow;

use serde_json::Value;

/// A key as a part of a pointer.
pub fn escaped(key: &str) -> Cow<'_, str> {
    match key.bytes().any(|byte| matches!(byte, b'~' | b'/')) {
        true => Cow::Owned(key.replace('~', "~0").replace('/', "~1")),
        false => Cow::Borrowed(key),
    }
}

/// The key that a part of a pointer stands for.
pub fn unescaped(part: &str) -> Cow<'_, str> {
    match part.contains('~') {
        true => Cow::Owned(part.replace("~1", "/").replace("~0", "~")),
        false => Cow::Borrowed(part),
    }
}

/// The part of a value at a JSON pointer: [`Value::pointer`], which unescapes every step, only where there is something to
/// unescape. Rules ask for parts more often than for anything else.
pub fn part<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    if pointer.contains('~') {
        return value.pointer(pointer);
    }
    let (mut value, mut rest) = (value, first(pointer).1);
    while let Some(steps) = rest {
        let (step, others) = first(steps);
        rest = others;
        value = match value {
            Value::Object(map) => map.get(step)?,
            Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(value)
}

/// The first step, and those behind it. `split_once` looks for the next `/` with what pays in long texts alone; a cluster takes
/// hundreds of thousands of steps.
fn first(steps: &str) -> (&str, Option<&str>) {
    match steps.bytes().position(|byte| byte == b'/') {
        Some(at) => (&steps[..at], Some(&steps[at + 1..])),
        None => (steps, None),
    }
}

/// Shows the parts of a value that a pattern leads to, each with the pointer to it. A pattern is a JSON pointer in which `*`
/// stands for every item of a list and every entry of a map, `*Ref` for the fields with that ending, `a|b` for the fields `a`
/// and `b`, and `**` for any steps or none.
pub fn each<'a>(value: &'a Value, pattern: &str, look: &mut dyn FnMut(&str, &'a Value)) {
    each_below(value, "", pattern, look);
}

/// The same for a value that has a pointer itself.
pub fn each_below<'a>(value: &'a Value, start: &str, pattern: &str, look: &mut dyn FnMut(&str, &'a Value)) {
    along(value, pattern.strip_prefix('/'), &mut start.to_owned(), look);
}

/// `steps` are those still to go.
fn along<'a>(value: &'a Value, steps: Option<&str>, pointer: &mut String, look: &mut dyn FnMut(&str, &'a Value)) {
    let Some(steps) = steps else { return look(pointer, value) };
    let (step, mut rest) = first(steps);
    if step == "**" {
        along(value, rest, pointer, look);
        rest = Some(steps);
    }
    let length = pointer.len();
    let mut into = |step: &str, value: &'a Value| {
        pointer.push('/');
        pointer.push_str(step);
        along(value, rest, pointer, look);
        pointer.truncate(length);
    };
    match (step, value) {
        ("*" | "**", Value::Array(items)) => {
            items.iter().enumerate().for_each(|(i, item)| into(&i.to_string(), item));
        }
        (_, Value::Array(items)) => {
            step.parse().ok().and_then(|i: usize| items.get(i)).into_iter().for_each(|item| into(step, item));
        }
        (_, Value::Object(map)) => match step.strip_prefix('*') {
            Some(ending) => {
                let ending = ending.trim_start_matches('*');
                map.iter().filter(|(key, _)| key.ends_with(ending)).for_each(|(key, item)| into(&escaped(key), item));
            }
            None if !step.bytes().any(|byte| matches!(byte, b'|' | b'~')) => {
                map.get(step).into_iter().for_each(|item| into(step, item))
            }
            None => step.split('|').for_each(|step| {
                map.get(&*unescaped(step)).into_iter().for_each(|item| into(step, item));
            }),
        },
        _ => {}
    }
}

/// Shows every string of a value with the pointer to it.
pub fn strings<'a>(value: &'a Value, look: &mut impl FnMut(&str, &'a str)) {
    below(value, &mut String::new(), look);
}

fn below<'a>(value: &'a Value, pointer: &mut String, look: &mut impl FnMut(&str, &'a str)) {
    let length = pointer.len();
    let mut into = |part: &str, inner: &'a Value| {
        pointer.push('/');
        pointer.push_str(part);
        below(inner, pointer, look);
        pointer.truncate(length);
    };
    match value {
        Value::String(text) => look(pointer, text),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, item)| into(&i.to_string(), item)),
        Value::Object(map) => map.iter().for_each(|(key, item)| into(&escaped(key), item)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{each, escaped, unescaped};

    #[test]
    fn a_pattern_leads_to_many() {
        let value = json!({ "a": [{ "b": 1, "c": 2 }, { "c": { "aRef": 3, "b/": 4 } }], "c": 5 });
        for (pattern, pointers) in [
            ("", &[""][..]),
            ("/a/*/c", &["/a/0/c", "/a/1/c"]),
            ("/a/0/b|c", &["/a/0/b", "/a/0/c"]),
            ("/a/1/c/*", &["/a/1/c/aRef", "/a/1/c/b~1"]),
            ("/a/1/c/b~1", &["/a/1/c/b~1"]),
            ("/**/c", &["/c", "/a/0/c", "/a/1/c"]),
            ("/a/**/*Ref", &["/a/1/c/aRef"]),
            ("/a/2/c", &[]),
            ("/c/*", &[]),
        ] {
            let mut found = Vec::new();
            each(&value, pattern, &mut |pointer, _| found.push(pointer.to_owned()));
            assert_eq!(found, pointers, "{pattern}");
        }
    }

    #[test]
    fn there_and_back() {
        for (key, part) in [("a", "a"), ("a/b", "a~1b"), ("a~b", "a~0b"), ("~1", "~01"), ("/~", "~1~0"), ("", "")] {
            assert_eq!((&*escaped(key), &*unescaped(part)), (part, key));
        }
    }
}
