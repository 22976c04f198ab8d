//! A review -> Markdown for a comment on a pull request, which holds 65,536 characters: fields, else objects, else counts. It says
//! less, and never stops in the middle.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::command::review::risk::sight::{Risk, short};
use crate::command::review::routine::follows;
use crate::command::review::text::{count, field_line, headline};
use crate::command::review::told::{Review, Told, words};

/// Characters of a comment (GitHub: "body is too long (maximum is 65536 characters)").
pub const MOST: usize = 65_536;

/// Line by which a later run finds the comment again.
pub const MARKER: &str = "<!-- gatewright diff -->";

/// How much is told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Much {
    Fields,
    Objects,
    Names,
    Counts,
    Codes,
}

/// The fullest comment that fits.
pub fn markdown(review: &Review) -> String {
    let ways = [Much::Fields, Much::Objects, Much::Names, Much::Counts];
    let fits = ways.into_iter().map(|much| comment(review, much)).find(|text| text.chars().count() <= MOST);
    fits.unwrap_or_else(|| comment(review, Much::Codes))
}

fn comment(review: &Review, much: Much) -> String {
    let mut text = format!("{MARKER}\n**{}**: {}\n", review.verdict().word(), safe(&headline(review)));
    if much == Much::Codes {
        return text + &codes(review) + &inputs(review);
    }
    text.extend(review.refusals().iter().map(|why| format!("\n- **refused**: {}", safe(why))));
    if much == Much::Names {
        return text + &names(review) + &inputs(review);
    }
    let risky: Vec<&Told> = review.told.iter().filter(|told| !told.known.risks.is_empty()).collect();
    if !review.whole.is_empty() || (much != Much::Counts && !risky.is_empty()) {
        text += "\n\n| risk | object | what | what to do |\n|---|---|---|---|\n";
        for (risk, clusters) in &review.whole {
            text += &row(risk, &review.names(clusters));
        }
        for told in risky.iter().filter(|_| much != Much::Counts) {
            text.extend(told.known.risks.iter().map(|risk| row(risk, &object(review, told))));
        }
    }
    if much == Much::Counts {
        return text + &codes(review) + &inputs(review);
    }
    for (causes, told) in review.by_cause() {
        let names: Vec<String> = words(causes).iter().map(|cause| safe(cause)).collect();
        let names = if names.is_empty() { "without a known cause".to_owned() } else { names.join("<br>") };
        let _ = write!(text, "\n<details><summary>{}: {names}</summary>\n\n", count(told.len(), "object"));
        for told in told {
            let _ = writeln!(text, "- `{}` {}", told.known.change.kind.sign(), object(review, told));
            let fields = told.known.change.fields.iter().filter(|f| much == Much::Fields && !follows(f));
            text.extend(fields.map(|field| format!("  - {}\n", safe(&field_line(field)))));
        }
        text += "\n</details>\n";
    }
    text
}

/// Objects and risks of one name together, whatever differs in them from cluster to cluster.
fn names(review: &Review) -> String {
    let mut text: String = review
        .whole
        .iter()
        .map(|(risk, of)| format!("\n- `{}` {}", risk.code.name(), safe(&review.names(of))))
        .collect();
    let mut risks: BTreeMap<(&str, &str), (usize, &str)> = BTreeMap::new();
    let mut objects: BTreeMap<(char, &str), usize> = BTreeMap::new();
    for told in &review.told {
        *objects.entry((told.known.change.kind.sign(), &told.object)).or_default() += told.clusters.len();
        let codes: BTreeMap<&str, &str> = told.known.risks.iter().map(|r| (r.code.name(), r.help.as_str())).collect();
        for (code, help) in codes {
            risks.entry((code, &told.object)).or_insert((0, help)).0 += told.clusters.len();
        }
    }
    if !risks.is_empty() {
        text += "\n\n| risk | object | clusters | what to do |\n|---|---|---|---|\n";
    }
    for ((code, object), (clusters, help)) in risks {
        let _ = writeln!(text, "| `{code}` | {} | {clusters} | {} |", safe(object), safe(help));
    }
    for ((sign, object), clusters) in objects {
        let _ = write!(text, "\n- `{sign}` {} in {}", safe(object), count(clusters, "cluster"));
    }
    text + "\n"
}

fn codes(review: &Review) -> String {
    let mut counts = BTreeMap::<&str, usize>::new();
    for told in &review.told {
        for risk in &told.known.risks {
            *counts.entry(risk.code.name()).or_default() += told.clusters.len();
        }
    }
    counts.into_iter().map(|(code, n)| format!("\n- `{code}`: {n}")).collect::<String>() + "\n"
}

/// Causes that are named where no more fits.
const INPUTS: usize = 20;

/// What was changed in the inputs, without its values and places; the most first.
fn inputs(review: &Review) -> String {
    let mut found: BTreeMap<(&str, &str), (usize, BTreeSet<&String>)> = BTreeMap::new();
    for told in &review.told {
        for cause in &told.known.causes {
            let (objects, clusters) = found.entry((cause.what, cause.name.as_str())).or_default();
            *objects += told.clusters.len();
            clusters.extend(&told.clusters);
        }
    }
    let mut all: Vec<_> = found.into_iter().collect();
    all.sort_by_key(|(_, (objects, _))| std::cmp::Reverse(*objects));
    let more = all.len().saturating_sub(INPUTS);
    let line = |((what, name), (objects, clusters)): ((&str, &str), (usize, BTreeSet<&String>))| {
        let (objects, clusters) = (count(objects, "object"), count(clusters.len(), "cluster"));
        format!("\n- {what} {}: {objects} in {clusters}", safe(&short(name)))
    };
    let told: String = all.into_iter().take(INPUTS).map(line).collect();
    if more > 0 { format!("{told}\n- {}\n", count(more, "further cause")) } else { format!("{told}\n") }
}

fn row(risk: &Risk, object: &str) -> String {
    let field = if risk.field.is_empty() { String::new() } else { format!("{}: ", safe(&risk.field)) };
    format!("| `{}` | {object} | {field}{} | {} |\n", risk.code.name(), safe(&risk.message), safe(&risk.help))
}

fn object(review: &Review, told: &Told) -> String {
    match review.clusters {
        0 | 1 => safe(&told.object),
        _ => format!("{} ({})", safe(&told.object), safe(&review.names(&told.clusters))),
    }
}

/// Names and values are those of others: they are no markup here, neither in a paragraph nor in the HTML of a summary, and call
/// nobody. What stands between two backticks is code.
fn safe(text: &str) -> String {
    let (mut safe, mut ticks) = (String::new(), text.matches('`').count());
    let mut open = false;
    for (at, c) in text.char_indices() {
        match c {
            '`' if open || ticks > 1 => {
                open = !open;
                safe += if open { "<code>" } else { "</code>" };
            }
            '\n' | '\r' => safe.push(' '),
            // GitHub looks for these in what is shown, so that no escape helps: a space of no width does.
            '@' | '#' => _ = write!(safe, "{c}&#8203;"),
            ':' if text[at..].starts_with("://") => safe += ":&#8203;",
            '.' if text[..at].to_lowercase().ends_with("www") => safe += "&#8203;.",
            '+' | '-' if at > 0 => safe.push(c),
            _ if c.is_alphanumeric() || " .,:;/=\"'(){}?%$^".contains(c) || !c.is_ascii() => safe.push(c),
            _ => _ = write!(safe, "&#{};", u32::from(c)),
        }
        ticks -= usize::from(c == '`');
    }
    safe
}
