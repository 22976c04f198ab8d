//! The stratum in which groups judge their settings: what contradicts itself, and what is taken and told.

use serde_json::json;

use crate::group::template::truthy;
use crate::plan::choice::Choice;
use crate::plan::given::whose;
use crate::plan::work::Work;
use crate::text::finding::{Code, Finding, Severity};

impl<'a> Work<'a, '_> {
    /// What groups say about their own settings, in the light of the capabilities they have.
    pub(crate) fn validate(&mut self) {
        for (choice, (at, finding)) in self.of_all("validate", |work, choice| work.validate_one(choice)) {
            let place = self.setting_place(&choice.group.name, &at);
            self.advice.push(finding.place(place));
        }
    }

    /// Mistakes go to the findings; what is only told is returned, with its place in the settings.
    fn validate_one(&mut self, choice: &Choice<'a>) -> Vec<(String, Finding)> {
        let mut advice = Vec::new();
        let context = self.context(choice);
        for (i, rule) in choice.variant().text.validate.iter().enumerate() {
            let pointer = format!("/validate/{i}");
            let counts = [&rule.each, &rule.when].map(Option::as_ref);
            for pass in self.passes(choice, &pointer, counts, &context) {
                let context = pass.context;
                let Some(holds) = self.eval(choice, &format!("{pointer}/require"), &rule.require, &context) else {
                    continue;
                };
                if !truthy(&holds) {
                    let text = |work: &mut Self, key: &str, text: &str| {
                        let filled = work.fill(choice, &format!("{pointer}/{key}"), &json!(text), &context);
                        filled.map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).unwrap_or_default()
                    };
                    let finding = Finding::error(Code::SettingRule, text(self, "message", &rule.message));
                    let at = text(self, "at", &rule.at);
                    let help = rule.help.as_ref().map(|help| text(self, "help", help).into());
                    let finding = Finding { help, ..finding };
                    if rule.warn {
                        advice
                            .push((at, Finding { code: Code::SettingAdvice, severity: Severity::Warning, ..finding }));
                    } else {
                        // What is only told is told for all clusters in which the group sees the same.
                        let place = self.setting_place(&choice.group.name, &at);
                        let message = finding.message + &whose(choice, self.cluster);
                        self.findings.push(Finding { message, ..finding }.place(place));
                    }
                }
            }
        }
        advice
    }
}
