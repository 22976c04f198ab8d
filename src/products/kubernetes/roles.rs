//! Roles -> words in their rules that give nothing, since they are nearly those that do: the API server takes any word for a group, a resource or a
//! verb (kubernetes 1.35 `pkg/apis/rbac/validation`).

use serde_json::Value;

use crate::object::api_group::RBAC;
use crate::object::object::{Object, ObjectRule};
use crate::text::finding::{Code, Finding};
use crate::text::near::is_near;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[words];

/// Resources of the core group.
const CORE: &str =
    "bindings componentstatuses configmaps endpoints events limitranges namespaces nodes persistentvolumeclaims
    persistentvolumes pods podtemplates replicationcontrollers resourcequotas secrets serviceaccounts services";

const VERBS: &str =
    "approve attest bind create delete deletecollection escalate get impersonate list patch sign update use watch";

/// What people say, and the verb that does it.
const SAID: [(&str, &str); 7] = [
    ("read", "get"),
    ("view", "get"),
    ("write", "update"),
    ("edit", "update"),
    ("modify", "update"),
    ("add", "create"),
    ("remove", "delete"),
];

fn words(role: &Object<'_>) -> Vec<Finding> {
    if !(role.is(RBAC, "Role") || role.is(RBAC, "ClusterRole")) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (pointer, rule) in role.all("/rules/*") {
        let all = |key: &str| rule[key].as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str);
        if let Some(at) = all("apiGroups").position(|group| ["core", "v1", "core/v1"].contains(&group)) {
            let message = format!("{} gives rights in the API group `core`, which is not there", role.identity);
            let finding = role.warning(Code::FieldWithoutEffect, &format!("{pointer}/apiGroups/{at}"), message);
            findings.push(finding.help("the group of Pods, Secrets and Services is the empty text: `''`"));
        }
        if let Some((at, group)) =
            all("apiGroups").enumerate().find(|(_, group)| !group.starts_with("core") && group.contains('/'))
        {
            let message = format!("{} gives rights in the API group `{group}`, and no group has a `/`", role.identity);
            let finding = role.warning(Code::FieldWithoutEffect, &format!("{pointer}/apiGroups/{at}"), message);
            findings.push(finding.help("write the group without its version"));
        }
        let core = all("apiGroups").eq([""]);
        for (key, known, counts) in [("resources", CORE, core), ("verbs", VERBS, true)] {
            for (at, word) in all(key).enumerate().filter(|_| counts) {
                let Some(near) = slip(word.split('/').next().unwrap_or_default(), known) else { continue };
                let message = format!("{} gives a right for `{word}`, which is none", role.identity);
                let finding = role.warning(Code::FieldWithoutEffect, &format!("{pointer}/{key}/{at}"), message);
                findings.push(finding.help(format!("did you mean `{near}`?")));
            }
        }
    }
    findings
}

fn slip<'k>(word: &str, known: &'k str) -> Option<&'k str> {
    if known.split_whitespace().any(|known| known == word) || word == "*" {
        return None;
    }
    let meant = SAID.iter().find(|(said, meant)| *said == word && known.contains(meant)).map(|(_, meant)| *meant);
    meant.or_else(|| known.split_whitespace().find(|known| is_near(known, word, 1 + word.len() / 8)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_others_are_theirs() {
        for (word, near) in
            [("pod", Some("pods")), ("secret", Some("secrets")), ("pods", None), ("widgets", None), ("*", None)]
        {
            assert_eq!(slip(word, CORE), near, "{word}");
        }
        for (word, near) in
            [("gets", Some("get")), ("wacth", Some("watch")), ("push", None), ("read", Some("get")), ("request", None)]
        {
            assert_eq!(slip(word, VERBS), near, "{word}");
        }
    }
}
