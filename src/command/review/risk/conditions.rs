//! Conditions of an authorization, as CEL: what a condition that goes, comes or is written otherwise lets through. Conditions that differ
//! in their numbers and names alone are taken for one.

use crate::command::review::change::Field;
use crate::command::review::risk::sight::{Risk, Sight, from_to, short};
use crate::text::finding::Code;
use crate::text::pointer::each;

/// Words of conditions that ask who somebody is; the others look at what is asked for.
const WHO: [&str; 7] = ["jwt", "apiKey", "source", "headers", "mtls", "principal", "basicAuth"];

/// Whether the field is a condition.
pub(super) fn is_one(field: &Field) -> bool {
    field.passes(&["authorization", "policy", "matchExpressions"]) && !field.passes(&["mcp", "authorization"])
}

pub(super) fn loosened(sight: &Sight<'_>) -> Vec<Risk> {
    let mut action = "Allow".to_owned();
    for thing in [sight.old, sight.new].into_iter().flatten() {
        each(&thing.value, "/spec/**/authorization/action", &mut |_, said| {
            action = said.as_str().unwrap_or_default().to_owned()
        });
    }
    let of = |gone: bool| sight.leaves.iter().filter(move |field| is_one(field) && field.new.is_none() == gone);
    let mut fresh: Vec<&Field> = of(false).collect();
    let mut risks = Vec::new();
    for old in of(true) {
        let twin = fresh.iter().position(|new| skeleton(text(new)) == skeleton(text(old)));
        match twin.map(|at| fresh.remove(at)) {
            Some(new) => risks.extend(rewritten(sight, old, new)),
            None => risks.push(risk(sight, old, Code::AuthLoosened, from_to(old))),
        }
    }
    // All of a Require must hold; of others one is enough.
    let wider = fresh.into_iter().filter(|_| action == "Allow" && sight.leaves.iter().all(|f| f.key() != "action"));
    risks.extend(wider.map(|new| risk(sight, new, Code::AuthLoosened, from_to(new))));
    risks
}

fn risk(sight: &Sight<'_>, field: &Field, code: Code, how: String) -> Risk {
    let (message, help) = match code {
        Code::LimitLoosened => ("the limit goes", "say in the review who may now spend or ask more, and how much"),
        Code::GuardLoosened => {
            ("what guards requests goes", "say in the review what callers may send from now on, and why")
        }
        _ => ("what keeps others out goes", "say in the review who gets in from now on; Argo CD changes this at once"),
    };
    let list = field.shown.split('[').next().unwrap_or_default().to_owned();
    Risk { field: list, ..sight.risk(code, format!("{message} {how}"), help) }
}

fn text(field: &Field) -> &str {
    let value = field.new.as_ref().or(field.old.as_ref());
    value.and_then(serde_json::Value::as_str).unwrap_or_default()
}

/// One condition before and after that differ in what is written out in them.
fn rewritten(sight: &Sight<'_>, old: &Field, new: &Field) -> Option<Risk> {
    let who = WHO.iter().any(|word| text(old).contains(word));
    let pairs = tokens(text(old)).into_iter().zip(tokens(text(new)));
    let code = pairs.filter(|(was, is)| was.text != is.text).filter_map(|(was, is)| looser(&was, &is, who)).min()?;
    let how = match code {
        Code::AuthLoosened => format!("from `{}` to `{}`", short(text(old)), short(text(new))),
        _ => format!("from `{}` to `{}`", text(old), text(new)),
    };
    Some(risk(sight, new, code, how))
}

fn looser(was: &Token, is: &Token, who: bool) -> Option<Code> {
    let number = |token: &Token| token.text.parse::<f64>().ok();
    if let (Some(old), Some(new)) = (number(was), number(is)) {
        let more = match was.after.trim_end_matches('=') {
            "<" => new > old,
            ">" => new < old,
            _ => return Some(Code::AuthLoosened),
        };
        return (more != was.negated).then_some(if who { Code::AuthLoosened } else { Code::LimitLoosened });
    }
    let of = |token: &Token| token.text.split('\n').map(str::to_owned).collect::<Vec<_>>();
    let (old, new) = (of(was), of(is));
    let all_in = |some: &[String], all: &[String]| some.iter().all(|one| all.contains(one));
    match was.after.as_str() {
        "in" if all_in(&new, &old) && !was.negated => None,
        "in" if all_in(&old, &new) && was.negated => None,
        "in" if !who => Some(Code::GuardLoosened),
        // What is asked for is another thing, and no further one.
        "==" if !who && !was.negated => None,
        _ => Some(Code::AuthLoosened),
    }
}

