//! A container of a pod -> what an API server refuses of it beyond its schema: ports, environment, mounts, probes,
//! resources. Source: kubernetes 1.35 pkg/apis/core/validation.

use crate::verdict::names::{self, Syntax};
use crate::verdict::quantity;
use crate::verdict::spot::Spot;
use crate::verdict::violation::Violation;

const HANDLERS: [&str; 4] = ["exec", "httpGet", "tcpSocket", "grpc"];

/// What is wrong with a container; `volumes` are those of its pod, sorted.
pub fn container(container: &Spot<'_>, volumes: &[&str], init: bool, out: &mut Vec<Violation>) {
    container.needs(&["name", "image"], out);
    container.at("name").named(Syntax::Label, out);
    if container.word("image").trim() != container.word("image") {
        out.push(container.at("image").refuse(format!("`{}` has spaces around its image", container.path)));
    }
    let sidecar = init && container.word("restartPolicy") == "Always";
    if init && !sidecar {
        container.forbids(
            &["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"],
            "an init container runs once",
            out,
        );
    }
    container.at("restartPolicy").among(&["Always", "Never", "OnFailure"], out);
    if !container.at("restartPolicyRules").is_empty() {
        container.needs(&["restartPolicy"], out);
    }
    for policy in container.at("resizePolicy").items() {
        policy.at("resourceName").among(&["cpu", "memory"], out);
        policy.at("restartPolicy").among(&["NotRequired", "RestartContainer"], out);
    }
    ports(&container.at("ports"), out);
    container.at("env").items().for_each(|env| variable(&env, out));
    for source in container.at("envFrom").items() {
        source.exactly_one(&["configMapRef", "secretRef"], false, out);
        if !source.at("prefix").is_empty() {
            source.at("prefix").named(Syntax::EnvVar, out);
        }
        for name in ["configMapRef", "secretRef"] {
            let reference = source.at(name);
            if reference.there() {
                reference.needs(&["name"], out);
                reference.at("name").named(Syntax::Subdomain, out);
            }
        }
    }
    mounts(container, volumes, out);
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        probe(&container.at(name), name, out);
    }
    for name in ["postStart", "preStop"] {
        let hook = container.at("lifecycle").at(name).value.clone();
        let lifecycle = container.at("lifecycle");
        let spot = Spot { value: &hook, path: lifecycle.path.key(name) };
        if spot.there() {
            spot.exactly_one(&["exec", "httpGet", "tcpSocket", "sleep"], false, out);
            handler(&spot, out);
        }
    }
    resources(&container.at("resources"), out);
    security(&container.at("securityContext"), out);
}

fn security(security: &Spot<'_>, out: &mut Vec<Violation>) {
    for name in ["runAsUser", "runAsGroup"] {
        security.at(name).within(0, i64::from(i32::MAX), out);
    }
    profile(&security.at("seccompProfile"), out);
    profile(&security.at("appArmorProfile"), out);
    if security.value["allowPrivilegeEscalation"] == false {
        let adds = security
            .at("capabilities")
            .at("add")
            .value
            .as_array()
            .is_some_and(|a| a.iter().any(|c| c == "CAP_SYS_ADMIN"));
        if security.value["privileged"] == true || adds {
            let message = format!("`{}` cannot be privileged with `allowPrivilegeEscalation: false`", security.path);
            out.push(security.refuse(message));
        }
    }
}

fn ports(ports: &Spot<'_>, out: &mut Vec<Violation>) {
    for port in ports.items() {
        port.at("containerPort").port(false, out);
        if port.at("hostPort").int() != Some(0) {
            port.at("hostPort").port(false, out);
        }
        if !port.word("name").is_empty() {
            port.at("name").named(Syntax::PortName, out);
        }
    }
    Spot::unique(ports.items().map(|p| (p, p.word("name").to_owned())), "name", out);
}

