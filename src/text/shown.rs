//! Texts on their way to a terminal, a log or a program: what is written by others can neither control a terminal nor give
//! orders to a CI runner. The one edge that all printing passes.

use std::fmt::Write;

/// What a runner obeys wherever it stands in a line: GitHub's and Azure's first form, TeamCity.
const ORDERS: [&str; 3] = ["##[", "##vso[", "##teamcity["];

/// What a runner obeys at the start of a line, blanks before it: GitHub (but not `::: `, which is no order), GitLab.
const AT_START: [&str; 3] = ["::", "section_start:", "section_end:"];

/// Characters that a terminal obeys, that reverse what is read, or that nobody sees.
pub fn is_hidden(c: char) -> bool {
    c.is_control() && !['\n', '\t'].contains(&c)
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Most names that one sentence has.
const NAMED: usize = 20;

/// The first names of a list, and how many more there are.
pub fn listed<T>(mut all: impl Iterator<Item = T>, between: &str, name: impl Fn(T) -> String) -> String {
    let first: Vec<String> = all.by_ref().take(NAMED).map(name).collect();
    match all.count() {
        0 => first.join(between),
        more => format!("{} and {more} more", first.join(between)),
    }
}

/// A text of several lines, with hidden characters as escapes and without orders.
pub fn text(text: &str) -> String {
    obeyed(&escaped(text, false))
}

/// A part of a line: line breaks are escapes too.
pub fn line(text: &str) -> String {
    escaped(text, true)
}

/// Columns of a line for people.
const WIDTH: usize = 80;

/// Letters without ANSI codes and without blanks at the end.
fn wide(text: &str) -> usize {
    let mut parts = text.trim_end().split('\u{1b}');
    let plain = parts.next().unwrap_or_default().chars().count();
    plain + parts.map(|part| part.split_once('m').map_or(0, |(_, rest)| rest.chars().count())).sum::<usize>()
}

/// A line in as many lines of 80 columns as it needs, those that go on deeper by so many blanks, with a line break. A word stays whole but for a way to
/// a field, which goes on after a part of it.
pub fn folded(line: &str, hang: usize) -> String {
    let indent = line.len() - line.trim_start().len() + hang;
    let room = WIDTH.saturating_sub(indent).max(WIDTH / 2);
    let (mut text, mut column, mut empty, mut rest) = (String::new(), 0, true, line);
    while !rest.is_empty() {
        let end = rest.find(' ').map_or(rest.len(), |at| at + 1);
        let end = match rest[..end].char_indices().nth(room) {
            Some((most, _)) if wide(&rest[..end]) > room => {
                rest[..most].rfind(['.', '[', '/', ',']).filter(|at| *at > 0).unwrap_or(end)
            }
            _ => end,
        };
        let (word, after) = rest.split_at(end);
        if !empty && column + wide(word) > WIDTH {
            text.truncate(text.trim_end_matches(' ').len());
            text += &format!("\n{:indent$}", "");
            column = indent;
        }
        text += word;
        empty &= word == " ";
        column += wide(word) + usize::from(word.ends_with(' '));
        rest = after;
    }
    text.truncate(text.trim_end_matches(' ').len());
    text + "\n"
}

/// A text of which all is folded but what stands between fences.
pub fn folded_prose(text: &str, hang: usize) -> String {
    let mut fenced = false;
    let fold = |line: &str| {
        let fence = line.starts_with("```");
        fenced ^= fence;
        if fence || fenced { format!("{line}\n") } else { folded(line, hang) }
    };
    text.lines().map(fold).collect()
}

/// A text that `report` drew from parts that are safe: its own colours stay.
pub fn drawn(text: &str) -> String {
    let hidden = |c: char| is_hidden(c) && c != '\u{1b}';
    match text.contains(hidden) {
        true => obeyed(&text.chars().map(|c| if hidden(c) { escape(c) } else { c.to_string() }).collect::<String>()),
        false => obeyed(text),
    }
}

/// JSON with what JSON lets pass as escapes of JSON.
pub fn json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut units = [0; 2];
    for c in text.chars() {
        match is_hidden(c) {
            true => {
                let units = c.encode_utf16(&mut units).iter();
                units.for_each(|unit| write!(safe, "\\u{unit:04x}").expect("a String takes everything"));
            }
            false => safe.push(c),
        }
    }
    // `#` stands in strings only.
    ORDERS.iter().fold(safe, |safe, order| safe.replace(order, &order.replacen("##", "#\\u0023", 1)))
}

