//! The stratum of claims: what groups say that the platform does, with the evidence that is looked for later.

use serde_json::Value;

use crate::group::component::Declared;
use crate::group::written::counts;
use crate::plan::choice::Choice;
use crate::plan::work::{Pass, Work};
use crate::text::finding::{Code, Finding};
use crate::text::yaml;

impl<'a> Work<'a, '_> {
    /// What the groups that are on claim; evidence is looked for later.
    pub(crate) fn claims(&mut self) -> Vec<Declared> {
        self.of_all("claims", |work, choice| work.claims_of(choice)).into_iter().map(|(_, claim)| claim).collect()
    }

    fn claims_of(&mut self, choice: &Choice<'a>) -> Vec<Declared> {
        let (mut claims, context) = (Vec::new(), self.context(choice));
        for (i, raw) in choice.variant().text.claims.iter().enumerate() {
            let (pointer, mut raw) = (format!("/claims/{i}"), yaml::object(raw).clone());
            let evidence = raw.remove("evidence").unwrap_or_default();
            for pass in self.passes(choice, &pointer, counts(&raw), &context) {
                let Some(mut said) = self.says::<Value>(choice, &pointer, &raw, &pass) else { continue };
                said["evidence"] = self.evidence_of(choice, &format!("{pointer}/evidence"), &evidence, &pass).into();
                let claim = serde_json::from_value::<Declared>(said).map_err(|why| why.to_string());
                match claim.and_then(Declared::complete) {
                    Ok(claim) => {
                        claims.push(Declared { group: choice.group.name.clone(), pointer: pointer.clone(), ..claim });
                    }
                    Err(sentence) => {
                        self.findings.push(Finding::error(Code::GroupFile, sentence).place(choice.place(&pointer)));
                    }
                }
            }
        }
        claims
    }

    /// The evidence of a claim: a list, or one expression that yields the whole of it.
    fn evidence_of(&mut self, choice: &Choice<'a>, pointer: &str, evidence: &Value, claim: &Pass) -> Vec<Value> {
        if evidence.is_string() {
            let whole = self.fill(choice, pointer, evidence, &claim.context);
            return whole.and_then(|list| list.as_array().cloned()).unwrap_or_default();
        }
        let mut all = Vec::new();
        for (i, raw) in evidence.as_array().into_iter().flatten().enumerate() {
            let (pointer, raw) = (format!("{pointer}/{i}"), yaml::object(raw));
            for pass in self.passes(choice, &pointer, counts(raw), &claim.context) {
                all.extend(self.says::<Value>(choice, &pointer, raw, &pass));
            }
        }
        all
    }
}