fn variable(env: &Spot<'_>, out: &mut Vec<Violation>) {
    env.needs(&["name"], out);
    if !env.word("name").is_empty() {
        env.at("name").named(Syntax::EnvVar, out);
    }
    let from = env.at("valueFrom");
    if !from.there() {
        return;
    }
    from.exactly_one(&["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"], false, out);
    if !env.at("value").is_empty() {
        out.push(from.refuse(format!("`{}` cannot have both `value` and `valueFrom`", env.path)));
    }
    for name in ["configMapKeyRef", "secretKeyRef"] {
        let reference = from.at(name);
        if reference.there() {
            reference.needs(&["name", "key"], out);
            reference.at("name").named(Syntax::Subdomain, out);
            if !reference.word("key").is_empty() {
                reference.at("key").named(Syntax::DataKey, out);
            }
        }
    }
    let field = from.at("fieldRef");
    if field.there() {
        let path = field.word("fieldPath");
        let known = [
            "metadata.name",
            "metadata.namespace",
            "metadata.uid",
            "spec.nodeName",
            "spec.serviceAccountName",
            "status.hostIP",
            "status.hostIPs",
            "status.podIP",
            "status.podIPs",
        ];
        let keyed = ["metadata.labels['", "metadata.annotations['"]
            .iter()
            .any(|start| path.starts_with(start) && path.ends_with("']"));
        if !keyed {
            field.needs(&["fieldPath"], out);
            field.at("fieldPath").among(&known, out);
        }
    }
    let amount = from.at("resourceFieldRef");
    if amount.there() {
        amount.needs(&["resource"], out);
        let (part, name) = amount.word("resource").split_once('.').unwrap_or_default();
        if !matches!(part, "limits" | "requests") || !is_standard(name) {
            let resource = amount.at("resource");
            let help = "limits or requests of cpu, memory, ephemeral-storage or hugepages, as in limits.cpu";
            out.push(resource.refuse(format!("`{}` cannot be `{}`", resource.path, resource.text())).help(help));
        }
        divided(&amount, name, out);
    }
}

/// What an amount is counted in (kubernetes 1.35 `pkg/apis/core/validation`, `validateContainerResourceDivisor`).
pub(super) fn divided(amount: &Spot<'_>, name: &str, out: &mut Vec<Violation>) {
    let units: &[&str] = match name {
        "cpu" => &["0", "1m", "1"],
        _ => &["0", "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"],
    };
    let divisor = amount.at("divisor");
    if divisor.quantity().is_some_and(|given| units.iter().all(|unit| quantity::parse(unit) != Some(given))) {
        let message = format!("`{}` cannot be `{}`", divisor.path, divisor.text());
        out.push(divisor.refuse(message).help(format!("one of {}", units[1..].join(", "))));
    }
}

fn mounts(container: &Spot<'_>, volumes: &[&str], out: &mut Vec<Violation>) {
    for list in ["volumeMounts", "volumeDevices"] {
        for mount in container.at(list).items() {
            let name = mount.word("name");
            if volumes.binary_search(&name).is_err() {
                let message = format!("`{}` mounts the volume `{name}`, which the pod does not have", mount.path);
                out.push(mount.at("name").refuse(message).help(crate::text::schema::did_you_mean(name, volumes)));
            }
            if list == "volumeMounts" {
                mount.needs(&["mountPath"], out);
                mount.at("recursiveReadOnly").among(&["Disabled", "Enabled", "IfPossible"], out);
                relative(&mount.at("subPath"), out);
                relative(&mount.at("subPathExpr"), out);
                if !mount.at("subPath").is_empty() && !mount.at("subPathExpr").is_empty() {
                    out.push(mount.refuse(format!("`{}` cannot have both `subPath` and `subPathExpr`", mount.path)));
                }
            }
        }
    }
}

