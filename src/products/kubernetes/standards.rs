//! Pod Security Standards: what `baseline` and `restricted` refuse of a pod template. Source: the checks of
//! k8s.io/pod-security-admission 1.35 (policy/), each a function here.

use serde_json::Value;

use crate::object::object::Object;
use crate::object::pod_template::{self, PodTemplate};
use crate::references::world::World;
use crate::text::finding::{Code, Finding, Severity};

/// The standards, the strictest last.
pub const STANDARDS: [&str; 3] = ["privileged", "baseline", "restricted"];

/// The label with which a namespace enforces one.
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// What is refused: where, and in words that follow `has`.
type Refused = (String, String);

/// The first thing that a standard refuses.
struct First(Option<Refused>);

/// Looks for the first thing that is refused.
type Check = fn(&PodTemplate<'_>) -> Option<Refused>;

const BASELINE: [Check; 11] = [
    host_namespaces,
    host_volumes,
    host_ports,
    privileged,
    capabilities_beyond_baseline,
    seccomp_unconfined,
    app_armor,
    se_linux,
    proc_mount,
    sysctls,
    probes_of_hosts,
];

const RESTRICTED: [Check; 6] =
    [volume_types, privilege_escalation, non_root, root_user, seccomp_given, capabilities_not_dropped];

/// Capabilities that `baseline` lets a container add.
const CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

const SYSCTLS: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

/// Volumes that `restricted` refuses. Those that it takes need not be known.
const VOLUMES: [&str; 8] = ["azureFile", "cephfs", "fc", "flexVolume", "gitRepo", "iscsi", "nfs", "rbd"];

/// What a standard refuses of a pod.
pub fn refused(template: &PodTemplate<'_>, standard: &str) -> Option<Refused> {
    let baseline = || BASELINE.iter().find_map(|check| check(template));
    // What a template lacks may be in the one that it is merged onto, and the pods of some controllers get it from these.
    let whole = !template.kind.overlay && !template.kind.serverless && template.text_at("/os/name") != "windows";
    let restricted = || RESTRICTED.iter().find_map(|check| check(template));
    match standard {
        "baseline" => baseline(),
        "restricted" => baseline().or_else(|| if whole { restricted() } else { None }),
        _ => None,
    }
}

/// The strictest standard that a pod passes.
pub fn strictest(template: &PodTemplate<'_>) -> &'static str {
    STANDARDS.into_iter().rev().find(|standard| refused(template, standard).is_none()).unwrap_or("privileged")
}

/// Pods that the standard of their namespace refuses.
pub fn standards(world: &World<'_>) -> Vec<Finding> {
    let enforced = |name: &str| {
        let first = world.objects.get("", "Namespace", "", name)?;
        let label = first.labels()?.get(ENFORCE)?.as_str()?;
        // Of two Namespaces with one name, either may be the one that is there.
        let other = |n: &Object<'_>| {
            n.identity == first.identity && n.labels().and_then(|l| l.get(ENFORCE)?.as_str()) != Some(label)
        };
        if world.repeated.iter().any(other) {
            return None;
        }
        STANDARDS.into_iter().find(|standard| *standard == label)
    };
    let told = |template: PodTemplate<'_>| {
        let (object, standard) = (&template.owner, enforced(&template.owner.identity.namespace)?);
        let key = format!("{standard} {}", template.pointer);
        let first = object.fact(&key, || First(refused(&template, standard)));
        let (pointer, what) = first.0.as_ref()?;
        let message = format!(
            "{} has {what}, and its namespace enforces the Pod Security Standard `{standard}`",
            object.identity
        );
        let weaker = strictest(&template);
        let finding = object.error(Code::PodRefused, pointer, message);
        let help = format!("no pod of it is admitted: do without, or let the namespace enforce `{weaker}`");
        // What is only left out, an admission webhook may fill in before.
        let filled = !world.closed && refused(&template, "baseline").is_none();
        Some(Finding { severity: if filled { Severity::Warning } else { Severity::Error }, ..finding.help(help) })
    };
    pod_template::all(&world.objects).filter_map(told).collect()
}

/// The security contexts of a pod and of its containers, each with its pointer.
fn contexts<'a>(template: &PodTemplate<'a>) -> Vec<(String, &'a Value)> {
    let pod = template.at("/securityContext").map(|context| (template.spec("/securityContext"), context));
    let of = |(pointer, container): (String, &'a Value)| {
        Some((format!("{pointer}/securityContext"), container.get("securityContext")?))
    };
    pod.into_iter().chain(containers(template).into_iter().filter_map(of)).collect()
}

fn containers<'a>(template: &PodTemplate<'a>) -> Vec<(String, &'a Value)> {
    let mut all = template.all_containers();
    all.extend(template.owner.all(&template.spec("/ephemeralContainers/*")));
    all
}