fn escaped(text: &str, breaks: bool) -> String {
    let hidden = |c: char| is_hidden(c) || breaks && c == '\n';
    match text.contains(hidden) {
        true => text.chars().map(|c| if hidden(c) { escape(c) } else { c.to_string() }).collect(),
        false => text.to_owned(),
    }
}

fn escape(c: char) -> String {
    c.escape_default().to_string()
}

/// A text in which no line is an order.
fn obeyed(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let words = begin(line);
        let (blank, words) = line.split_at(line.len() - words.len());
        let order = AT_START.iter().any(|order| words.starts_with(order)) && !words.starts_with("::: ");
        safe += blank;
        match words.chars().next().filter(|_| order) {
            Some(first) => safe += &format!("\\u{{{:x}}}{}", u32::from(first), &words[first.len_utf8()..]),
            None => safe += words,
        }
    }
    ORDERS.iter().fold(safe, |safe, order| match safe.contains(order) {
        true => safe.replace(order, &order.replacen("##", "#\\u{23}", 1)),
        false => safe,
    })
}

/// A line from its first character on that is neither a blank nor a colour.
fn begin(line: &str) -> &str {
    let mut rest = line;
    loop {
        let next = rest.trim_start();
        let next = next.strip_prefix("\u{1b}[").and_then(|code| code.split_once('m')).map_or(next, |(_, rest)| rest);
        if next.len() == rest.len() {
            return rest;
        }
        rest = next;
    }
}

/// A cell of a Markdown table: one line that is no markup but for whole code spans.
pub fn cell(text: &str) -> String {
    let text = line(text);
    let spans = text.matches('`').count().is_multiple_of(2);
    let mut cell = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' => cell += "\\|",
            '`' if !spans => cell += "\\`",
            '<' => cell += "&lt;",
            '>' => cell += "&gt;",
            '[' | ']' => cell.extend(['\\', c]),
            _ => cell.push(c),
        }
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_passes() {
        assert_eq!(text("a\u{1b}[31mb\u{7}\r\n\tc\u{202e}"), "a\\u{1b}[31mb\\u{7}\\r\n\tc\\u{202e}");
        assert_eq!(line("a\nb"), "a\\nb");
        assert_eq!(json("\"a\u{9b}\u{202e}\u{e0041}##[x]\""), r##""a\u009b\u202e\udb40\udc41#\u0023[x]""##);
        assert_eq!(drawn("\u{1b}[1ma\u{9b}\u{1b}[0m"), "\u{1b}[1ma\\u{9b}\u{1b}[0m");
    }

    #[test]
    fn no_line_is_an_order() {
        for (given, safe) in [
            ("::add-mask::x", "\\u{3a}:add-mask::x"),
            ("a\n \t::stop-commands::x\n", "a\n \t\\u{3a}:stop-commands::x\n"),
            ("\u{1b}[1m \u{1b}[0m::x", "\u{1b}[1m \u{1b}[0m\\u{3a}:x"),
            ("a ##[command]b", "a #\\u{23}[command]b"),
            ("a ##vso[task]b ##teamcity[x]", "a #\\u{23}vso[task]b #\\u{23}teamcity[x]"),
            (" section_start:1:x", " \\u{73}ection_start:1:x"),
            ("::: a.yaml:3:7", "::: a.yaml:3:7"),
            ("a::b", "a::b"),
        ] {
            assert_eq!(drawn(given), safe);
        }
    }

    #[test]
    fn a_cell_is_a_cell() {
        assert_eq!(cell("a|b\nc <img> [x](y) `"), "a\\|b\\nc &lt;img&gt; \\[x\\](y) \\`");
        assert_eq!(cell("`nbf` is not"), "`nbf` is not");
    }
}
