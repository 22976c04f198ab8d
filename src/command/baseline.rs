//! Findings that somebody accepted as they are today -> a text for the repository, and what is new beside it. Nothing in it
//! is a line number: an entry counts as long as the finding is about the same part of the same thing.

use std::collections::BTreeMap;

use crate::text::digest;
use crate::text::finding::Finding;
use crate::text::shown;

const HEAD: &str =
    "# Findings that `gatewright check --baseline` does not tell; `--write-baseline` makes this file anew.
# fingerprint, how many, code, and what it is about
";

/// The same as long as the finding is about the same part of the same thing, on whatever line that stands: numbers do not
/// count, and equal findings are not told apart.
pub fn fingerprint(finding: &Finding) -> String {
    let words: Vec<&str> = finding.message.split(|c: char| c.is_ascii_digit()).filter(|w| !w.is_empty()).collect();
    let digest = digest::hex(format!("{}\n{}\n{}", finding.code.name(), about(finding), words.join("#")).as_bytes());
    digest[..32].to_owned()
}

/// The part of an object, or else the file.
fn about(finding: &Finding) -> String {
    match (&finding.about, &finding.place) {
        (Some(about), _) => format!("{}\n{}", about.object, about.pointer),
        (None, place) => place.as_ref().map(|p| p.source.name.clone()).unwrap_or_default(),
    }
}

/// The text that accepts these findings, sorted, so that a change of it is a small change.
pub fn write(findings: &[Finding]) -> String {
    let mut entries: BTreeMap<String, (usize, &Finding)> = BTreeMap::new();
    findings.iter().for_each(|finding| entries.entry(fingerprint(finding)).or_insert((0, finding)).0 += 1);
    let line = |(print, (count, finding)): (String, (usize, &Finding))| {
        let about = shown::line(&about(finding).replace('\n', " "));
        (format!("{} {about}", finding.code.name()), format!("{print} {count}"))
    };
    let mut lines: Vec<(String, String)> = entries.into_iter().map(line).collect();
    lines.sort();
    lines.into_iter().fold(HEAD.to_owned(), |text, (about, print)| format!("{text}{print} {about}\n"))
}

/// What a file accepts: fingerprint -> how many, and its words.
#[derive(Debug)]
pub struct Baseline {
    entries: BTreeMap<String, (usize, String)>,
}

impl Baseline {
    /// Reads the text of [`write()`].
    ///
    /// # Errors
    /// The number of the first line that is none of ours.
    pub fn read(text: &str) -> Result<Self, usize> {
        let mut entries = BTreeMap::new();
        for (number, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#')) {
            let mut parts = line.splitn(3, ' ');
            let print = parts.next().filter(|p| p.len() == 32 && p.bytes().all(|b| b.is_ascii_hexdigit()));
            let count = parts.next().and_then(|n| n.parse::<usize>().ok());
            let (Some(print), Some(count)) = (print, count) else { return Err(number + 1) };
            entries.insert(print.to_owned(), (count, parts.next().unwrap_or_default().to_owned()));
        }
        Ok(Self { entries })
    }

    /// The findings that are new, and the entries of which there are fewer now.
    pub fn news(mut self, findings: Vec<Finding>) -> (Vec<Finding>, Vec<String>) {
        let is_new = |finding: &Finding| match self.entries.get_mut(&fingerprint(finding)) {
            Some((count, _)) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        };
        let new = findings.into_iter().filter(is_new).collect();
        (new, self.entries.into_values().filter(|(left, _)| *left > 0).map(|(_, words)| words).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::finding::{About, Code};
    use crate::text::source::{Place, Source};

    fn finding(object: &str, message: &str, line: usize) -> Finding {
        let source = Source::new("x.yaml", "a: 1\n".repeat(9));
        let place = Place::new(&source, source.offset(line, 1), source.offset(line, 2));
        let about = About { object: object.into(), pointer: "/spec".into() };
        Finding { about: Some(Box::new(about)), ..Finding::error(Code::WrongShape, message).place(place) }
    }

    #[test]
    fn what_is_accepted_is_silent_wherever_it_stands_and_what_is_new_is_told() {
        let today = [finding("Job a", "wants 3", 1), finding("Job a", "wants 4", 2), finding("Job b", "gone", 3)];
        let text = write(&today);
        assert!(text.lines().any(|line| line.ends_with(" 2 wrong-shape Job a /spec")), "{text}");
        let later = vec![finding("Job a", "wants 9", 7), finding("Job a", "wants 1", 8), finding("Job c", "new", 9)];
        let (new, left) = Baseline::read(&text).expect("own text").news(later.clone());
        assert_eq!(new.iter().map(|f| f.message.as_str()).collect::<Vec<_>>(), ["new"]);
        assert_eq!(left, ["wrong-shape Job b /spec"]);
        let third = [later[..2].to_vec(), vec![finding("Job a", "wants 2", 9)]].concat();
        assert_eq!(Baseline::read(&text).expect("own text").news(third).0.len(), 1, "one more than accepted");
        assert_eq!(Baseline::read("x\n").err(), Some(1));
        assert_eq!(write(&today), write(&[today[2].clone(), today[1].clone(), today[0].clone()]));
    }
}
