//! Inventory -> what containers need of their own pod and do not find there: volumes, files of a mounted Secret or ConfigMap,
//! ports by name. And claims that wait for a pod of a later wave.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use crate::object::object::Object;
use crate::object::pod_template::{self, PodTemplate};
use crate::references::inventory::{Inventory, Origin};
use crate::text::finding::{Code, Finding};
use crate::text::near::is_near;
use crate::text::schema::{did_you_mean, is_misspelt};

/// A mounted volume whose files are known.
struct Mount<'a> {
    /// Path in the container, without a slash at its end.
    path: &'a str,
    volume: Rc<Files<'a>>,
}

/// More mounts than a container has, unless somebody tries how much is taken.
const MANY: usize = 100;

/// A volume as `Kind name`, and the files that it becomes.
type Files<'a> = (String, Vec<&'a str>);

/// Each container of each workload.
pub fn containers(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for template in pod_template::all(&inventory.world.objects) {
        for (pointer, container) in template.all_containers() {
            let place = Place { inventory, object: &template.owner, template, pointer };
            findings.extend(place.mounts(container));
            findings.extend(place.ports(container));
        }
    }
    findings
}

struct Place<'o, 'w, 'a> {
    inventory: &'o Inventory<'w, 'a>,
    object: &'o Object<'a>,
    template: PodTemplate<'a>,
    /// JSON pointer to the container.
    pointer: String,
}

impl<'a> Place<'_, '_, 'a> {
    /// What commands, arguments and variables name below a mount is a file of it, and so is each `subPath`.
    fn mounts(&self, container: &'a Value) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut mounts: BTreeMap<&str, Option<Mount<'a>>> = BTreeMap::new();
        let (volumes, mut looked_at) = (self.volumes(), BTreeMap::new());
        let names: Vec<&str> = volumes.keys().copied().collect();
        for (i, mount) in container["volumeMounts"].as_array().into_iter().flatten().enumerate() {
            let text = |key: &str| mount[key].as_str().unwrap_or_default();
            let path = text("mountPath").trim_end_matches('/');
            let volume = volumes.get(text("name")).copied();
            findings.extend(volume.is_none().then(|| self.no_volume(i, text("name"), &names)).flatten());
            // A volume may be mounted thousands of times.
            let of_volume = || volume.and_then(|volume| self.volume(volume)).map(Rc::new);
            let volume = looked_at.entry(text("name")).or_insert_with(of_volume).clone();
            match (text("subPath"), volume) {
                ("", volume) => drop(mounts.insert(path, volume.map(|volume| Mount { path, volume }))),
                (sub_path, volume) => {
                    let at = format!("volumeMounts/{i}/subPath");
                    findings.extend(volume.and_then(|volume| self.missing(&at, sub_path, &volume)));
                    mounts.insert(path, None);
                }
            }
        }
        for (pointer, text) in texts(container) {
            findings.extend(self.beside(&pointer, text, &mounts));
            for word in text.split(|c: char| c.is_whitespace() || "\"'=,;:()<>|&".contains(c)) {
                let deepest = word.rmatch_indices('/').find_map(|(end, _)| mounts.get(&word[..end]));
                let Some(mount) = deepest.and_then(Option::as_ref) else { continue };
                let file = word[mount.path.len() + 1..].split('/').next().unwrap_or_default();
                if !file.is_empty() && !file.contains(['$', '*', '?', '{', '%', '`', '[']) {
                    findings.extend(self.missing(&pointer, file, &mount.volume));
                }
            }
        }
        findings
    }

    /// A path under which nothing is mounted, but for a letter or two.
    fn beside(&self, pointer: &str, text: &str, mounts: &BTreeMap<&str, Option<Mount<'a>>>) -> Option<Finding> {
        let path = text.rsplit(['=', ' ']).next().filter(|path| path.starts_with('/') && !path.contains("//"))?;
        let path = path.trim_end_matches('/');
        let above = || path.match_indices('/').skip(1).map(|(end, _)| &path[..end]).chain([path]);
        if above().any(|part| mounts.contains_key(part)) || mounts.len() > MANY {
            return None;
        }
        let steps = |path: &str| path.matches('/').count();
        let near = |mount: &&str| {
            let same = above().nth(steps(mount).checked_sub(1)?)?;
            is_misspelt(mount, same).then_some(())
        };
        let mount = mounts.keys().find(|mount| near(mount).is_some())?;
        let message =
            format!("{} names {path}, where nothing is mounted, and {mount} is what is mounted", self.object.identity);
        let finding = self.object.warning(Code::DanglingReference, &format!("{}/{pointer}", self.pointer), message);
        Some(finding.help("mount it there, or name the path of the mount"))
    }

