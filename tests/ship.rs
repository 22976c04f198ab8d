//! What leaves the program for other programs: scripts for shells, graphs, a page for browsers.

#![allow(clippy::disallowed_methods, reason = "tools are found by the environment")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder of its own below cargo's, emptied first.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("cargo's folder is writable");
    folder
}

fn said(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_gatewright")).args(arguments).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

fn fine(arguments: &[&str]) -> String {
    let (code, out, err) = said(arguments);
    assert_eq!(code, 0, "{arguments:?}: {err}");
    out
}

/// Words that each tool says of an entry that is not there, and its stub: it tells its arguments, keeps what it is given and
/// shows what it kept.
const STUB: &str = r#"#!/bin/sh
printf '%s %s\n' "${0##*/}" "$*" >>"$WORK/calls"
case "$*" in
*describe*|*"kv get"*|*"secret show"*|*"get secret"*|*get-parameter*)
  if [ -e "$WORK/full" ]; then echo '{}'; exit 0; fi
  echo 'ResourceNotFoundException ParameterNotFound NOT_FOUND SecretNotFound No value found (NotFound)' >&2
  exit 1 ;;
*"secret set"*) while [ "$1" != --file ]; do shift; done; cat "$2" >>"$WORK/given"; echo >>"$WORK/given" ;;
*"secrets create"*) ;;
*) cat >>"$WORK/given"; echo >>"$WORK/given" ;;
esac
"#;

