//! Known traps of Argo CD 3.4 in how a sync goes on: retries that never see the fix, charts whose version is decided at the
//! sync, health scripts that cannot run, projects that limit nothing.

use serde_json::Value;

use crate::object::api_group::ARGOCD;
use crate::object::object::{Object, ObjectRule};
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};
use crate::text::schedule::wrong;
use crate::text::zones;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[retries, chart_versions, health_scripts, windows];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[open_projects, default_project];

/// Times of the windows of a project: one that Argo CD cannot read stops every sync (argo-cd 3.4, `SyncWindow.Validate`). A page has
/// the number of the fields.
fn windows(object: &Object<'_>) -> Vec<Finding> {
    let windows = if object.is(ARGOCD, "AppProject") { object.all("/spec/syncWindows/*") } else { Vec::new() };
    let mut findings = Vec::new();
    for (pointer, window) in windows {
        let said = |key: &str| window[key].as_str().filter(|text| !text.is_empty() && !text.contains(['$', '{']));
        if let Some(why) = said("schedule").filter(|s| s.split_whitespace().count() == 5).and_then(wrong) {
            let message = format!("{} has a sync window that Argo CD cannot read: it {why}", object.identity);
            let finding = object.error(Code::ArgocdRefuses, &format!("{pointer}/schedule"), message);
            findings.push(finding.help("five fields, as in `0 8 * * 1-5`"));
        }
        if let Some(zone) = said("timeZone").filter(|zone| !zones::is_known(zone)) {
            let message = format!("{} has a sync window in `{zone}`, which is no time zone", object.identity);
            let finding = object.error(Code::ArgocdRefuses, &format!("{pointer}/timeZone"), message);
            findings.push(finding.help(zones::meant(zone)));
        }
    }
    findings
}

/// Where the spec of an Application stands, also that of the Applications which an ApplicationSet makes.
fn spec(object: &Object<'_>) -> Option<&'static str> {
    match object.identity.kind.as_str() {
        "Application" if object.identity.group == ARGOCD => Some("/spec"),
        "ApplicationSet" if object.identity.group == ARGOCD => Some("/spec/template/spec"),
        _ => None,
    }
}

fn sources<'a>(object: &Object<'a>, spec: &str) -> Vec<(String, &'a Value)> {
    [format!("{spec}/source"), format!("{spec}/sources/*")].iter().flat_map(|pointer| object.all(pointer)).collect()
}

/// So many attempts take hours with the usual pauses: nobody waits for the last one.
const MANY: i64 = 20;

/// A sync that fails is tried again with what it began with (argo-cd #11494): `refresh` takes a newer commit, and never a
/// newer spec (argo-cd #28794).
fn retries(object: &Object<'_>) -> Vec<Finding> {
    let Some(spec) = spec(object) else { return Vec::new() };
    let at = |path: &str| object.at(&format!("{spec}/syncPolicy/{path}"));
    let automated = at("automated").is_some_and(|a| a.is_object() && a["enabled"] != false);
    let Some(limit) = at("retry/limit").and_then(Value::as_i64).filter(|_| automated) else { return Vec::new() };
    let how_long = if limit < 0 { "without end".to_owned() } else { format!("{limit} times") };
    let refresh = at("retry/refresh") == Some(&Value::Bool(true));
    let inline = |helm: &Value| ["valuesObject", "values", "parameters"].iter().any(|key| helm.get(*key).is_some());
    let in_spec = || {
        object.linked.is_empty()
            && sources(object, spec).iter().any(|(_, s)| s.get("chart").is_some() && inline(&s["helm"]))
    };
    let (what, help) = match refresh {
        false if !(0..MANY).contains(&limit) => ("the commit that failed", "add `refresh: true` beside `limit`"),
        true if limit < 0 && in_spec() => (
            "the chart's values that failed: `refresh` takes newer commits and no newer Application",
            "keep the values in git, as a file of a second source (`$values`), or let `limit` end",
        ),
        _ => return Vec::new(),
    };
    let message = format!("{} tries a failed sync again {how_long}, with {what}", object.identity);
    vec![object.warning(Code::StaleRetry, &format!("{spec}/syncPolicy/retry/limit"), message).help(help)]
}

/// True for a version that stands for several, as Argo CD reads it in a chart's `targetRevision`.
pub fn is_range(version: &str) -> bool {
    let marks = ["*", ">", "<", "^", "~", "||", ",", " - "];
    let any = |part: &str| ["x", "X"].contains(&part);
    marks.iter().any(|mark| version.contains(mark)) || version.split(['.', ' ']).any(any)
}

fn chart_versions(object: &Object<'_>) -> Vec<Finding> {
    let Some(spec) = spec(object) else { return Vec::new() };
    let mut findings = Vec::new();
    for (pointer, source) in sources(object, spec) {
        let (chart, version) = (source["chart"].as_str(), source["targetRevision"].as_str().unwrap_or_default());
        let Some(chart) = chart.filter(|_| !version.contains("{{")) else { continue };
        if is_range(version) || ["latest", "HEAD"].contains(&version) {
            let message = format!(
                "{} takes the chart {chart} in whatever version fits `{version}` on the day of a sync",
                object.identity
            );
            let finding = object.warning(Code::FloatingVersion, &format!("{pointer}/targetRevision"), message);
            findings.push(finding.help("name one version: a new one may bring other CRDs and other values"));
        }
    }
    findings
}