    /// The volumes of its pods and the claims that become some, by name: there may be thousands.
    fn volumes(&self) -> BTreeMap<&'a str, &'a Value> {
        let claims = self.template.claims().iter().filter_map(|c| Some((c.pointer("/metadata/name")?.as_str()?, c)));
        let of_pod = self.template.items("/volumes").iter().rev().filter_map(|v| Some((v["name"].as_str()?, v)));
        claims.chain(of_pod).collect()
    }

    /// A mount of no volume of the pod.
    fn no_volume(&self, mount: usize, name: &str, names: &[&str]) -> Option<Finding> {
        // An overlay is merged onto a template that is not here.
        if self.template.kind.overlay {
            return None;
        }
        let message = format!("{} mounts the volume {name}, which its pods do not have", self.object.identity);
        let pointer = format!("{}/volumeMounts/{mount}/name", self.pointer);
        Some(self.object.error(Code::DanglingReference, &pointer, message).help(did_you_mean(name, names)))
    }

    /// A probe or hook that names a port means one of its container, and a server listens where its container says so.
    fn ports(&self, container: &Value) -> Vec<Finding> {
        let mut findings = Vec::new();
        let declared = || container["ports"].as_array().into_iter().flatten();
        let names: Vec<&str> = declared().filter_map(|p| p["name"].as_str()).collect();
        for probe in ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle/postStart", "lifecycle/preStop"] {
            for action in ["httpGet", "tcpSocket"] {
                let pointer = format!("{probe}/{action}/port");
                let Some(name) = container.pointer(&format!("/{pointer}")).and_then(Value::as_str) else { continue };
                if !names.contains(&name) && name.parse::<u16>().is_err() {
                    let message =
                        format!("{} asks for the port {name}, which its container does not have", self.object.identity);
                    let finding = self.object.error(Code::MissingPort, &format!("{}/{pointer}", self.pointer), message);
                    findings.push(finding.help(did_you_mean(name, &names)));
                }
            }
        }
        let numbers: Vec<i64> = declared().filter_map(|p| p["containerPort"].as_i64()).collect();
        findings.extend(self.probed(container, &numbers));
        if let Some(port) = listens(container).filter(|port| !numbers.is_empty() && !numbers.contains(port)) {
            let message = format!(
                "{} is told to listen on port {port}, and its container declares another",
                self.object.identity
            );
            let finding = self.object.warning(Code::MissingPort, &format!("{}/ports", self.pointer), message);
            let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
            findings.push(finding.help(format!("it declares {}", numbers.join(", "))));
        }
        findings
    }

    /// A probe for a port by number means one that is declared or that the server is told to listen on. Elsewhere containers
    /// do not declare all of their ports.
    fn probed(&self, container: &Value, declared: &[i64]) -> Vec<Finding> {
        let told = listens(container);
        let probes = ["livenessProbe", "readinessProbe", "startupProbe"].into_iter();
        let asked: Vec<String> =
            probes.flat_map(|p| ["httpGet", "tcpSocket", "grpc"].map(|action| format!("{p}/{action}/port"))).collect();
        let port = |pointer: &String| container.pointer(&format!("/{pointer}")).and_then(Value::as_i64);
        // Where one probe asks for a declared port, the other is likely to.
        let some = || asked.iter().filter_map(port).any(|port| declared.contains(&port));
        // And one that is a digit off is a slip.
        let nearly = |port: i64| declared.iter().any(|known| is_near(&known.to_string(), &port.to_string(), 1));
        let whole = self.inventory.world.closed || told.is_some() || some();
        let wrong = asked.iter().filter_map(|pointer| {
            let port = port(pointer).filter(|port| !declared.is_empty() && (whole || nearly(*port)))?;
            (!declared.contains(&port) && told != Some(port)).then_some((pointer, port))
        });
        wrong
            .map(|(pointer, port)| {
                let message =
                    format!("{} asks for port {port}, which its container does not declare", self.object.identity);
                let finding = self.object.warning(Code::MissingPort, &format!("{}/{pointer}", self.pointer), message);
                let declared: Vec<String> = declared.iter().map(i64::to_string).collect();
                finding.help(format!("it declares {}", declared.join(", ")))
            })
            .collect()
    }

    /// Kind and name behind a volume, and the files that it becomes; `None` where they are not known.
    fn volume(&self, volume: &'a Value) -> Option<Files<'a>> {
        if let Some(sources) = volume["projected"]["sources"].as_array() {
            let parts: Vec<Files<'a>> = sources.iter().map(|s| self.volume(s)).collect::<Option<_>>()?;
            let (names, files): (Vec<String>, Vec<Vec<&str>>) = parts.into_iter().unzip();
            return Some((names.join(" and "), files.concat()));
        }
        let (kind, source) = match (volume.get("configMap"), volume.get("secret")) {
            (Some(source), _) => ("ConfigMap", source),
            (_, Some(source)) => ("Secret", source),
            _ => return None,
        };
        let name = source.get("secretName").or(source.get("name"))?.as_str()?;
        let files = match source["items"].as_array().filter(|items| !items.is_empty()) {
            Some(items) => items.iter().filter_map(|item| item["path"].as_str()?.split('/').next()).collect(),
            None => self.inventory.find("", kind, &self.object.identity.namespace, name)?.keys()?,
        };
        Some((format!("{kind} {name}"), files))
    }

    fn missing(&self, at: &str, file: &str, (what, files): &Files<'_>) -> Option<Finding> {
        let file = file.split('/').next().unwrap_or_default();
        // A generator that merges may bring it.
        let namespace = &self.object.identity.namespace;
        let beyond = self.inventory.world.beyond;
        let changed = |kind: &str, name: &str| beyond.is_some_and(|b| b.is_changed(kind, namespace, name));
        let merged = what.split_once(' ').is_some_and(|(kind, name)| changed(kind, name));
        if files.contains(&file) || file == "..data" || merged {
            return None;
        }
        let message = format!("{} reads the file {file} of {what}, which has none of that name", self.object.identity);
        let finding = self.object.error(Code::MissingKey, &format!("{}/{at}", self.pointer), message);
        Some(finding.help(did_you_mean(file, files)))
    }
}

