//! Roles, bindings, admission, API services -> what an API server refuses of them beyond their schemas.
//! Source: kubernetes 1.35 pkg/apis/rbac/validation, pkg/apis/admissionregistration/validation.

use crate::object::api_group::RBAC;
use crate::verdict::builtin::selectors;
use crate::verdict::names::{self, Syntax};
use crate::verdict::spot::Spot;
use crate::verdict::violation::Violation;

/// What is wrong with a Role or a ClusterRole.
pub fn role(object: &Spot<'_>, kind: &str, out: &mut Vec<Violation>) {
    for rule in object.at("rules").items() {
        rule.needs(&["verbs"], out);
        let urls = rule.at("nonResourceURLs");
        if urls.is_empty() {
            rule.needs(&["apiGroups", "resources"], out);
            continue;
        }
        if kind == "Role" {
            out.push(urls.refuse(format!("`{}` cannot be in a Role: URLs have no namespace", urls.path)));
        }
        if ["apiGroups", "resources", "resourceNames"].iter().any(|name| !rule.at(name).is_empty()) {
            out.push(urls.refuse(format!("`{}` cannot be for both resources and URLs", rule.path)));
        }
    }
    let aggregation = object.at("aggregationRule");
    if aggregation.there() {
        aggregation.needs(&["clusterRoleSelectors"], out);
        aggregation.at("clusterRoleSelectors").items().for_each(|s| selectors::selector(&s, out));
    }
}

/// What is wrong with a RoleBinding or a ClusterRoleBinding.
pub fn binding(object: &Spot<'_>, kind: &str, out: &mut Vec<Violation>) {
    let role = object.at("roleRef");
    role.needs(&["kind", "name"], out);
    let kinds: &[&str] = if kind == "RoleBinding" { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    role.at("kind").among(kinds, out);
    role.at("name").named(Syntax::PathSegment, out);
    role.at("apiGroup").among(&[RBAC, ""], out);
    for subject in object.at("subjects").items() {
        subject.needs(&["kind", "name"], out);
        subject.at("kind").among(&["ServiceAccount", "User", "Group"], out);
        let account = subject.word("kind") == "ServiceAccount";
        subject.at("apiGroup").among(if account { &[""] } else { &[RBAC, ""] }, out);
        if account {
            subject.at("name").named(Syntax::Subdomain, out);
            if kind == "ClusterRoleBinding" {
                subject.needs(&["namespace"], out);
            }
        }
    }
}

/// What is wrong with a configuration of admission webhooks.
pub fn webhooks(object: &Spot<'_>, out: &mut Vec<Violation>) {
    for hook in object.at("webhooks").items() {
        let name = hook.at("name");
        if names::fault(Syntax::Subdomain, name.text()).is_some() || name.text().split('.').count() < 3 {
            out.push(
                name.refuse(format!(
                    "`{}` must have a name of at least three parts, as in name.example.com",
                    hook.path
                )),
            );
        }
        let client = hook.at("clientConfig");
        client.exactly_one(&["url", "service"], false, out);
        if client.at("service").there() {
            client.at("service").needs(&["name", "namespace"], out);
            client.at("service").at("port").port(false, out);
        }
        if client.at("url").there() && !client.word("url").starts_with("https://") {
            out.push(client.at("url").refuse(format!("`{}` must be an https URL", client.at("url").path)));
        }
        hook.needs(&["sideEffects", "admissionReviewVersions"], out);
        hook.at("sideEffects").among(&["None", "NoneOnDryRun"], out);
        let versions = hook.at("admissionReviewVersions");
        if !versions.is_empty() && !versions.items().any(|v| matches!(v.text(), "v1" | "v1beta1")) {
            out.push(versions.refuse(format!("`{}` must have v1 or v1beta1", versions.path)));
        }
        hook.at("timeoutSeconds").within(1, 30, out);
        selectors::selector(&hook.at("namespaceSelector"), out);
        selectors::selector(&hook.at("objectSelector"), out);
        for rule in hook.at("rules").items() {
            rule.needs(&["operations", "apiGroups", "apiVersions", "resources"], out);
            rule.at("operations").items().for_each(|o| o.among(&["CREATE", "UPDATE", "DELETE", "CONNECT", "*"], out));
        }
    }
    Spot::unique(object.at("webhooks").items().map(|h| (h, h.word("name").to_owned())), "name", out);
}

/// What is wrong with a ValidatingAdmissionPolicy.
pub fn admission_policy(object: &Spot<'_>, out: &mut Vec<Violation>) {
    let spec = object.at("spec");
    if spec.at("validations").is_empty() && spec.at("auditAnnotations").is_empty() {
        out.push(spec.refuse(format!("`{}` needs `validations` or `auditAnnotations`", spec.path)));
    }
}

/// What is wrong with an APIService.
pub fn api_service(object: &Spot<'_>, out: &mut Vec<Violation>) {
    let spec = object.at("spec");
    let wanted = format!("{}.{}", spec.word("version"), spec.word("group"));
    let metadata = object.at("metadata");
    if metadata.word("name") != wanted {
        out.push(
            metadata
                .at("name")
                .refuse(format!("the name of this APIService must be `{wanted}`, its version and group")),
        );
    }
    if !spec.at("service").there() {
        spec.forbids(&["caBundle"], "it has no service", out);
        if spec.value["insecureSkipTLSVerify"] == true {
            out.push(
                spec.at("insecureSkipTLSVerify")
                    .refuse(format!("`{}` cannot skip verification without a service", spec.path)),
            );
        }
    }
}