/// The condition with `_` for what is written out in it.
fn skeleton(condition: &str) -> String {
    let mut rest = condition;
    let mut skeleton = String::new();
    for token in tokens(condition) {
        let Some(at) = rest.find(&token.raw) else { continue };
        skeleton += &rest[..at];
        skeleton.push('_');
        rest = &rest[at + token.raw.len()..];
    }
    skeleton + rest
}

/// The names that a rule on tools is about, each with whether it shuts them out.
pub(super) fn names(rule: &str) -> Vec<(bool, String)> {
    let one = |token: Token| {
        let out = token.negated != (token.after == "!=");
        token.text.split('\n').map(|name| (out, name.to_owned())).collect::<Vec<_>>()
    };
    tokens(rule).into_iter().flat_map(one).collect()
}

/// What a rule says beside names: of alternatives that ask alike one.
pub(super) fn form(rule: &str) -> String {
    let plain = skeleton(rule).replace(['(', ')'], "");
    let mut form = String::new();
    for part in plain.split(" && ") {
        let alike: std::collections::BTreeSet<&str> = part.split(" || ").map(str::trim).collect();
        let part = alike.into_iter().collect::<Vec<_>>().join(" || ");
        form += if form.is_empty() { "" } else { " && " };
        form += &part;
    }
    form
}

/// Whether a form of a rule lets no more through than another one: it is the same, or asks for something more.
pub(super) fn narrows(was: &str, is: &str) -> bool {
    let more = |rest: &str| rest.starts_with(" && ") && !rest.contains(" || ");
    is.strip_prefix(was).is_some_and(|rest| rest.is_empty() || more(rest))
}

/// A number, a text or a list of texts that is written out in a condition.
#[derive(Debug)]
struct Token {
    raw: String,
    /// Without quotes; of a list one text a line.
    text: String,
    /// The operator before it.
    after: String,
    /// It stands in a part with a `!` before it.
    negated: bool,
}

fn tokens(condition: &str) -> Vec<Token> {
    let (mut found, mut open) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(c) = condition[at..].chars().next() {
        let before = condition[..at].trim_end();
        let list =
            condition[at..].find(']').map(|end| &condition[at..=at + end]).filter(|list| c == '[' && is_of_texts(list));
        let length = match c {
            '"' | '\'' => quoted(&condition[at..], c),
            '[' => list.map_or(0, str::len),
            _ if c.is_ascii_digit() && !before_is_name(&condition[..at]) => {
                condition[at..].find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(condition.len() - at)
            }
            _ => 0,
        };
        match c {
            '(' => open.push(before.trim_end_matches(|c: char| c.is_alphanumeric() || "._".contains(c)).ends_with('!')),
            ')' => drop(open.pop()),
            _ => {}
        }
        if length > 0 {
            let raw = condition[at..at + length].to_owned();
            let bare = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
            let text = match list {
                Some(list) => list[1..list.len() - 1].split(',').map(bare).collect::<Vec<_>>().join("\n"),
                None => bare(&raw),
            };
            let after = before.rsplit(|c: char| c.is_whitespace()).next().unwrap_or_default().to_owned();
            found.push(Token { raw, text, after, negated: open.contains(&true) });
        }
        at += length.max(c.len_utf8());
    }
    found
}

fn before_is_name(before: &str) -> bool {
    before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.')
}

/// The length of a quoted text with its quotes; none where it does not end.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    0
}

fn is_of_texts(list: &str) -> bool {
    let inner = list[1..list.len() - 1].trim();
    inner.split(',').all(|item| item.trim().starts_with(['"', '\'']) && item.trim().len() > 1)
}