fn probe(probe: &Spot<'_>, name: &str, out: &mut Vec<Violation>) {
    if !probe.there() {
        return;
    }
    probe.exactly_one(&HANDLERS, false, out);
    handler(probe, out);
    for count in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
        probe.at(count).within(0, i64::MAX, out);
    }
    probe.at("terminationGracePeriodSeconds").within(1, i64::MAX, out);
    if name == "readinessProbe" {
        probe.forbids(&["terminationGracePeriodSeconds"], "a readiness probe ends nothing", out);
    } else if probe.at("successThreshold").int().is_some_and(|n| n > 1) {
        out.push(probe.at("successThreshold").refuse(format!("`{}` must have a successThreshold of 1", probe.path)));
    }
}

fn handler(spot: &Spot<'_>, out: &mut Vec<Violation>) {
    let exec = spot.at("exec");
    if exec.there() {
        exec.needs(&["command"], out);
    }
    for name in ["httpGet", "tcpSocket"] {
        spot.at(name).at("port").port(true, out);
    }
    spot.at("grpc").at("port").port(false, out);
    for header in spot.at("httpGet").at("httpHeaders").items() {
        let name = header.word("name");
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            out.push(header.refuse(format!("`{}` needs a name of letters, digits and dashes", header.path)));
        }
    }
}

/// True for a resource that a container may ask for.
pub fn is_resource(name: &str) -> bool {
    names::fault(Syntax::Key, name).is_none() && (name.contains('/') || is_standard(name))
}

/// The resources that a container may ask for besides those under a domain of their own.
fn is_standard(name: &str) -> bool {
    matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-")
}

fn resources(resources: &Spot<'_>, out: &mut Vec<Violation>) {
    let (requests, limits) = (resources.at("requests"), resources.at("limits"));
    for list in [&requests, &limits] {
        for (name, amount) in list.entries() {
            if !is_resource(name) {
                let help =
                    "cpu, memory, ephemeral-storage, hugepages-SIZE, or a name under a domain, as in nvidia.com/gpu";
                out.push(amount.refuse(format!("`{}` has no resource `{name}`", list.path)).help(help));
            }
            let value = amount.quantity().unwrap_or_default();
            if value < 0 {
                out.push(amount.refuse(format!("`{}` cannot be negative", amount.path)));
            }
            if name.contains('/') && value % 1_000_000_000 != 0 {
                out.push(amount.refuse(format!("`{}` must be a whole number", amount.path)));
            }
        }
    }
    for (name, request) in requests.entries() {
        let limit = limits.at(name);
        let (asked, most) = (request.quantity(), limit.quantity());
        let extended = !is_standard(name) || name.starts_with("hugepages-");
        if extended && !limit.there() {
            out.push(
                request.refuse(format!("`{}` needs the same under `limits`: it cannot be overcommitted", request.path)),
            );
        } else if extended && asked != most {
            let message = format!(
                "`{}` is {}, and must equal its limit {}: it cannot be overcommitted",
                request.path,
                amount(&request),
                amount(&limit)
            );
            out.push(request.refuse(message));
        } else if asked > most && most.is_some() {
            let message = format!("`{}` is {}, more than its limit {}", request.path, amount(&request), amount(&limit));
            out.push(request.refuse(message));
        }
    }
    for claim in resources.at("claims").items() {
        claim.needs(&["name"], out);
    }
}

/// An amount as it was written; `null` where there is none.
fn amount(spot: &Spot<'_>) -> String {
    spot.value.as_str().map_or_else(|| spot.value.to_string(), str::to_owned)
}

/// What is wrong with a seccomp profile.
pub fn profile(spot: &Spot<'_>, out: &mut Vec<Violation>) {
    if !spot.there() {
        return;
    }
    spot.needs(&["type"], out);
    let local = spot.word("type") == "Localhost";
    if local != spot.at("localhostProfile").there() {
        out.push(
            spot.refuse(format!("`{}` needs `localhostProfile` for the type Localhost, and for no other", spot.path)),
        );
    }
}

/// A path below another: not absolute, no `..`.
pub fn relative(path: &Spot<'_>, out: &mut Vec<Violation>) {
    let text = path.text();
    if text.starts_with('/') || text.split('/').any(|part| part == "..") {
        out.push(path.refuse(format!("`{}` is {text:?}, it must be relative and without `..`", path.path)));
    }
}
