//! Findings -> workflow commands of GitHub Actions, which shows them beside the lines that a pull request changes.

use std::path::Path;

use crate::command::gather;
use crate::command::report::path_from_start;
use crate::text::finding::{Finding, Severity};

/// Annotations of one level that GitHub keeps of a step; further ones are dropped without a word
/// (docs.github.com, "Limits for GitHub Actions": 10 errors, 10 warnings and 10 notices a step).
const KEPT: usize = 10;

/// One command a line for the causes that GitHub shows, each at its first place and with a count of its others, then a
/// notice that counts what is not shown.
pub fn commands(findings: &[Finding], directory: &Path) -> String {
    let causes = gather::causes(findings);
    let of = |severity| causes.iter().filter(move |cause| cause[0].severity == severity);
    let shown = of(Severity::Error).take(KEPT).chain(of(Severity::Warning).take(KEPT));
    let mut text: String = shown.map(|cause| command(cause[0], cause.len() - 1, directory)).collect();
    let more = |severity| of(severity).skip(KEPT).map(Vec::len).sum::<usize>();
    let (errors, warnings) = (more(Severity::Error), more(Severity::Warning));
    if errors + warnings > 0 {
        text += &format!(
            "::notice title=gatewright::{errors} more errors and {warnings} more warnings: `gatewright check` shows all of them\n"
        );
    }
    text
}

/// `::error file=F,line=L,endLine=L,col=C,endColumn=C,title=CODE::MESSAGE`; columns only where one line holds the place.
fn command(finding: &Finding, others: usize, directory: &Path) -> String {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut properties = String::new();
    if let Some(place) = &finding.place {
        let ((line, column), (end_line, end_column)) = (place.line_column(), place.end_line_column());
        let file = property(&path_from_start(directory, &place.source.name));
        properties = format!("file={file},line={line},endLine={end_line},");
        if line == end_line {
            properties += &format!("col={column},endColumn={},", end_column.max(column + 1));
        }
    }
    let mut help = finding.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
    if others > 0 {
        help += &format!("\n{others} more like this");
    }
    format!("::{level} {properties}title={}::{}\n", finding.code.name(), data(&format!("{}{help}", finding.message)))
}

/// Escaped as the runner reads messages (actions/toolkit, packages/core/src/command.ts).
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escaped as the runner reads properties.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::finding::Code;
    use crate::text::source::{Place, Source};

    #[test]
    fn commands_are_escaped_and_capped() {
        let source = Source::new("a,b.yaml", "x: 1\ny: 2\n");
        let errors = (0..12).map(|n| {
            let letter = char::from(b'a' + n);
            let finding = Finding::error(Code::WrongShape, format!("100% of {letter}\nare, so: wrong"));
            finding.place(Place::new(&source, 5, 6)).help("write y")
        });
        let findings: Vec<Finding> = errors.chain([Finding::warning(Code::UnknownKey, "w")]).collect();
        let text = commands(&findings, Path::new("./platform"));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 12);
        assert_eq!(
            lines[3],
            "::error file=platform/a%2Cb.yaml,line=2,endLine=2,col=1,endColumn=2,title=wrong-shape::100%25 of d%0Aare, so: wrong%0Awrite y"
        );
        assert_eq!(lines[10], "::warning title=unknown-key::w");
        assert!(lines[11].starts_with("::notice title=gatewright::2 more errors and 0 more warnings"));
        let like = (0..12).map(|n| Finding::error(Code::WrongShape, format!("port {n} is wrong")));
        let text = commands(&like.collect::<Vec<_>>(), Path::new("."));
        assert_eq!(text, "::error title=wrong-shape::port 0 is wrong%0A11 more like this\n");
    }
}
