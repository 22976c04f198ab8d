//! Known traps of the environment that a container is given.

use std::collections::BTreeSet;

use crate::object::object::Object;
use crate::object::pod_template;
use crate::text::finding::{Code, Finding};

/// One name, one value: a server-side apply refuses two (seen with Kubernetes 1.35.4), a client-side one drops one.
pub fn twice(object: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pointer, container) in pod_template::of(object).flat_map(|template| template.all_containers()) {
        let mut seen = BTreeSet::new();
        for (n, variable) in container["env"].as_array().into_iter().flatten().enumerate() {
            let name = variable["name"].as_str().unwrap_or_default();
            if !name.is_empty() && !seen.insert(name) {
                let message = format!("`{name}` is set twice in {}", object.identity);
                let finding = object.error(Code::DuplicateEnv, &format!("{pointer}/env/{n}/name"), message);
                findings.push(finding.help("remove one: a server-side apply refuses both"));
            }
        }
    }
    findings
}