/// The first context in which a field has a value that is refused.
fn in_contexts(template: &PodTemplate<'_>, field: &str, wrong: impl Fn(&Value) -> Option<String>) -> Option<Refused> {
    contexts(template).into_iter().find_map(|(pointer, context)| {
        let what = wrong(context.pointer(field)?)?;
        Some((format!("{pointer}{field}"), what))
    })
}

fn host_namespaces(template: &PodTemplate<'_>) -> Option<Refused> {
    let set = |field: &&str| template.at(&format!("/{field}")) == Some(&Value::Bool(true));
    let field = ["hostNetwork", "hostPID", "hostIPC"].into_iter().find(set);
    let process = in_contexts(template, "/windowsOptions/hostProcess", |set| {
        (set == true).then(|| "`windowsOptions.hostProcess`".to_owned())
    });
    field.map(|field| (template.spec(&format!("/{field}")), format!("`{field}`"))).or(process)
}

fn host_volumes(template: &PodTemplate<'_>) -> Option<Refused> {
    let (pointer, _) = template.owner.all(&template.spec("/volumes/*/hostPath")).into_iter().next()?;
    Some((pointer, "a `hostPath` volume".into()))
}

fn host_ports(template: &PodTemplate<'_>) -> Option<Refused> {
    containers(template).into_iter().find_map(|(pointer, container)| {
        let ports = container["ports"].as_array().into_iter().flatten().enumerate();
        let (i, port) = ports.into_iter().find(|(_, port)| port["hostPort"].as_i64().unwrap_or(0) != 0)?;
        Some((format!("{pointer}/ports/{i}/hostPort"), format!("the host port {}", port["hostPort"])))
    })
}

fn privileged(template: &PodTemplate<'_>) -> Option<Refused> {
    in_contexts(template, "/privileged", |set| (set == true).then(|| "a privileged container".to_owned()))
}

fn added(template: &PodTemplate<'_>, allowed: &[&str]) -> Option<Refused> {
    in_contexts(template, "/capabilities/add", |added| {
        let added = added.as_array().into_iter().flatten().filter_map(Value::as_str);
        added.into_iter().find(|name| !allowed.contains(name)).map(|name| format!("the capability {name}"))
    })
}

fn capabilities_beyond_baseline(template: &PodTemplate<'_>) -> Option<Refused> {
    added(template, &CAPABILITIES)
}

fn seccomp_unconfined(template: &PodTemplate<'_>) -> Option<Refused> {
    in_contexts(template, "/seccompProfile/type", |kind| {
        (kind == "Unconfined").then(|| "the seccomp profile `Unconfined`".to_owned())
    })
}

fn app_armor(template: &PodTemplate<'_>) -> Option<Refused> {
    let annotations = format!("{}/metadata/annotations", template.pointer);
    let old = template.owner.at(&annotations).and_then(Value::as_object).into_iter().flatten().find(|(key, value)| {
        let (profile, known) = (value.as_str().unwrap_or_default(), ["", "runtime/default"]);
        key.starts_with("container.apparmor.security.beta.kubernetes.io/")
            && !known.contains(&profile)
            && !profile.starts_with("localhost/")
    });
    let profile = |value: &Value| (value == "Unconfined").then(|| "the AppArmor profile `Unconfined`".to_owned());
    let old = old.map(|(_, value)| (annotations, format!("the AppArmor profile {value}")));
    old.or_else(|| in_contexts(template, "/appArmorProfile/type", profile))
}

fn se_linux(template: &PodTemplate<'_>) -> Option<Refused> {
    const TYPES: [&str; 5] = ["", "container_engine_t", "container_init_t", "container_kvm_t", "container_t"];
    in_contexts(template, "/seLinuxOptions", |options| {
        let text = |key: &str| options[key].as_str().unwrap_or_default();
        let own = !TYPES.contains(&text("type")) || !text("user").is_empty() || !text("role").is_empty();
        own.then(|| "SELinux options of its own".to_owned())
    })
}

fn proc_mount(template: &PodTemplate<'_>) -> Option<Refused> {
    in_contexts(template, "/procMount", |mount| (mount != "Default").then(|| format!("`procMount: {mount}`")))
}

fn sysctls(template: &PodTemplate<'_>) -> Option<Refused> {
    let beyond = |(i, sysctl): (usize, &Value)| {
        let name = sysctl["name"].as_str().filter(|name| !SYSCTLS.contains(name))?;
        Some((template.spec(&format!("/securityContext/sysctls/{i}/name")), format!("the sysctl {name}")))
    };
    template.items("/securityContext/sysctls").iter().enumerate().find_map(beyond)
}

/// From 1.34 on: a probe or a hook of another host.
fn probes_of_hosts(template: &PodTemplate<'_>) -> Option<Refused> {
    const PLACES: [&str; 5] =
        ["/livenessProbe", "/readinessProbe", "/startupProbe", "/lifecycle/postStart", "/lifecycle/preStop"];
    containers(template).into_iter().find_map(|(pointer, container)| {
        PLACES.iter().find_map(|place| {
            ["httpGet", "tcpSocket"].into_iter().find_map(|how| {
                let at = format!("{place}/{how}/host");
                container.pointer(&at).and_then(Value::as_str).filter(|host| !host.is_empty())?;
                Some((format!("{pointer}{at}"), "a probe or hook with a `host` of its own".to_owned()))
            })
        })
    })
}