/// A folder with stubs of all tools, and a script run there with them: its exit code and what it said.
fn run(work: &Path, script: &str) -> (bool, String) {
    let bin = work.join("bin");
    fs::create_dir_all(&bin).expect("writable");
    for (tool, text) in ["vault", "gcloud", "aws", "az", "kubectl"]
        .map(|tool| (tool, STUB))
        .into_iter()
        .chain([("openssl", "#!/bin/sh\necho made-here\n")])
    {
        fs::write(bin.join(tool), text).expect("writable");
        assert!(Command::new("chmod").arg("+x").arg(bin.join(tool)).status().expect("it runs").success());
    }
    fs::write(work.join("script"), script).expect("writable");
    fs::write(work.join("answers"), "an \"answer\" \\ of $(mine)\n".repeat(20)).expect("writable");
    assert!(Command::new("sh").arg("-n").arg(work.join("script")).status().expect("it runs").success(), "sh -n");
    // As people run it: from a pipe, with nothing on its own input.
    let output = Command::new("sh")
        .current_dir(work)
        .env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").expect("a PATH")))
        .env("WORK", work)
        .env("SEED_INPUT", work.join("answers"))
        .stdin(fs::File::open(work.join("script")).expect("a file"))
        .output()
        .expect("it runs");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Each tool's script fills what is missing, hands over no value as an argument, and leaves what is there.
#[test]
fn scripts_seed_what_is_missing_and_nothing_else() {
    for (case, tool, cluster) in [
        ("external-everything", "vault", "ai-dev"),
        ("ha", "aws", "ai-prod"),
        ("autoscaling", "kubectl", "ai-dev"),
        ("two-clusters", "az", "dev"),
        ("two-clusters", "gcloud", "prod"),
    ] {
        let work = folder(&format!("seed-{tool}"));
        let case = format!("golden/{case}");
        let script = fine(&["-C", &case, "secrets", "--script", tool, "--cluster", cluster]);
        let keys: serde_json::Value =
            serde_json::from_str(&fine(&["-C", &case, "secrets", "--cluster", cluster, "-o", "json"])).unwrap();
        let keys = keys[0]["keys"].as_array().unwrap();
        let (worked, told) = run(&work, &script);
        assert!(worked, "{tool}: {told}");
        let given = fs::read_to_string(work.join("given")).expect("a file");
        assert_eq!(told.matches(": written").count(), keys.len(), "{tool}: {told}");
        assert_eq!(given.lines().count(), keys.len(), "{tool}: {given}");
        let fields = keys.iter().any(|key| key["property"].is_string());
        for line in given.lines().filter(|_| fields) {
            let value: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{tool}: {e}: {line}"));
            let value = value.pointer("/stringData/value").or(value.get("value")).unwrap();
            assert!(value == "made-here" || value == "an \"answer\" \\ of $(mine)", "{value}");
        }
        let calls = fs::read_to_string(work.join("calls")).expect("a file");
        assert!(!calls.contains("made-here") && !calls.contains("answer"), "{tool}: {calls}");
        fs::write(work.join("full"), "").expect("writable");
        fs::remove_file(work.join("given")).expect("writable");
        let (worked, told) = run(&work, &script);
        assert!(worked && told.matches("stays as it is").count() == keys.len(), "{tool}: {told}");
        assert!(!work.join("given").exists(), "{tool} wrote over something");
    }
    // A store of another tool, several clusters, entries without fields.
    for (arguments, wanted) in [
        (&["-C", "golden/ha", "secrets", "--script", "vault"][..], "ClusterSecretStore secret-store reads from aws"),
        (&["-C", "golden/two-clusters", "secrets", "--script", "az"], "choose one with --cluster: dev, prod"),
        (&["-C", "golden/default", "secrets", "--script", "vault"], "settings.secret-store.property"),
    ] {
        let (code, out, err) = said(arguments);
        assert!(code == 2 && out.is_empty() && err.contains(wanted), "{arguments:?}: {err}");
    }
}

/// What cannot be reached is not taken for missing.
#[test]
fn a_store_that_fails_stops_the_script() {
    let work = folder("seed-fails");
    let script = fine(&["-C", "golden/ha", "secrets", "--script", "aws"]);
    let script = script.replace("ResourceNotFoundException", "nothing-says-this");
    let (worked, told) = run(&work, &script);
    assert!(!worked && told.contains("No value found"), "{told}");
    assert!(!work.join("given").exists());
}

const MINIMAL: &str = "platform: { name: ai-dev, argocd: { repoURL: https://git.example.com/p.git } }\n";

/// A working folder with names that nobody means well with.
fn hostile(name: &str) -> PathBuf {
    let work = folder(name);
    let mark = "'\"><script>document.title='taken'</script>$(touch taken)`touch taken`";
    let quoted = serde_json::to_string(mark).expect("text");
    fs::create_dir_all(work.join("gateways")).expect("writable");
    fs::create_dir_all(work.join("manifests/edge-more")).expect("writable");
    let settings = "features: { agentic: true }\nsettings: { secret-store: { provider: aws, region: eu-central-1 } }\n";
    fs::write(work.join("features.yaml"), format!("{MINIMAL}{settings}")).expect("writable");
    let secret = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{ name: team-a }}\n---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\n\
         metadata: {{ name: keys, namespace: team-a }}\nspec:\n  secretStoreRef: {{ kind: ClusterSecretStore, name: secret-store }}\n  \
         target: {{ name: keys }}\n  data: [{{ secretKey: a, remoteRef: {{ key: {quoted} }} }}]\n"
    );
    fs::write(work.join("gateways/a.yaml"), secret).expect("writable");
    let route = format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{ name: mine, namespace: inference }}\nspec:\n  \
         parentRefs: [{{ name: inference-gateway }}]\n  rules:\n  - matches: [{{ path: {{ type: PathPrefix, value: {quoted} }} }}]\n    \
         backendRefs: [{{ name: {quoted}, port: 80 }}]\n"
    );
    fs::write(work.join("manifests/edge-more/route.yaml"), route).expect("writable");
    work
}