/// Commands, arguments and variables of a container, each with its JSON pointer in it.
fn texts(container: &Value) -> impl Iterator<Item = (String, &str)> {
    let lists = ["command", "args"].into_iter().flat_map(move |list| {
        let items = container[list].as_array().into_iter().flatten().enumerate();
        items.filter_map(move |(i, item)| Some((format!("{list}/{i}"), item.as_str()?)))
    });
    let variables = container["env"].as_array().into_iter().flatten().enumerate();
    lists.chain(variables.filter_map(|(i, variable)| Some((format!("env/{i}/value"), variable["value"].as_str()?))))
}

/// The port that a server is told to listen on: `--port`, or the variable PORT. With another host it is that of a client.
fn listens(container: &Value) -> Option<i64> {
    let lists = ["command", "args"].into_iter().flat_map(|list| container[list].as_array().into_iter().flatten());
    let words: Vec<&str> = lists.filter_map(Value::as_str).collect();
    let flag = |name: &str| {
        let joined = words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        joined.or_else(|| words.get(words.iter().position(|word| *word == name)? + 1).copied())
    };
    if flag("--host").is_some_and(|host| !["0.0.0.0", "::", "[::]"].contains(&host)) {
        return None;
    }
    let variable = container["env"].as_array().into_iter().flatten().find(|v| v["name"] == "PORT");
    flag("--port").or_else(|| variable?["value"].as_str())?.parse().ok()
}

/// A claim is bound when its pod is scheduled (volumeBindingMode WaitForFirstConsumer, as most classes have it), so in an
/// earlier wave than its pod it keeps the sync waiting (argo-cd #12840).
pub fn claims(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for template in pod_template::all(&inventory.world.objects) {
        let object = &template.owner;
        for (i, volume) in template.items("/volumes").iter().enumerate() {
            let Some(name) = volume["persistentVolumeClaim"]["claimName"].as_str() else { continue };
            let claim = inventory.find("", "PersistentVolumeClaim", &object.identity.namespace, name);
            let Some(Origin::File(claim)) = claim.map(|c| &c.origin) else { continue };
            let delivery = &inventory.delivery;
            if binds_at_once(inventory, claim)
                || delivery.late(&delivery.levels(object), &delivery.levels(claim)).is_none()
            {
                continue;
            }
            let message = format!(
                "{} comes in an earlier wave than {}, without which it is not bound",
                claim.identity, object.identity
            );
            let finding = claim.warning(Code::SyncOrder, "/metadata/name", message);
            let place = object.place(&template.spec(&format!("/volumes/{i}/persistentVolumeClaim/claimName")));
            findings.push(finding.related(place, "this uses it").help("put both into one wave"));
        }
    }
    findings
}

fn binds_at_once(inventory: &Inventory<'_, '_>, claim: &Object<'_>) -> bool {
    let class = inventory.find("storage.k8s.io", "StorageClass", "", claim.text_at("/spec/storageClassName"));
    class.and_then(|c| c.object()).is_some_and(|class| class.text_at("/volumeBindingMode") != "WaitForFirstConsumer")
}
