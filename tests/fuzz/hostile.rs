//! The program itself on folders that no corpus of texts can hold: links, pipes, huge files, odd bytes. Each has its exit code
//! and its words, under a limit on memory and on processor time, and writes nothing outside its folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::{Failed, Trial};

/// A folder, a command, its exit code, and what it says among other things.
type Case = (&'static str, fn(&Path), &'static str, i32, &'static str);

const CASES: &[Case] = &[
    ("features-is-a-folder", |f| folder(f, "features.yaml"), "check", 2, "features.yaml is no regular file"),
    ("features-is-a-pipe", |f| pipe(f, "features.yaml"), "check", 2, "features.yaml is no regular file"),
    ("features-is-a-device", |f| link("/dev/zero", f, "features.yaml"), "check", 2, "leads out of"),
    ("features-leads-out", |f| link("/etc/passwd", f, "features.yaml"), "check", 2, "features.yaml leads out of"),
    (
        "features-is-a-file-of-the-kernel",
        |f| link("/proc/self/environ", f, "features.yaml"),
        "check",
        2,
        "leads out of",
    ),
    (
        "features-leads-to-itself",
        |f| link("features.yaml", f, "features.yaml"),
        "check",
        2,
        "there is no features.yaml",
    ),
    ("features-leads-within", |f| (write(f, "a.yaml", PLATFORM), link("a.yaml", f, "features.yaml")).0, "check", 0, ""),
    ("features-is-huge", |f| hole(f, "features.yaml", 100 << 20), "check", 2, "files of up to 8388608 bytes are read"),
    ("features-is-large", |f| write(f, "features.yaml", &"a".repeat(7 << 20)), "check", 1, "yaml-limit"),
    ("features-is-zeros", |f| hole(f, "features.yaml", 1 << 20), "check", 1, "features.yaml:1:1"),
    ("features-is-empty", |f| write(f, "features.yaml", ""), "check", 1, "empty-file"),
    ("features-is-no-text", |f| bytes(f, "features.yaml", b"platform: \xff\n"), "check", 1, "not-utf8"),
    ("features-is-utf16", |f| bytes(f, "features.yaml", b"\xff\xfep\0l\0"), "check", 1, "not-utf8"),
    (
        "features-has-a-long-line",
        |f| write(f, "features.yaml", &format!("{PLATFORM}# {}", "x".repeat(1_000_000))),
        "check",
        0,
        "",
    ),
    (
        "features-has-a-key-a-megabyte-long",
        |f| write(f, "features.yaml", &format!("{}: 1", "x".repeat(1_000_000))),
        "check",
        1,
        "features.yaml:1:1",
    ),
    ("overlays-are-a-file", |f| also(f, "clusters", "x"), "check", 2, "clusters is no folder"),
    ("overlays-lead-out", |f| (also(f, "a", ""), link("/etc", f, "clusters")).0, "check", 2, "clusters leads out of"),
    (
        "overlay-leads-out",
        |f| (also(f, "clusters/a.yaml", PLATFORM), link("/etc/passwd", f, "clusters/b.yaml")).0,
        "check",
        2,
        "b.yaml is a symlink",
    ),
    (
        "overlay-is-a-pipe",
        |f| (also(f, "clusters/a.yaml", ""), pipe(f, "clusters/b.yaml")).0,
        "check",
        2,
        "b.yaml is no regular file",
    ),
    (
        "overlay-has-an-odd-name",
        |f| also(f, "clusters/a\u{1b}[31m\nb.yaml", "features: {}"),
        "check",
        1,
        "invalid-name",
    ),
    ("overlay-is-called-dot-dot", |f| also(f, "clusters/...yaml", "features: {}"), "check", 1, "invalid-name"),
    (
        "overlays-by-the-hundred",
        |f| (also(f, "a", ""), (0..100).for_each(|i| write(f, &format!("clusters/c{i}.yaml"), "features: 1"))).1,
        "check",
        1,
        "and 94 more like this",
    ),
    ("groups-lead-out", |f| (also(f, "a", ""), link("/etc", f, "groups")).0, "check", 2, "groups leads out of"),
    (
        "group-is-no-text",
        |f| (also(f, "a", ""), bytes(f, "groups/a.yaml", b"summary: \xff\n")).1,
        "check",
        1,
        "groups/a.yaml:1:10",
    ),
    (
        "group-is-a-pipe",
        |f| (also(f, "groups/b.txt", ""), pipe(f, "groups/a.yaml")).0,
        "check",
        2,
        "a.yaml is no regular file",
    ),
    ("group-with-an-odd-name", |f| also(f, "groups/..a.yaml", "summary: x"), "check", 1, "invalid-name"),
    (
        "template-is-no-text",
        |f| (also(f, "a", ""), bytes(f, "templates/x/a.yaml", b"\xc3")).1,
        "check",
        1,
        "templates/x/a.yaml:1:1",
    ),
    ("templates-lead-out", |f| (also(f, "a", ""), link("/", f, "templates")).0, "check", 2, "templates leads out of"),
    (
        "gateways-lead-out",
        |f| {
            (
                write(f, "features.yaml", &format!("{PLATFORM}features: {{ agentic: true }}\n")),
                link("/etc", f, "gateways"),
            )
                .0
        },
        "check",
        2,
        "gateways leads out of",
    ),
    ("definitions-lead-out", |f| (also(f, "a", ""), link("/", f, "crds")).0, "check", 2, "crds leads out of"),
    ("definition-is-no-text", |f| (also(f, "a", ""), bytes(f, "crds/a.yaml", b"\xff")).1, "check", 1, "not-utf8"),
    (
        "definition-is-huge",
        |f| (also(f, "crds/b.yaml", ""), hole(f, "crds/a.yaml", 65 << 20)).0,
        "check",
        1,
        "this file has more than 67108864 bytes",
    ),
    (
        "definition-with-a-pattern-of-a-megabyte",
        |f| also(f, "crds/a.yaml", &lamps(&format!("{{ type: string, pattern: '{}' }}", "(a|b)*".repeat(170_000)))),
        "check --coverage",
        0,
        "1 not evaluated",
    ),
    (
        "definition-with-a-rule-of-a-megabyte",
        |f| {
            also(
                f,
                "crds/a.yaml",
                &lamps(&format!(
                    "{{ type: string, x-kubernetes-validations: [{{ rule: \"{}\" }}] }}",
                    "!".repeat(1_000_000)
                )),
            )
        },
        "check --coverage",
        0,
        "1 not evaluated",
    ),
    (
        "rendered-leads-out",
        |f| (also(f, "a", ""), link("/", f, "rendered")).0,
        "render --check",
        2,
        "rendered is a symlink",
    ),
    (
        "cluster-leads-out",
        |f| (also(f, "rendered/a", ""), link("/", f, "rendered/p")).0,
        "diff",
        2,
        "rendered/p is a symlink",
    ),
    ("cluster-is-a-file", |f| also(f, "rendered/p", "x"), "render", 2, "rendered/p is no folder"),
    ("output-is-a-file", |f| also(f, "rendered", "x"), "render", 2, "cannot create"),
    ("no-such-folder", |_| {}, "-C nowhere check", 2, "nowhere is no folder"),
    ("folder-is-a-file", |f| write(f, "x", ""), "-C x check", 2, "x is no folder"),
    ("name-with-a-control", |f| write(f, "a", ""), "check -f \u{1b}[31m", 2, "there is no \\u{1b}[31m"),
    (
        "manifests-are-a-pipe",
        |f| (also(f, "a", ""), pipe(f, "p")).0,
        "check --manifests p",
        2,
        "holds no YAML or JSON file",
    ),
    (
        "manifests-of-many-kinds",
        |f| {
            (
                also(f, "m/a.yaml", "a: ["),
                bytes(f, "m/b.yaml", b"\xff"),
                link("/etc/passwd", f, "m/c.yaml"),
                pipe(f, "m/d.yaml"),
            )
                .0
        },
        "check --manifests m",
        1,
        "2 errors",
    ),
    (
        "manifests-with-many-mistakes",
        |f| {
            also(
                f,
                "m.yaml",
                &"---\napiVersion: v1\nkind: Service\nmetadata: { name: A_B }\nspec: { ports: x }\n".repeat(1_500),
            )
        },
        "check --manifests m.yaml",
        1,
        "more",
    ),
    (
        "key-that-never-ends",
        |f| {
            also(
                f,
                "m.yaml",
                &format!(
                    "apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: x }}\ndata:\n  a: |\n{}",
                    "    -----BEGIN PRIVATE KEY-----\n".repeat(20_000)
                ),
            )
        },
        "check --manifests m.yaml",
        1,
        "secret-material",
    ),
    (
        "patch-with-many-unknown-keys",
        |f| {
            let keys: String = (0..9_900).map(|i| format!("        k{i}: v\n")).collect();
            let patch = "settings:\n  litellm:\n    configPatch:\n      general_settings:\n";
            write(f, "features.yaml", &format!("{PLATFORM}{patch}{keys}"))
        },
        "check",
        0,
        "9900 warnings",
    ),
    (
        "comments-with-keys",
        |f| write(f, "features.yaml", &format!("{PLATFORM}{}", "# password=Tr0ub4dor\n".repeat(20_000))),
        "check",
        1,
        "literal-secret",
    ),
    (
        "text-of-names-without-values",
        |f| write(f, "features.yaml", &format!("{PLATFORM}# {}", "token=$a:--password $b ".repeat(40_000))),
        "check",
        0,
        "",
    ),
    (
        "one-file-with-many-deployments",
        |f| {
            let one = |i| {
                format!(
                    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: a{i}, namespace: b }}\nspec: {{ selector: {{ matchLabels: {{ a: b }} }}, template: {{ metadata: {{ labels: {{ a: b }} }}, spec: {{ containers: [{{ name: c, image: x, env: [{{ name: A, value: b }}] }}] }} }} }}\n"
                )
            };
            also(f, "m.yaml", &(0..2_000).map(one).collect::<String>())
        },
        "check --manifests m.yaml",
        0,
        "",
    ),
    (
        "orders-to-a-runner",
        |f| write(f, "features.yaml", &format!("{PLATFORM}features: {{ \"x\\n::add-mask::y\\n##[error]\": true }}\n")),
        "check",
        1,
        "`x\\n::add-mask::y\\n#\\u{23}[error]`",
    ),
    (
        "hidden-characters-in-a-name",
        |f| also(f, "m\u{202e}\n::x.yaml", "apiVersion: v1\nkind: Service\nmetadata: { name: A_B }\n"),
        "check --manifests .",
        1,
        "m\\u{202e}\\n::x.yaml",
    ),
    (
        "configuration-with-many-mistakes",
        |f| {
            also(
                f,
                "m.yaml",
                &format!(
                    "apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: litellm }}\ndata:\n  config.yaml: |\n    model_list:\n{}",
                    "    - { model_name: a, litellm_params: { model: b, api_base: 'http://[' } }\n".repeat(1_500)
                ),
            )
        },
        "check --manifests m.yaml -o json",
        1,
        "",
    ),
];

