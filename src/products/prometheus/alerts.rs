//! Templates in labels and annotations of alerts -> those that Prometheus does not read, which refuses the whole file of rules
//! (prometheus 3.5 `template/template.go`, `model/rulefmt/rulefmt.go`).

use crate::object::api_group::MONITORING;
use crate::object::object::{Object, ObjectRule};
use crate::object::part::amid;
use crate::products::kubernetes::names;
use crate::references::go_template::{self, Engine};
use crate::text::finding::{Code, Finding};

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[templates];

const ENGINE: Engine = Engine {
    functions: "args externalURL first graphLink humanize humanize1024 humanizeDuration humanizePercentage humanizeTimestamp label match
    now parseDuration pathPrefix query reReplaceAll safeHtml sortByLabel stripDomain stripPort strvalue tableLink title tmpl
    toDuration toLower toTime toUpper urlQueryEscape value",
    variables: &["labels", "externalLabels", "externalURL", "value"],
};

fn templates(object: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !object.is(MONITORING, "PrometheusRule") {
        return findings;
    }
    for part in ["labels", "annotations"] {
        for (pointer, text) in object.all(&format!("/spec/groups/*/rules/*/{part}/*")) {
            // What another tool fills in first is its own.
            let others = ["${", ".Values", ".Release", "include "];
            let text = text.as_str().filter(|text| !others.iter().any(|other| text.contains(other)));
            let labels = text.into_iter().flat_map(|text| text.split("$labels.").skip(1));
            for label in labels
                .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default())
            {
                if let Some(near) = names::meant("label of a series", label) {
                    let message = format!("{} says the label `{label}`, which is none that is known", object.identity);
                    let finding =
                        object.warning(Code::Promql, &pointer, message).help(format!("did you mean `{near}`?"));
                    findings.push(amid(finding, object, &pointer, label));
                }
            }
            let Some(mistake) = text.and_then(|text| go_template::mistake(text, &ENGINE)) else { continue };
            let message = format!("{} has a template that Prometheus does not read: {}", object.identity, mistake.why);
            let finding =
                amid(object.error(Code::PrometheusRefuses, &pointer, message), object, &pointer, mistake.words);
            findings.push(finding.help(mistake.help.unwrap_or_else(|| "it loads none of these rules".into())));
        }
    }
    findings
}