#[test]
fn hostile_names_stay_names_in_scripts_and_graphs() {
    let work = hostile("hostile");
    let place = work.to_str().unwrap();
    let script = fine(&["-C", place, "secrets", "--script", "aws"]);
    let (worked, told) = run(&work, &script);
    assert!(worked && told.contains("$(touch taken)"), "{told}");
    assert!(!work.join("taken").exists());
    for picture in ["request", "wiring"] {
        for notation in ["mermaid", "svg"] {
            let text = fine(&["-C", place, "graph", picture, "-o", notation]);
            assert!(text.contains("touch taken") && !text.contains("<script"), "{text}");
        }
        let dot = fine(&["-C", place, "graph", picture, "-o", "dot"]);
        graph_layout::gv::DotParser::new(&dot).process().unwrap_or_else(|e| panic!("{e}: {dot}"));
    }
}

/// The way of a request, as a person would ask for it.
#[test]
fn pictures_show_the_way_of_a_request() {
    let text = fine(&["-C", "golden/full", "graph", "request"]);
    for wanted in [
        "qwen3-0-6b<br/>asks for Qwen/Qwen3-0.6B<br/>$0.1 in, $0.4 out per million tokens<br/>timeout 1500 s<br/>answers up to 4096 tokens",
        "path /models/claude-haiku/v1<br/>X-Gateway-Base-Model-Name: claude-haiku-4-5<br/>timeout 300s<br/>needs a key of the gateway",
        "AgentgatewayBackend agentgateway-system/claude-haiku<br/>always the model claude-haiku-4-5",
        "Deployment serving/qwen3-4b<br/>answers to Qwen/Qwen3-4B<br/>answers to support-tone",
        "needs a token of http://dex.dex.svc:5556<br/>at most 5 requests a second",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    let groups = fine(&["-C", "golden/full", "graph", "groups"]);
    for wanted in ["egress<br/>on: features.yaml says true", "-->|\"adds model\"|", "\"]:::off"] {
        assert!(groups.contains(wanted), "{wanted}\n{groups}");
    }
    let wiring = fine(&["-C", "golden/full", "graph", "wiring", "-o", "dot"]);
    assert!(wiring.contains("[label=\"litellm\\nDeployment\\nin litellm\"]"), "{wiring}");
    for case in ["full", "agentic-contract", "external-everything", "ha"] {
        for picture in ["request", "groups", "wiring"] {
            let place = format!("golden/{case}");
            let svg = fine(&["-C", &place, "graph", picture, "-o", "svg"]);
            assert!(
                svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && svg.contains("<title>"),
                "{case} {picture}"
            );
            assert_eq!(svg, fine(&["-C", &place, "graph", picture, "-o", "svg"]), "equal graphs give equal bytes");
        }
    }
}

/// The page of a folder, written beside it.
fn page(place: &Path, name: &str) -> (PathBuf, String) {
    let file = folder(name).join("platform.html");
    let (code, _, err) =
        said(&["-C", place.to_str().expect("UTF-8"), "report", "--output", file.to_str().expect("UTF-8")]);
    assert_eq!(code, 0, "{err}");
    // A slash needs no escape, and minijinja writes one.
    let text = fs::read_to_string(&file).expect("a file").replace("&#x2f;", "/");
    (file, text)
}

#[test]
fn the_page_says_what_there_is_and_needs_nothing_else() {
    let (_, text) = page(&fs::canonicalize("golden/full").unwrap(), "report-full");
    for wanted in [
        "features.yaml says true",
        "The way of a request",
        "$0.1 in, $0.4 out per million tokens",
        "JWT authentication on MCP",
        "litellm-salt-key",
        "ghcr.io/berriai/litellm-database:v1.89.2",
        "chart keda 2.20.1",
        "Nothing found.",
    ] {
        assert!(text.contains(wanted), "{wanted}");
    }
    for foreign in ["<script", "<link rel=\"stylesheet", "src=\"http", "url(http", "@import"] {
        assert!(!text.contains(foreign), "{foreign}");
    }
    let (_, both) = page(&fs::canonicalize("golden/two-clusters").unwrap(), "report-two");
    assert!(both.contains("Cluster dev") && both.contains("Cluster prod"));
    let (_, text) = page(&hostile("hostile-page"), "report-hostile");
    assert!(text.contains("&lt;script&gt;") && !text.contains("<script"), "markup of others");
}

/// With a revision the page begins with the review.
#[test]
fn the_page_reviews_a_change() {
    let work = folder("report-against");
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"];
        let output = Command::new("git").current_dir(&work).args(identity).args(arguments).output().expect("git runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    fs::write(work.join("features.yaml"), MINIMAL).expect("writable");
    let place = work.to_str().expect("UTF-8");
    fine(&["-C", place, "render"]);
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "before"]);
    fs::write(work.join("features.yaml"), format!("{MINIMAL}features: {{ egress: true }}\n")).expect("writable");
    fine(&["-C", place, "report", "--against", "HEAD"]);
    let text = fs::read_to_string(work.join("platform.html")).expect("a page").replace("&#x2f;", "/");
    for wanted in
        ["What changes against HEAD: ", "HTTPRoute agentgateway-system/claude-haiku", "secret-needed", "egress"]
    {
        assert!(text.contains(wanted), "{wanted}");
    }
    git(&["commit", "-qam", "after"]);
    fine(&["-C", place, "report", "--against", "HEAD~1"]);
    assert_eq!(said(&["-C", place, "report", "--against", "nowhere"]).0, 2);
}

