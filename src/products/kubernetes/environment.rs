//! Known traps of the environment that a container is given.

use std::collections::BTreeSet;

use crate::object::object::Object;
use crate::references::edges::POD_TEMPLATES;
use crate::text::finding::{Code, Finding};

/// One name, one value: a server-side apply refuses two (seen with Kubernetes 1.35.4), a client-side one drops one.
pub fn twice(object: &Object<'_>) -> Vec<Finding> {
    let identity = object.identity;
    let row = POD_TEMPLATES.iter().find(|((group, kind), _)| *group == identity.group && *kind == identity.kind);
    let Some((_, template)) = row else { return Vec::new() };
    let mut findings = Vec::new();
    for list in ["containers", "initContainers"] {
        let pointer = format!("{template}/spec/{list}");
        for (i, container) in object.items(&pointer).iter().enumerate() {
            let mut seen = BTreeSet::new();
            for (n, variable) in container["env"].as_array().into_iter().flatten().enumerate() {
                let name = variable["name"].as_str().unwrap_or_default();
                if !name.is_empty() && !seen.insert(name) {
                    let message = format!("`{name}` is set twice in {identity}");
                    let finding = object.error(Code::DuplicateEnv, &format!("{pointer}/{i}/env/{n}/name"), message);
                    findings.push(finding.help("remove one: a server-side apply refuses both"));
                }
            }
        }
    }
    findings
}