const PLATFORM: &str = "platform: { name: p, argocd: { repoURL: 'https://git.example.com/p.git' } }\n";

pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    CASES.iter().map(|case| Trial::test(format!("program-{}", case.0), move || tried(case)))
}

/// Limits of the program: 1 GiB of addresses, and seconds of processor time. A second hand for what waits.
fn tried(&(name, make, arguments, code, says): &Case) -> Result<(), Failed> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hostile-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    make(&folder);
    let limits = "ulimit -v 1048576; ulimit -t 10; exec timeout 120 \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.arg("-c").arg(limits).arg(env!("CARGO_BIN_EXE_gatewright")).args(arguments.split(' '));
    let output =
        command.current_dir(&folder).env("RAYON_NUM_THREADS", "2").env_remove("CI").stdin(Stdio::null()).output()?;
    let said = String::from_utf8(output.stderr)? + &String::from_utf8(output.stdout)?;
    fs::remove_dir_all(&folder)?;
    let shown = &said[..said.floor_char_boundary(2_000)];
    match (output.status.code() == Some(code), said.contains(says), said.contains('\u{1b}')) {
        (true, true, false) => Ok(()),
        _ => Err(format!("{}, not {code} and {says:?}:\n{shown}", output.status).into()),
    }
}

fn path(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("below the folder")).expect("writable");
    path
}

