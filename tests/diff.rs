//! `diff` as a user meets it: what it compares with, how it tells, and how it ends.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gatewright::command::review::change::{Change, Field, Kind};
use gatewright::command::review::delivery::Does;
use gatewright::command::review::flips::Cause;
use gatewright::command::review::markdown::{MARKER, MOST, markdown};
use gatewright::command::review::risk::sight::Risk;
use gatewright::command::review::text;
use gatewright::command::review::told::{Known, Review, Seen};
use gatewright::object::object::Identity;
use gatewright::text::finding::Code;
use serde_json::Value;

struct Platform(PathBuf);

impl Platform {
    /// A folder with these files, rendered and committed to a repository of its own.
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("diff-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("writable");
        let platform = Self(folder);
        files.iter().for_each(|(path, text)| platform.write(path, text));
        let (code, _, err) = platform.run(&["render"]);
        assert_eq!(code, 0, "{err}");
        platform.git(&["init", "-q"]);
        platform.commit();
        platform
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        fs::write(path, text).expect("writable");
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]);
        let done = git.current_dir(&self.0).args(arguments).status().expect("git runs");
        assert!(done.success(), "{arguments:?}");
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "a"]);
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        let output = command.current_dir(&self.0).args(arguments).output().expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let (_, out, err) = self.run(&[&["diff", "-o", "json"], arguments].concat());
        serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}"))
    }
}

/// A text as if no line was folded.
fn unfolded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

const HEAD: &str = "platform: { name: ai-dev, argocd: { repoURL: https://git.example.com/p.git } }\n";

fn with(more: &str) -> String {
    format!("{HEAD}{more}")
}

#[test]
fn a_change_is_told_before_and_after_it_is_rendered() {
    let platform = Platform::new("revision", &[("features.yaml", HEAD)]);
    assert_eq!(platform.run(&["diff"]), (0, String::new(), String::new()));
    platform.write("features.yaml", &with("features:\n  egress: true\nsettings:\n  litellm: { replicas: 2 }\n"));
    let (code, edited, _) = platform.run(&["diff"]);
    assert_eq!(code, 1);
    assert!(
        edited.starts_with("risky: ") && unfolded(&edited).contains("must hold the key `anthropic-api-key`"),
        "{edited}"
    );
    assert!(edited.contains("\nflag features.egress: absent -> true (features.yaml:3)\n  + "), "{edited}");
    assert!(edited.contains("setting settings.litellm.replicas: absent -> 2 (features.yaml:5)"), "{edited}");
    assert_eq!(platform.run(&["render"]).0, 0);
    assert_eq!(platform.run(&["diff"]).0, 0);
    let (code, against, err) = platform.run(&["diff", "--against", "HEAD"]);
    assert_eq!((code, against), (1, edited), "{err}");
    let told = platform.json(&["--against", "HEAD"]);
    assert_eq!((&told["version"], &told["verdict"]), (&Value::from(1), &Value::from("risky")));
    let causes: BTreeSet<&str> = told["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .flat_map(|change| {
            change["causes"].as_array().expect("causes").iter().filter_map(|cause| cause["name"].as_str())
        })
        .collect();
    assert_eq!(causes, BTreeSet::from(["features.egress", "settings.litellm.replicas"]));
    let (code, _, err) = platform.run(&["diff", "--against", "nowhere"]);
    assert!(code == 2 && err.contains("git knows no revision `nowhere`"), "{err}");
    platform.write("features.yaml", &with("features:\n  egress: perhaps\n"));
    let (code, out, err) = platform.run(&["diff"]);
    assert!(code == 2 && out.starts_with("refused: ") && err.contains("not-a-flag"), "{code} {out}{err}");
}

