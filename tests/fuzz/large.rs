//! Inputs that say one thing very often: what they cost grows with their length, not with its square. An eighth of a megabyte in
//! a plain `cargo test`; `LARGE=1` takes the largest that a file may be, and 5 seconds of processor time each.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use libtest_mimic::{Failed, Trial};

/// Longest file, in bytes.
const LONGEST: usize = 1 << 20;

/// A name, the command, a file, its first lines, one more item by its number, and how many of them a megabyte may have.
type Case = (&'static str, &'static str, &'static str, &'static str, fn(usize) -> String, usize);

const FEATURES: &str = "platform: { name: p, argocd: { repoURL: 'https://git.example.com/p.git' } }\n";
const CHECK: &str = "check --manifests m.yaml";

const CASES: &[Case] = &[
    (
        "models-of-a-provider",
        "check",
        "features.yaml",
        "features: { egress: true }\nsettings:\n  egress:\n    providers:\n      openai:\n        models:\n",
        |i| format!("        - model-{i}\n"),
        60_000,
    ),
    (
        "silences",
        "check",
        "features.yaml",
        "silence:\n",
        |i| format!("- {{ code: not-a-flag, object: Cluster a/b{i}, reason: r }}\n"),
        12_000,
    ),
    (
        "providers-of-a-group",
        "check",
        "groups/x.yaml",
        "summary: x\nfeature: x\nprovider: p1\nproviders:\n",
        |i| format!("  p{i}: {{ summary: x }}\n"),
        30_000,
    ),
    (
        "services-of-the-same-pods",
        CHECK,
        "m.yaml",
        "",
        |i| match i % 2 {
            0 => format!(
                "---\napiVersion: v1\nkind: Service\nmetadata: {{ name: a{i}, namespace: b }}\nspec: {{ selector: {{ a: b }}, ports: [{{ port: 80 }}] }}\n"
            ),
            _ => format!(
                "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: a{i}, namespace: b }}\nspec: {{ selector: {{ matchLabels: {{ a: b }} }}, template: {{ metadata: {{ labels: {{ a: b }} }}, spec: {{ containers: [{{ name: c, image: x }}] }} }} }}\n"
            ),
        },
        10_000,
    ),
    (
        "routes-and-policies",
        CHECK,
        "m.yaml",
        "",
        |i| match i % 2 {
            0 => format!(
                "---\napiVersion: agentgateway.dev/v1alpha1\nkind: AgentgatewayPolicy\nmetadata: {{ name: a{i}, namespace: b }}\nspec: {{ targetRefs: [{{ group: gateway.networking.k8s.io, kind: HTTPRoute, name: a }}] }}\n"
            ),
            _ => format!(
                "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{ name: a{i}, namespace: b }}\nspec: {{ parentRefs: [{{ name: g }}], rules: [{{ backendRefs: [{{ name: s, port: 80 }}] }}] }}\n"
            ),
        },
        10_000,
    ),
];

pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    CASES.iter().map(|case| Trial::test(format!("large-{}", case.0), move || tried(case)))
}

fn tried(&(name, arguments, file, head, item, most): &Case) -> Result<(), Failed> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("large-{name}"));
    let _ = fs::remove_dir_all(&folder);
    let part = if std::env::var_os("LARGE").is_some() { 1 } else { 8 };
    let mut text = if file == "features.yaml" { FEATURES.to_owned() } else { String::new() };
    text += head;
    for i in 0..most / part {
        write!(text, "{}", item(i))?;
    }
    text.truncate(text[..text.len().min(LONGEST / part)].rfind('\n').map_or(0, |end| end + 1));
    let place = folder.join(file);
    fs::create_dir_all(place.parent().expect("below the folder"))?;
    if file != "features.yaml" {
        fs::write(folder.join("features.yaml"), FEATURES)?;
    }
    fs::write(place, text)?;
    let limits = "ulimit -v 2097152; ulimit -t 5; exec timeout 120 \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.arg("-c").arg(limits).arg(env!("CARGO_BIN_EXE_gatewright")).args(arguments.split(' '));
    let output = command.current_dir(&folder).env("RAYON_NUM_THREADS", "2").stdin(Stdio::null()).output()?;
    fs::remove_dir_all(&folder)?;
    match output.status.code() {
        Some(0 | 1) => Ok(()),
        _ => Err(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr)).into()),
    }
}