/// What a test asks of a page in a browser: every link of the page leads somewhere, what folds unfolds, nothing is wider than
/// the window, and what stands there was seen.
const LOOK: &str = "<script>
addEventListener('load', () => {
  const links = [...document.querySelectorAll('nav a')];
  links.forEach(a => a.click());
  const lost = links.filter(a => !document.querySelector(a.getAttribute('href'))).length;
  document.querySelectorAll('details > summary').forEach(s => s.click());
  const shut = [...document.querySelectorAll('details')].filter(d => !d.open).length;
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  const rows = document.querySelectorAll('tbody tr').length, drawn = document.querySelectorAll('svg rect').length;
  document.body.dataset.seen = `links ${links.length} lost ${lost} shut ${shut} wide ${wide} rows ${rows > 60} drawn ${drawn > 15} title ${document.title}`;
});
</script></body>";

/// Chromium, where it is installed.
fn browser() -> Option<String> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = names
        .iter()
        .find(|name| Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok());
    if found.is_none() {
        eprintln!("skipped: no chromium on PATH");
    }
    found.map(|name| (*name).to_owned())
}

#[test]
fn a_browser_shows_the_page() {
    let Some(browser) = browser() else { return };
    for (place, name) in
        [(fs::canonicalize("golden/full").unwrap(), "browser-full"), (hostile("hostile-browser"), "browser-hostile")]
    {
        for width in [390, 1400] {
            let (file, text) = page(&place, name);
            // The copy may run one script: the test's own.
            let start = text.find("<meta http-equiv=\"Content-Security-Policy\"").expect("it has one");
            let end = start + text[start..].find('>').unwrap() + 1;
            let copy = format!("{}{}", &text[..start], text[end..].replace("</body>", LOOK));
            let looked = file.with_file_name("looked.html");
            fs::write(&looked, copy).expect("writable");
            for (file, script) in [(&file, false), (&looked, true)] {
                let output = Command::new(&browser)
                    .args([
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--enable-logging=stderr",
                    ])
                    .arg(format!("--user-data-dir={}", file.with_file_name("profile").display()))
                    .arg(format!("--window-size={width},900"))
                    .args(["--virtual-time-budget=5000", "--dump-dom"])
                    .arg(format!("file://{}", file.display()))
                    .output()
                    .expect("it runs");
                let (dom, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
                assert!(!log.contains("CONSOLE"), "{name} {width}: {log}");
                assert!(dom.contains("Claims and their evidence"), "{name} {width}: {log}");
                let seen = dom.split("data-seen=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
                let wanted = "lost 0 shut 0 wide 0 rows true drawn true title ai-dev: the platform";
                assert!(!script || seen.ends_with(wanted), "{name} {width}: {seen}");
            }
        }
    }
}