#[test]
fn a_renamed_cluster_is_a_new_one_and_one_that_is_left() {
    let platform = Platform::new("renamed", &[("features.yaml", HEAD)]);
    platform.write("features.yaml", &HEAD.replace("ai-dev", "ai-prod"));
    let (code, out, err) = platform.run(&["diff"]);
    assert!(
        code == 1 && out.contains("left-behind: the cluster is gone") && out.contains("\nnew cluster ai-prod\n"),
        "{out}"
    );
    assert!(err.contains("rendered/ai-dev belongs to no cluster"), "{err}");
}

#[test]
fn what_if_edits_nothing() {
    let platform = Platform::new("what-if", &[("features.yaml", HEAD)]);
    let (code, out, _) = platform.run(&["diff", "--features", "tracing=true", "--set", "gateway.replicas=2"]);
    assert!(code == 1 && out.contains("absent -> true (--features tracing=true)"), "{out}");
    assert!(out.contains("spec.deployment.spec.replicas: 1 -> 2"), "{out}");
    assert_eq!(platform.run(&["diff"]).0, 0);
    for (arguments, said) in [
        (["--features", "tracin=true"], "did you mean `tracing`?"),
        (["--features", "tracing=yes"], "a flag is `true` or `false`"),
        (["--set", "gateway.replicas"], "sets nothing"),
        (["--set", "gateway.replicas=many"], "`settings.gateway.replicas` is the string"),
    ] {
        let (code, _, err) = platform.run(&[&["diff"][..], &arguments].concat());
        assert!(code == 2 && err.contains(said), "{arguments:?}: {code} {err}");
    }
}

