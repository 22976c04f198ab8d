//! The stratum of claims: what groups say that the platform does, with the evidence that is looked for later.

use std::sync::Arc;

use serde_json::Value;

use crate::group::claim::Declared;
use crate::group::written::counts;
use crate::plan::choice::Choice;
use crate::plan::work::{Pass, Work};
use crate::text::finding::{Code, Finding};
use crate::text::yaml;

impl<'a> Work<'a, '_> {
    /// What the groups that are on claim; evidence is looked for later. A claim names little of what its group sees, so that it
    /// is the same for most clusters.
    pub(crate) fn claims(&mut self) -> Vec<Arc<Declared>> {
        let mut claims = Vec::new();
        for choice in self.on() {
            let scope = &self.scopes[choice.group.name.as_str()];
            let reads = choice.variant().of_claims(self.templates);
            let digests: Vec<String> = reads.iter().map(|names| scope.digest_of(names)).collect();
            for (i, (raw, digest)) in choice.variant().text.claims.iter().zip(digests).enumerate() {
                let pointer = format!("/claims/{i}");
                let key = format!("{pointer} {digest}");
                let made = self.known("claim", choice, &key, |work| work.claim(choice, &pointer, raw));
                claims.extend(made.iter().cloned());
            }
        }
        claims
    }

    fn claim(&mut self, choice: &Choice<'a>, pointer: &str, raw: &Value) -> Vec<Arc<Declared>> {
        let (mut claims, context) = (Vec::new(), self.context(choice));
        let mut raw = yaml::object(raw).clone();
        let evidence = raw.remove("evidence").unwrap_or_default();
        for pass in self.passes(choice, pointer, counts(&raw), &context) {
            let Some(mut said) = self.says::<Value>(choice, pointer, &raw, &pass) else { continue };
            said["evidence"] = self.evidence_of(choice, &format!("{pointer}/evidence"), &evidence, &pass).into();
            let claim = serde_json::from_value::<Declared>(said).map_err(|why| why.to_string());
            match claim.and_then(Declared::complete) {
                Ok(mut claim) => {
                    (claim.group, claim.pointer) = (choice.group.name.clone(), pointer.to_owned());
                    claims.push(Arc::new(claim));
                }
                Err(sentence) => {
                    self.findings.push(Finding::error(Code::GroupFile, sentence).place(choice.place(pointer)));
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
