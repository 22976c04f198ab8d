//! The stratum of claims: what groups say that the platform does, with the evidence that is looked for later.

use serde_json::Value;

use crate::group::component::Declared;
use crate::group::template::Context;
use crate::plan::choice::Choice;
use crate::plan::strata::{Work, typed, without};
use crate::text::finding::{Code, Finding};

impl<'a> Work<'a, '_> {
    /// What the groups that are on claim; evidence is looked for later.
    pub(crate) fn claims(&mut self) -> Vec<Declared> {
        let mut claims = Vec::new();
        for choice in self.on() {
            claims.extend(self.once("claims", choice, |work| work.claims_of(choice)).iter().cloned());
        }
        claims
    }

    fn claims_of(&mut self, choice: &Choice<'a>) -> Vec<Declared> {
        let mut claims = Vec::new();
        let context = self.context(choice);
        for (i, raw) in choice.variant().text.claims.iter().enumerate() {
            let pointer = format!("/claims/{i}");
            if !self.when(choice, &pointer, raw, &context) {
                continue;
            }
            let Some(mut filled) = self.fill(choice, &pointer, &without(raw, &["evidence", "when"]), &context) else {
                continue;
            };
            filled["evidence"] = self.evidence_of(choice, &format!("{pointer}/evidence"), raw, &context).into();
            match typed::<Declared>(filled).and_then(Declared::complete) {
                Ok(claim) => claims.push(Declared { group: choice.group.name.clone(), pointer, ..claim }),
                Err(sentence) => {
                    self.findings.push(Finding::error(Code::GroupFile, sentence).place(choice.place(&pointer)));
                }
            }
        }
        claims
    }

    /// The evidence of a claim, with `for` and `when` carried out.
    fn evidence_of(&mut self, choice: &Choice<'a>, pointer: &str, claim: &Value, context: &Context) -> Vec<Value> {
        // One expression may yield the whole list.
        if claim["evidence"].is_string() {
            let whole = self.fill(choice, pointer, &claim["evidence"], context);
            return whole.and_then(|list| list.as_array().cloned()).unwrap_or_default();
        }
        let mut evidence = Vec::new();
        for (i, raw) in claim["evidence"].as_array().into_iter().flatten().enumerate() {
            let pointer = format!("{pointer}/{i}");
            for context in self.each(choice, &format!("{pointer}/for"), raw.get("for"), context) {
                if self.when(choice, &pointer, raw, &context) {
                    evidence.extend(self.fill(choice, &pointer, &without(raw, &["for", "when"]), &context));
                }
            }
        }
        evidence
    }
}