#[test]
fn equal_changes_of_clusters_are_told_once_and_by_ring() {
    let ring = |ring: &str| format!("platform: {{ labels: {{ ring: {ring} }} }}\n");
    let files = [
        ("features.yaml", HEAD.to_owned()),
        ("clusters/a.yaml", ring("canary")),
        ("clusters/b.yaml", ring("wide")),
        ("clusters/c.yaml", ring("wide")),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let platform = Platform::new("rings", &files);
    platform.write("features.yaml", &with("features: { tracing: true }\n"));
    let told = platform.json(&[]);
    let changes = told["changes"].as_array().expect("changes");
    assert!(changes.iter().all(|change| change["clusters"] == serde_json::json!(["a", "b", "c"])), "{told}");
    let (_, out, _) = platform.run(&["diff"]);
    assert!(out.contains("in ring canary: a; ring wide: b, c ("), "{out}");
    let whole = "Application argocd/ai-dev-<cluster>-tracing [ring canary: a; ring wide: b, c]";
    assert!(unfolded(&out).contains(whole), "{out}");
}

#[test]
fn a_patch_and_a_newer_template_are_causes() {
    let template = fs::read_to_string("templates/gateway/gateway.yaml").expect("a template");
    let platform = Platform::new("causes", &[("features.yaml", HEAD), ("templates/gateway/gateway.yaml", &template)]);
    platform.write(
        "templates/gateway/gateway.yaml",
        &template.replace("spec:\n", "spec:\n  addresses: [{ value: 10.0.0.1 }]\n"),
    );
    platform.write(
        "patches/a.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata: { name: serving, annotations: { a: b } }\n",
    );
    let (_, out, _) = platform.run(&["diff"]);
    assert!(
        out.contains("\ntemplate templates/gateway/gateway.yaml\n  ~ Gateway inference/inference-gateway\n"),
        "{out}"
    );
    assert!(out.contains("\npatch patches/a.yaml (patches/a.yaml:1)\n  ~ Namespace serving\n"), "{out}");
}

/// A cluster in which one object has one new field.
fn seen(cluster: &str, object: &str, value: &str) -> Seen {
    let identity =
        Identity { group: String::new(), kind: "ConfigMap".into(), namespace: "n".into(), name: object.into() };
    let field = Field {
        steps: vec!["data".into(), "a".into()],
        shown: "data.a".into(),
        pointer: "/data/a".into(),
        old: None,
        new: Some(value.into()),
    };
    let change =
        Change { identity, was: None, kind: Kind::Changed, path: format!("x/{object}.yaml"), fields: vec![field] };
    let cause = Cause {
        what: "flag",
        name: "features.a".into(),
        old: "absent".into(),
        new: "true".into(),
        place: "features.yaml:3".into(),
    };
    let risk = Risk {
        code: Code::WaveMoved,
        field: "data.a".into(),
        message: format!("it moves: {value}"),
        help: "look".into(),
    };
    let known =
        Known { change, does: Does::Updates, routine: false, risks: vec![risk], causes: BTreeSet::from([cause]) };
    Seen { cluster: cluster.into(), changes: vec![known], ..Seen::default() }
}

/// A comment fits, is whole, and says the verdict, each code and its clusters; how it tells the first object.
#[track_caller]
fn level(review: &Review, row: &str) {
    let comment = markdown(review);
    assert!(comment.starts_with(MARKER) && comment.contains("\n**risky**: "), "{}", &comment[..200]);
    assert!(comment.chars().count() <= MOST, "{}", comment.chars().count());
    assert_eq!(comment.matches("<details>").count(), comment.matches("</details>").count());
    assert!(comment.contains(row), "{row}: {}", comment.chars().take(2000).collect::<String>());
    assert!(text::summary(review).lines().count() <= 15);
    assert!(text::text(review).lines().all(|line| line.chars().count() <= 100), "80 columns, and colours");
}

#[test]
fn a_comment_says_less_and_never_stops_in_the_middle() {
    let value = |n: usize| format!("{n} {}", "x".repeat(40));
    let fleet = |objects: usize, values: usize| {
        let one = |n: usize| seen(&format!("cluster-{n:04}"), &format!("object-{}", n % objects), &value(n % values));
        Review::new((0..1000).map(one).collect())
    };
    // Fields: the same in every cluster.
    level(&fleet(1, 1), "\n  - &#43; data.a: 0 xxxx");
    // Objects: too many fields, and a line for each object.
    let few = Review::new((0..300).map(|n| seen("a", &format!("object-{n}"), &"y".repeat(50))).collect());
    level(&few, "- `~` ConfigMap n/object-299 (a)\n");
    assert!(!markdown(&few).contains("data.a: yyyy"));
    // Names: another value in each cluster.
    level(&fleet(3, 1000), "| `wave-moved` | ConfigMap n/object-0 | cluster-0000, cluster-0003 and 332 more |");
    level(&fleet(3, 1000), "\n- `~` ConfigMap n/object-1 in 333 clusters\n  - &#43; data.a: 1 xxxx");
    // Codes: another object in each cluster.
    level(&fleet(1000, 1000), "| `wave-moved` | 1000 times | all 1000 clusters |");
}

#[test]
fn a_comment_says_why_all_clusters_are_refused() {
    let refused = |n: usize| Seen {
        refused: vec![format!("secret-material: a key {}", "k".repeat(n % 90))],
        ..seen(&format!("c{n}"), &format!("object-{n}"), &n.to_string())
    };
    let comment = markdown(&Review::new((0..1000).map(refused).collect()));
    assert!(comment.chars().count() <= MOST, "{}", comment.chars().count());
    assert!(comment.contains("\n- **refused**: secret-material in all 1000 clusters\n"), "{}", &comment[..900]);
}

#[test]
fn names_of_others_are_no_markup() {
    let hostile = "</details><img src=x onerror=alert(1)> [a](http://x) @all | `b` \u{1b}[31m\n::error::x";
    let review = Review::new(vec![seen("a", hostile, hostile)]);
    let said = text::text(&review);
    assert!(!said.contains("[31m\n") && said.contains("\\u{1b}[31m\\n::error"), "{said}");
    let comment = markdown(&review);
    assert!(!comment.contains("<img") && !comment.contains("\n::error"), "{comment}");
    assert_eq!(comment.matches("</details>").count(), 1);
    assert!(
        comment
            .lines()
            .filter(|line| line.starts_with("| "))
            .all(|line| line.replace("\\|", "").matches('|').count() == 5)
    );
}
