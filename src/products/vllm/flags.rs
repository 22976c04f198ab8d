//! The arguments of `vllm serve`, as they stand in schemas/vllm-flags.txt: which of those that are given it does not know.

use std::sync::LazyLock;

use crate::text::schema;

/// The release whose arguments they are, without the number of its patch.
pub const RELEASE: [u32; 2] = [0, 23];

static KNOWN: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let lines = include_str!("../../../schemas/vllm-flags.txt").lines();
    lines.filter(|line| line.starts_with("--")).collect()
});

/// What is wrong with an argument that vLLM does not know, as a name and the way out.
pub fn unknown(word: &str) -> Option<(String, String)> {
    if !word.starts_with("--") || word == "--" || word.contains('$') {
        return None;
    }
    let name = word.split('=').next().unwrap_or_default();
    if let Some((name, value)) = name.split_once(char::is_whitespace) {
        let help = format!("name and value are two items, `{name}` and `{}`, or one with `=`", value.trim());
        return Some((word.to_owned(), help));
    }
    // `--compilation-config.mode` is a part of one; argparse takes the beginning of a name for the whole.
    let name = name.replace('_', "-").split(['.', '+']).next().unwrap_or_default().to_owned();
    let positive = name.replacen("--no-", "--", 1);
    let known = KNOWN.iter().any(|known| known.starts_with(&name) || known.starts_with(&positive));
    (!known).then(|| {
        let near = schema::nearest(&name, &KNOWN).map(|near| format!("did you mean `{near}`?"));
        let help = near.unwrap_or_else(|| "`vllm serve --help=all` lists them".into());
        (name, help)
    })
}

/// Whether an argument is one that vLLM knows but for a letter or two, or but for the end of its last word.
pub fn is_slip(name: &str) -> bool {
    let positive = name.replacen("--no-", "--", 1);
    let end = |known: &str| {
        let (start, word) = known.rsplit_once('-').unwrap_or_default();
        let given = positive.strip_prefix(start).and_then(|rest| rest.strip_prefix('-')).unwrap_or_default();
        start.len() > 7
            && given.len() > 3
            && !given.contains('-')
            && word.len() > 2
            && word.bytes().zip(given.bytes()).take(3).all(|(a, b)| a == b)
    };
    KNOWN.iter().any(|known| schema::is_slip(known, &positive) || end(known))
}