/// The libraries of Lua that Argo CD opens for its own scripts only, and the methods of a text that come with the first.
const LIBRARIES: [&str; 4] = ["string", "math", "io", "utf8"];
const METHODS: [&str; 11] =
    ["byte", "find", "format", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse", "sub"];

/// Scripts of argocd-cm that call a library which is not there.
fn health_scripts(object: &Object<'_>) -> Vec<Finding> {
    if !object.is("", "ConfigMap") || object.identity.name != "argocd-cm" {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (pointer, text) in object.all("/data/*") {
        let (Some(text), Some(key)) = (text.as_str(), pointer.strip_prefix("/data/resource.customizations.")) else {
            continue;
        };
        let Some((_, kind)) = key.split_once('.').filter(|(what, _)| ["health", "actions"].contains(what)) else {
            continue;
        };
        let opened = format!("/data/resource.customizations.useOpenLibs.{kind}");
        if object.text_at(&opened) == "true" {
            continue;
        }
        if let Some(call) = call(&code_of(text)) {
            let message = format!("{} calls `{call}` in a script, and its Lua has no such library", object.identity);
            let finding = object.warning(Code::LuaLibrary, &pointer, message);
            let key = opened.trim_start_matches("/data/").replace("~1", "/");
            findings.push(finding.help(format!("compare whole values, or set `{key}: \"true\"`")));
        }
    }
    findings
}

/// The first call of a library in a script without its texts and comments.
fn call(code: &str) -> Option<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for (at, mark) in code.match_indices(['.', ':']) {
        let before = code[..at].trim_end();
        let start = before.rfind(|c| !is_name(c)).map_or(0, |i| i + 1);
        let (owner, above) = (&before[start..], before[..start].chars().next_back());
        let rest = code[at + 1..].trim_start();
        let method = &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())];
        let shadowed = || code.contains(&format!("local {owner}"));
        let library = mark == "." && LIBRARIES.contains(&owner) && above != Some('.') && !shadowed();
        let of_text = mark == ":" && METHODS.contains(&method) && rest[method.len()..].trim_start().starts_with('(');
        if library || of_text {
            return Some(if library { format!("{owner}.{method}") } else { format!(":{method}") });
        }
    }
    None
}

/// A Lua script without what stands in quotes and after `--`.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    for line in text.lines() {
        let mut quote = None;
        let mut before = ' ';
        for c in line.chars() {
            match quote {
                Some(open) if c == open && before != '\\' => quote = None,
                Some(_) => {}
                None if c == '"' || c == '\'' => quote = Some(c),
                None if c == '-' && before == '-' => break,
                None => code.push(c),
            }
            before = c;
        }
        code.push('\n');
    }
    code
}

/// What a project leaves open: JSON pointer and words.
fn open(project: &Object<'_>) -> Vec<(&'static str, &'static str)> {
    let all = |value: &Value| value == "*";
    let destinations = project.items("/spec/destinations");
    let closes = |d: &Value| {
        ["namespace", "server", "name"].iter().any(|key| d[key].as_str().is_some_and(|t| t.starts_with('!')))
    };
    let everywhere =
        |d: &Value| all(&d["namespace"]) && (all(&d["server"]) || all(&d["name"]) || d.get("server").is_some());
    let kinds = project.items("/spec/clusterResourceWhitelist");
    let lists = [
        ("/spec/sourceRepos", "every repository", project.items("/spec/sourceRepos").iter().any(all)),
        (
            "/spec/destinations",
            "every namespace",
            destinations.iter().any(everywhere) && !destinations.iter().any(closes),
        ),
        (
            "/spec/clusterResourceWhitelist",
            "every cluster-scoped kind",
            kinds.iter().any(|k| all(&k["group"]) && all(&k["kind"]))
                && project.items("/spec/clusterResourceBlacklist").is_empty(),
        ),
    ];
    lists.into_iter().filter(|(.., open)| *open).map(|(pointer, words, _)| (pointer, words)).collect()
}

/// In a platform of ours one open list is a mistake; elsewhere a project that has nothing but open ones.
fn open_projects(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for project in world.objects.of(ARGOCD, "AppProject").filter(|p| p.identity.name != "default") {
        let open = open(project);
        let Some((pointer, _)) = open.first().filter(|_| world.closed || open.len() == 3) else { continue };
        let words: Vec<&str> = open.iter().map(|(_, words)| *words).collect();
        let message = format!(
            "{} allows {}: who may change one Application may change the cluster",
            project.identity,
            words.join(", ")
        );
        let finding = project.warning(Code::OpenProject, pointer, message);
        findings.push(finding.help("name what its Applications need"));
    }
    findings
}

/// One Application in the project `default`, which allows everything, while all others are in one that is there.
fn default_project(world: &World<'_>) -> Vec<Finding> {
    let is_default = |a: &&Object<'_>| ["", "default"].contains(&a.text_at("/spec/project"));
    let (open, bound): (Vec<&Object<'_>>, Vec<&Object<'_>>) =
        world.objects.of(ARGOCD, "Application").partition(is_default);
    let known = |name: &str| world.objects.of(ARGOCD, "AppProject").any(|p| p.identity.name == name);
    let named = bound.first().map(|a| a.text_at("/spec/project")).filter(|name| known(name));
    let Some(named) = named.filter(|name| bound.iter().all(|a| a.text_at("/spec/project") == *name)) else {
        return Vec::new();
    };
    if !world.closed && (open.len() > 1 || bound.len() < 3) {
        return Vec::new();
    }
    let one = |a: &&Object<'_>| {
        let message = format!(
            "{} is in the project `default`, which allows everything; its neighbours are in {named}",
            a.identity
        );
        a.warning(Code::OpenProject, "/spec/project", message).help(format!("write `project: {named}`"))
    };
    open.iter().map(one).collect()
}
