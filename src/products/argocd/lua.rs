//! A script in Lua -> whether its blocks end, as far as words alone tell.

/// The words of a script, without comments and texts.
fn words(script: &str) -> Option<Vec<&str>> {
    let mut words = Vec::new();
    let mut rest = script;
    while let Some(first) = rest.chars().next() {
        let skipped = match first {
            '-' if rest.starts_with("--[[") => rest.find("]]")? + 2,
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '[' if rest.starts_with("[[") => rest.find("]]")? + 2,
            '"' | '\'' => text(rest, first)?,
            c if c.is_ascii_alphabetic() || c == '_' => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                words.push(&rest[..end]);
                end
            }
            c => c.len_utf8(),
        };
        rest = &rest[skipped..];
    }
    Some(words)
}

/// The length of a text in quotes at the start of a script.
fn text(script: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    script.char_indices().skip(1).find_map(|(at, c)| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at + 1)
    })
}

/// How many blocks a script opens and does not end; below zero: how many it ends too many. `None`: nobody can tell.
pub fn open_blocks(script: &str) -> Option<i64> {
    let words = words(script)?;
    let count = |word: &str| words.iter().filter(|w| **w == word).count() as i64;
    // `for` and `while` have a `do` of their own, and `elseif` is one word.
    Some(count("if") + count("function") + count("do") - count("end"))
}

#[cfg(test)]
mod tests {
    use super::open_blocks;

    #[test]
    fn blocks_are_counted_outside_of_texts() {
        let script = "-- if\nlocal s = 'end \\' if' .. [[ do ]]\nfor i, c in ipairs(x) do\n  if c.endif then y = \"do\" elseif z then end\nend\n";
        assert_eq!(open_blocks(script), Some(0));
        assert_eq!(open_blocks("if a then\n  return 1\n"), Some(1));
        assert_eq!(open_blocks("return 1 end"), Some(-1));
        assert_eq!(open_blocks("local s = 'open"), None);
    }
}