fn write(folder: &Path, name: &str, text: &str) {
    bytes(folder, name, text.as_bytes());
}

fn bytes(folder: &Path, name: &str, bytes: &[u8]) {
    fs::write(path(folder, name), bytes).expect("writable");
}

/// A file beside a sound features.yaml.
fn also(folder: &Path, name: &str, text: &str) {
    write(folder, "features.yaml", PLATFORM);
    write(folder, name, text);
}

fn folder(folder: &Path, name: &str) {
    fs::create_dir(path(folder, name)).expect("writable");
}

/// A file of zeros that takes no space.
fn hole(folder: &Path, name: &str, length: u64) {
    File::create(path(folder, name)).and_then(|file| file.set_len(length)).expect("writable");
}

fn link(to: &str, folder: &Path, name: &str) {
    std::os::unix::fs::symlink(to, path(folder, name)).expect("writable");
}

fn pipe(folder: &Path, name: &str) {
    assert!(Command::new("mkfifo").arg(path(folder, name)).status().expect("mkfifo runs").success());
}

/// A CustomResourceDefinition with this schema of its `spec`.
fn lamps(spec: &str) -> String {
    format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{ name: lamps.example.com }}\nspec:\n  group: example.com\n  names: {{ kind: Lamp, plural: lamps }}\n  scope: Namespaced\n\
         \x20 versions:\n  - name: v1\n    served: true\n    storage: true\n    schema: {{ openAPIV3Schema: {{ type: object, properties: {{ spec: {spec} }} }} }}\n"
    )
}
