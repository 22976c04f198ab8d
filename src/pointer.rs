//! Keys as they stand in JSON pointers (RFC 6901), and back.

use std::borrow::Cow;

/// A key as a part of a pointer.
pub fn escaped(key: &str) -> Cow<'_, str> {
    match key.contains(['~', '/']) {
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

#[cfg(test)]
mod tests {
    use super::{escaped, unescaped};

    #[test]
    fn there_and_back() {
        for (key, part) in [("a", "a"), ("a/b", "a~1b"), ("a~b", "a~0b"), ("~1", "~01"), ("/~", "~1~0"), ("", "")] {
            assert_eq!((&*escaped(key), &*unescaped(part)), (part, key));
        }
    }
}
