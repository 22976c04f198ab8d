//! Findings that somebody decided to live with, one object and one code at a time, each with its reason.

use std::collections::BTreeSet;

use crate::group::pages::Pages;
use crate::object::existing::Silence;
use crate::text::finding::{Code, Finding};
use crate::text::schema::did_you_mean;

/// What no reason makes right.
const NEVER: [Code; 2] = [Code::SecretMaterial, Code::LiteralSecret];

/// The findings that no silence covers, and a warning for each silence that covers none.
pub fn apply(findings: Vec<Finding>, silences: &[Silence], pages: &Pages) -> Vec<Finding> {
    let mut used: BTreeSet<usize> = BTreeSet::new();
    let mut covered = |finding: &Finding| {
        let Some(about) = &finding.about else { return false };
        let covers = |s: &Silence| s.code == finding.code.name() && s.object == about.object;
        let matches: Vec<usize> = (0..silences.len()).filter(|i| covers(&silences[*i])).collect();
        used.extend(&matches);
        !matches.is_empty() && !NEVER.contains(&finding.code)
    };
    let mut left: Vec<Finding> = findings.into_iter().filter(|f| !covered(f)).collect();
    let unused = silences.iter().enumerate().filter(|(i, _)| !used.contains(i));
    left.extend(unused.map(|(_, silence)| unused_silence(silence, pages)));
    left
}

fn unused_silence(silence: &Silence, pages: &Pages) -> Finding {
    let names = pages.names();
    let (message, help) = match names.contains(&silence.code.as_str()) {
        true => (format!("there is no `{}` at {} to silence", silence.code, silence.object), "remove it".to_owned()),
        false => (format!("there is no finding `{}`", silence.code), did_you_mean(&silence.code, &names)),
    };
    let finding = Finding::warning(Code::UnusedSilence, message).help(help);
    Finding { place: silence.place.clone(), ..finding }
}