fn volume_types(template: &PodTemplate<'_>) -> Option<Refused> {
    template.items("/volumes").iter().enumerate().find_map(|(i, volume)| {
        let kind = VOLUMES.into_iter().find(|kind| volume.get(kind).is_some())?;
        Some((template.spec(&format!("/volumes/{i}/{kind}")), format!("a volume of the type `{kind}`")))
    })
}

/// The first container whose own context, or that of its pod, does not say what it must.
fn unsaid(
    template: &PodTemplate<'_>,
    field: &str,
    of_pods: bool,
    said: impl Fn(&Value) -> bool,
    what: &str,
) -> Option<Refused> {
    let pod = template.at(&format!("/securityContext{field}")).filter(|_| of_pods);
    containers(template).into_iter().find_map(|(pointer, container)| {
        let own = container.pointer(&format!("/securityContext{field}"));
        let holds = own.or(pod).is_some_and(&said);
        let name = container["name"].as_str().unwrap_or_default();
        (!holds).then(|| (pointer, format!("a container `{name}` {what}")))
    })
}

fn privilege_escalation(template: &PodTemplate<'_>) -> Option<Refused> {
    let what = "without `allowPrivilegeEscalation: false`";
    unsaid(template, "/allowPrivilegeEscalation", false, |set| set == false, what)
}

fn non_root(template: &PodTemplate<'_>) -> Option<Refused> {
    unsaid(template, "/runAsNonRoot", true, |set| set == true, "without `runAsNonRoot: true`")
}

fn root_user(template: &PodTemplate<'_>) -> Option<Refused> {
    in_contexts(template, "/runAsUser", |user| (user == 0).then(|| "the user 0".to_owned()))
}

fn seccomp_given(template: &PodTemplate<'_>) -> Option<Refused> {
    let known = |kind: &Value| kind == "RuntimeDefault" || kind == "Localhost";
    unsaid(template, "/seccompProfile/type", true, known, "without the seccomp profile `RuntimeDefault`")
}

fn capabilities_not_dropped(template: &PodTemplate<'_>) -> Option<Refused> {
    let all = |dropped: &Value| dropped.as_array().is_some_and(|names| names.iter().any(|name| name == "ALL"));
    let kept = unsaid(template, "/capabilities/drop", false, all, "that drops no `ALL` of its capabilities");
    kept.or_else(|| added(template, &["NET_BIND_SERVICE"]))
}

#[cfg(test)]
mod tests {
    use super::strictest;
    use crate::object::object::{Identity, Object};
    use crate::object::pod_template;
    use serde_json::{Value, json};

    fn level(spec: Value) -> &'static str {
        let value =
            json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "p", "namespace": "n" }, "spec": spec });
        let identity = Identity::of(&value).expect("an object");
        let object = Object::alone(&identity, &value);
        let template = pod_template::of(&object).next().expect("a pod");
        strictest(&template)
    }

    #[test]
    fn the_strictest_standard_of_a_pod() {
        let context = json!({ "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } });
        let with = |pod: Value, container: Value| json!({ "securityContext": pod, "containers": [{ "name": "c", "securityContext": container }] });
        let pod = json!({ "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } });
        let mut bound = context.clone();
        bound["capabilities"]["add"] = json!(["NET_BIND_SERVICE"]);
        let mut chown = context.clone();
        chown["capabilities"]["add"] = json!(["CHOWN"]);
        for (spec, standard) in [
            (with(pod.clone(), context.clone()), "restricted"),
            (with(pod.clone(), bound), "restricted"),
            (with(pod.clone(), chown), "baseline"),
            (with(json!({}), context.clone()), "baseline"),
            (with(pod.clone(), json!({})), "baseline"),
            (
                with(
                    json!({ "runAsNonRoot": true, "runAsUser": 0, "seccompProfile": { "type": "RuntimeDefault" } }),
                    context.clone(),
                ),
                "baseline",
            ),
            (with(json!({ "sysctls": [{ "name": "kernel.msgmax", "value": "1" }] }), json!({})), "privileged"),
            (with(json!({}), json!({ "privileged": true })), "privileged"),
            (json!({ "hostPID": true, "containers": [] }), "privileged"),
            (
                json!({ "containers": [{ "name": "c", "ports": [{ "containerPort": 80, "hostPort": 80 }] }] }),
                "privileged",
            ),
            (
                json!({ "containers": [{ "name": "c", "livenessProbe": { "tcpSocket": { "host": "10.0.0.1", "port": 1 } } }] }),
                "privileged",
            ),
            (
                json!({ "containers": [], "volumes": [{ "name": "v", "nfs": { "server": "s", "path": "/" } }] }),
                "baseline",
            ),
        ] {
            assert_eq!(level(spec.clone()), standard, "{spec}");
        }
    }
}
