//! A review -> text for people: the verdict, a summary, the details, folded. Styled with ANSI codes; strip them for a pipe.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::command::review::change::{Field, Kind};
use crate::command::review::risk::sight::{Risk, rank, short};
use crate::command::review::routine::follows;
use crate::command::review::told::{Review, Told, Verdict, words};
use crate::text::secret;
use crate::text::shown;

/// Fields of one object that are shown; the rest is counted.
const FIELDS: usize = 8;

/// Lines of the summary, and of what is refused and what is risky in it; causes have the rest.
const LINES: (usize, usize, usize) = (15, 4, 6);

/// The whole review. Names and values are those of others: what in them a terminal would obey becomes escapes.
pub fn text(review: &Review) -> String {
    format!("{}{}", summary(review), details(review).lines().map(told).collect::<String>())
}

/// The verdict with what it is about, and the summary below it: 15 lines at most.
pub fn summary(review: &Review) -> String {
    let verdict = review.verdict();
    let colour = match verdict {
        Verdict::None | Verdict::Routine => "32",
        Verdict::Change => "36",
        Verdict::Risky => "33",
        Verdict::Refused => "31",
    };
    let mut text = told(&format!("\u{1b}[1;{colour}m{}\u{1b}[0m: {}", verdict.word(), shown::line(&headline(review))));
    text += &some("  refused: ", review.refusals(), LINES.1);
    text += &some("  ", codes(review), LINES.2);
    let causes = review
        .by_cause()
        .into_iter()
        .filter(|(causes, _)| !causes.is_empty())
        .map(|(causes, told)| format!("{}: {}", short_list(&words(causes)), count(told.len(), "object")));
    let left = LINES.0.saturating_sub(text.lines().count());
    text + &some("  cause: ", causes.collect(), left)
}

/// How many objects of how many clusters.
pub fn headline(review: &Review) -> String {
    let counts = review.counts();
    let all: usize = counts.iter().map(|(_, n)| n).sum();
    if all == 0 {
        return match (review.refused.is_empty(), review.whole.is_empty()) {
            (true, true) => "nothing differs".to_owned(),
            (true, false) => {
                let gone: BTreeSet<String> = review.whole.values().flatten().cloned().collect();
                format!("no object differs; gone: {}", review.names(&gone))
            }
            (false, _) => "`render` would write nothing".to_owned(),
        };
    }
    let parts: Vec<String> = counts.iter().map(|(kind, n)| format!("{n} {}", kind.word())).collect();
    let touched: BTreeSet<String> = review.touched().into_iter().map(str::to_owned).collect();
    format!("{} in {} ({})", count(all, "object"), review.names(&touched), parts.join(", "))
}

/// Each code with its count and the first that has it.
fn codes(review: &Review) -> Vec<String> {
    let mut codes: BTreeMap<(usize, &str), (usize, String)> = BTreeMap::new();
    for (risk, told) in review.risks() {
        let (first, n) = match told {
            Ok(told) => (format!("{}: {}", told.object, short(&risk.message)), told.clusters.len()),
            Err(clusters) => (risk.message.clone(), clusters.len()),
        };
        codes.entry((rank(risk.code), risk.code.name())).or_insert((0, first)).0 += n;
    }
    let one = |((_, code), (n, first)): ((usize, &str), (usize, String))| match n {
        1 => format!("{code}: {first}"),
        n => format!("{code} ({n}): {first}"),
    };
    codes.into_iter().map(one).collect()
}

/// As many as have room in so many lines, and one at least; the others are counted.
fn some(before: &str, all: Vec<String>, most: usize) -> String {
    let mut text = String::new();
    for (at, one) in all.iter().enumerate() {
        let said = told(&format!("{before}{}", shown::line(one)));
        let (lines, rest) = (text.lines().count() + said.lines().count(), all.len() - at);
        if at > 0 && lines + usize::from(rest > 1) > most {
            return text + &format!("{before}and {rest} more\n");
        }
        text += &said;
    }
    text
}

/// A line, folded. What is a key is covered before: a half of one would not be known.
fn told(line: &str) -> String {
    shown::folded(&secret::masked(line), 4)
}

fn short_list(names: &[String]) -> String {
    match names {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}; {second}; {third}; and {} more", rest.len())
        }
        names => names.join("; "),
    }
}

/// `1 object`, `2 objects`.
pub fn count(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

/// Every change below what causes it.
fn details(review: &Review) -> String {
    let mut text = String::new();
    for (risk, clusters) in &review.whole {
        text += &format!("\n{}: {}\n{}", review.names(clusters), risk.message, risk_lines(risk, ""));
    }
    for (causes, told) in review.by_cause() {
        text += "\n";
        for cause in words(causes) {
            text += &format!("\u{1b}[1m{}\u{1b}[0m\n", shown::line(&cause));
        }
        text.extend(told.into_iter().map(|told| one(review, told)));
    }
    text
}

fn one(review: &Review, told: &Told) -> String {
    let known = &told.known;
    let colour = match known.change.kind {
        Kind::Added => "32",
        Kind::Removed => "31",
        _ => "33",
    };
    let clusters = if review.clusters > 1 { format!("  [{}]", review.names(&told.clusters)) } else { String::new() };
    let sign = known.change.kind.sign();
    let mut text = format!("  \u{1b}[{colour}m{sign} {}\u{1b}[0m{clusters}\n", shown::line(&told.object));
    if matches!(known.change.kind, Kind::Removed | Kind::Renamed | Kind::Moved) {
        text += &format!("      {}\n", known.does.words());
    }
    text.extend(known.risks.iter().map(|risk| risk_lines(risk, "      ")));
    let fields: Vec<&Field> = known.change.fields.iter().filter(|field| !follows(field)).collect();
    text.extend(fields.iter().take(FIELDS).map(|field| format!("      {}\n", shown::line(&field_line(field)))));
    if fields.len() > FIELDS {
        text += &format!("      and {} more fields: -o json\n", fields.len() - FIELDS);
    }
    text
}

fn risk_lines(risk: &Risk, indent: &str) -> String {
    let field = if risk.field.is_empty() { String::new() } else { format!("{}: ", risk.field) };
    let code = risk.code.name();
    let (message, help) = (shown::line(&format!("{field}{}", risk.message)), shown::line(&risk.help));
    format!("{indent}\u{1b}[33m! {code}\u{1b}[0m: {message}\n{indent}  = {help}\n")
}

/// `spec.replicas: 1 -> 2`
pub fn field_line(field: &Field) -> String {
    let say = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match (field.old.as_ref().map(say), field.new.as_ref().map(say)) {
        (Some(old), Some(new)) => {
            let (old, new) = apart(&old, &new);
            format!("{}: {old} -> {new}", field.shown)
        }
        (None, Some(new)) => format!("+ {}: {}", field.shown, short(&new)),
        (Some(old), None) => format!("- {}: {}", field.shown, short(&old)),
        (None, None) => field.shown.clone(),
    }
}

/// Two texts from where they begin to differ, where they are long.
fn apart(old: &str, new: &str) -> (String, String) {
    let alike = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).count();
    let cut = |text: &str| match text.chars().count() > 60 && alike > 24 {
        true => format!("…{}", short(&text.chars().skip(alike - 12).collect::<String>())),
        false => short(text),
    };
    (cut(old), cut(new))
}
