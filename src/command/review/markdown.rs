//! A review -> Markdown for a comment on a pull request, which holds 65,536 characters: fields, else objects, else their
//! names alone, else codes. It says less, and never stops in the middle.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::command::review::risk::sight::{Risk, rank, short};
use crate::command::review::routine::follows;
use crate::command::review::text::{count, field_line, headline};
use crate::command::review::told::{Review, Told, words};

/// Characters of a comment (GitHub: "body is too long (maximum is 65536 characters)"), with room for the line that the action writes
/// above it, which names its folder.
pub const MOST: usize = 65_536 - 512;

/// Fields of one object that stand for those of all clusters.
const EXAMPLES: usize = 8;

/// Line by which a later run finds the comment again.
pub const MARKER: &str = "<!-- gatewright diff -->";

/// How much is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Much {
    Fields,
    Objects,
    /// Of each object and each code once, whatever differs from cluster to cluster; with the fields of one of them.
    Examples,
    /// The same without fields.
    Names,
    Codes,
}

/// The fullest comment that fits.
pub fn markdown(review: &Review) -> String {
    let ways = [Much::Fields, Much::Objects, Much::Examples, Much::Names];
    let fits = ways.into_iter().map(|much| comment(review, much)).find(|text| text.chars().count() <= MOST);
    fits.unwrap_or_else(|| comment(review, Much::Codes))
}

fn comment(review: &Review, much: Much) -> String {
    let mut text = format!("{MARKER}\n**{}**: {}\n", review.verdict().word(), safe(&headline(review)));
    if matches!(much, Much::Examples | Much::Names | Much::Codes) {
        return text + &refused(review) + &named(review, much) + &inputs(review);
    }
    text.extend(review.refusals().iter().map(|why| format!("\n- **refused**: {}", safe(why))));
    let risks = review.risks();
    if !risks.is_empty() {
        text += "\n\n| risk | object | what | what to do |\n|---|---|---|---|\n";
    }
    for (risk, told) in risks {
        text += &match told {
            Ok(told) => row(risk, &object(review, told)),
            Err(clusters) => row(risk, &safe(&review.names(clusters))),
        };
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

/// Why `render` refuses it, by the codes of the reasons.
fn refused(review: &Review) -> String {
    let mut codes: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (why, clusters) in &review.refused {
        codes.entry(why.split(": ").next().unwrap_or_default()).or_default().extend(clusters.iter().cloned());
    }
    let line = |(code, of): (&str, BTreeSet<String>)| match of.is_empty() {
        true => format!("\n- **refused**: {}", safe(&short(code))),
        false => format!("\n- **refused**: {} in {}", safe(&short(code)), safe(&review.names(&of))),
    };
    codes.into_iter().map(line).collect()
}

/// Risks that are told as one.
struct Alike<'r> {
    count: usize,
    clusters: BTreeSet<String>,
    first: &'r Risk,
}

/// Risks of one code, and of one object where these have room, with their clusters; then the objects.
fn named(review: &Review, much: Much) -> String {
    let by_object = much != Much::Codes;
    let mut risks: BTreeMap<(usize, &str, String), Alike<'_>> = BTreeMap::new();
    let mut objects: BTreeMap<(char, String), (BTreeSet<String>, &Told)> = BTreeMap::new();
    for (risk, told) in review.risks() {
        let (object, of) = match told {
            Ok(told) => (told.nameless(), &told.clusters),
            Err(of) => (String::new(), of),
        };
        let key = (rank(risk.code), risk.code.name(), if by_object { object } else { String::new() });
        let alike = risks.entry(key).or_insert(Alike { count: 0, clusters: BTreeSet::new(), first: risk });
        alike.count += of.len();
        alike.clusters.extend(of.iter().cloned());
    }
    for told in review.told.iter().filter(|_| by_object) {
        let key = (told.known.change.kind.sign(), told.nameless());
        objects.entry(key).or_insert((BTreeSet::new(), told)).0.extend(told.clusters.iter().cloned());
    }
    let mut text = String::new();
    if !risks.is_empty() {
        text += "\n\n| risk | where | clusters | such as | what to do |\n|---|---|---|---|---|\n";
    }
    for ((_, code, object), Alike { count: times, clusters, first }) in risks {
        let what = if by_object { object } else { count(times, "time") };
        let (what, of) = (safe(&what), safe(&review.names(&clusters)));
        let (such, help) = (safe(&short(&first.message)), safe(&first.help));
        let _ = writeln!(text, "| `{code}` | {what} | {of} | {such} | {help} |");
    }
    for ((sign, object), (clusters, first)) in objects {
        let _ = write!(text, "\n- `{sign}` {} in {}", safe(&object), count(clusters.len(), "cluster"));
        let fields = first.known.change.fields.iter().filter(|f| much == Much::Examples && !follows(f));
        text.extend(fields.take(EXAMPLES).map(|field| {
            let of = first.clusters.first().map_or("", String::as_str);
            format!("\n  - {} ({})", safe(&field_line(field)), safe(of))
        }));
    }
    text + "\n"
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
