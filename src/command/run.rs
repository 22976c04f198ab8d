//! One function a command: it reads through `disk`, calls the pipeline, and says what goes to which stream.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use serde_json::{Value, json};

use crate::agentic::model;
use crate::command::args::{Args, Command, Place, Which};
use crate::command::beside::{Lying, Meant};
use crate::command::check;
use crate::command::crds;
use crate::command::diff;
use crate::command::eject;
use crate::command::explain;
use crate::command::explaining;
use crate::command::formats::{Format, Tool};
use crate::command::gateway_config;
use crate::command::golden;
use crate::command::graph;
use crate::command::merge;
use crate::command::page;
use crate::command::plugin;
use crate::command::proof;
use crate::command::rendering;
use crate::command::runners;
use crate::command::seed;
use crate::command::tables::{
    images_text, plan_json, plan_markdown, plan_text, secrets_markdown, secrets_text, status_markdown, status_text,
};
use crate::command::tenants;
use crate::command::verify;
use crate::command::workspace::{Outcome, Result, Workspace, formatted, pretty};
use crate::disk::read::{self, Failure};
use crate::disk::write;
use crate::group::catalog::Catalog;
use crate::group::file::Group;
use crate::group::memo::Memo;
use crate::render::claims::Claim;
use crate::render::images::{self, Image};
use crate::render::secret_contract;
use crate::text::finding::{Code, Finding, sorted};

/// What `init` writes.
const STARTER: &str = include_str!("../../features.yaml");

/// Runs any command but `completions` and `man`.
///
/// # Errors
/// Findings on the user's files, or the environment.
pub fn run(args: &Args) -> Result<Outcome> {
    let folder = args.directory.as_path();
    if !folder.is_dir() {
        return Err(anyhow!("{} is no folder", folder.display()).into());
    }
    match args.command {
        Command::Init => return init(folder, &args.file),
        Command::Crds => return crds::crds(folder),
        Command::Merge { ref shards, ref output_dir, ref allow_delete } => {
            return merge::merge(folder, shards, output_dir, allow_delete);
        }
        // Of no catalog: who asks may be mending one.
        Command::Schema { group: true, .. } => return Ok(Outcome::exactly(pretty(&explain::group_schema()))),
        Command::Schema { rule: true, .. } => return Ok(Outcome::exactly(pretty(&explain::rule_schema()))),
        _ => {}
    }
    let near = match args.command {
        Command::Explain { .. } => explaining::nearest(folder, &args.file),
        _ => explaining::Nearest::here(folder),
    };
    let folder = near.folder.as_path();
    let of_others = matches!(&args.command, Command::Check(check) if check.manifests.is_some());
    let files = read::catalog_files(folder, of_others)?;
    let catalog = Catalog::new(&files).map_err(|f| Failure::Findings(sorted(f)))?;
    let workspace = Workspace { folder, file: &args.file, catalog: &catalog, quiet: args.quiet };
    match &args.command {
        Command::Resolve { which, output } => workspace.resolve(which, *output),
        Command::Render { place, stdout: true, .. } => rendering::stdout(&workspace, place),
        Command::Render { place, check: true, .. } => rendering::render_check(&workspace, place),
        Command::Render { place, allow_delete, part, .. } => rendering::render(&workspace, place, allow_delete, part),
        Command::Fleet { runner } => runners::print(&workspace, *runner),
        Command::Argocd { what } => plugin::argocd(&workspace, what),
        Command::Verify { path, which } => verify::verify(&workspace, path, which),
        Command::Check(args) => check::check(&workspace, args),
        Command::Diff(args) if args.ejected => Ok(eject::diff(&workspace)),
        Command::Diff(args) => diff::diff(&workspace, args),
        Command::Eject { files } => eject::eject(&workspace, files),
        Command::Status { place, output } => workspace.status(place, *output),
        Command::Secrets { which, script: Some(tool), .. } => workspace.seed(which, *tool),
        Command::Secrets { which, output, .. } => workspace.secrets(which, *output),
        Command::Tenants(args) => tenants::tenants(&workspace, args),
        Command::Graph { picture, which, output } => graph::graph(&workspace, *picture, which, *output),
        Command::Report { place, output, against } => page::write(&workspace, place, against.as_deref(), output),
        Command::Images { which, output } => workspace.images(which, *output),
        Command::Golden { cases, accept } => workspace.golden(cases, *accept),
        Command::Prove => proof::proof(&workspace),
        Command::Schema { .. } => Ok(Outcome::exactly(pretty(&explain::schema(&catalog)))),
        Command::Explain { topic, object } => explaining::explain(&workspace, &near, topic, object.as_deref()),
        Command::Init | Command::Crds | Command::Man { .. } | Command::Merge { .. } | Command::Completions { .. } => {
            unreachable!("run before")
        }
    }
}

impl Workspace<'_> {
    fn resolve(&self, which: &Which, output: Format) -> Result<Outcome> {
        let clusters = self.clusters(Some(which))?;
        let plans = self.each(&clusters, &Memo::default(), |rendered| Ok(rendered.plan))?;
        let local: Vec<String> = self
            .catalog
            .local
            .iter()
            .map(|(file, replaces)| {
                let based = |group: &Group| group.based && group.source.name == *file;
                let what = match replaces {
                    true if self.catalog.groups.values().any(based) => "lies over the built-in file",
                    true => "replaces the built-in file",
                    false => "is added",
                };
                format!("{file} {what}")
            })
            .collect();
        if output == Format::Text {
            let notes: String = local.iter().map(|line| format!("catalog: {line}\n")).collect();
            return Ok(Outcome::data(plans.iter().map(plan_text).collect::<String>() + &notes));
        }
        if output == Format::Markdown {
            return Ok(Outcome::data(plans.iter().map(plan_markdown).collect::<Vec<_>>().join("\n")));
        }
        let data = json!({ "clusters": plans.iter().map(plan_json).collect::<Value>(), "catalog": local });
        formatted(&data, output)
    }

    fn status(&self, place: &Place, output: Format) -> Result<Outcome> {
        let meant = Meant::read(self)?;
        let looked = self.each(&self.clusters(Some(&place.which))?, &Memo::default(), |rendered| {
            let lying = Lying::new(self, place, &meant, &rendered)?;
            let claims = lying.claims(&rendered);
            let told = lying.behind_told().into_iter().chain(lying.others.findings).collect::<Vec<_>>();
            let gateways: Vec<Value> = rendered.plan.agentic.model.gateways.iter().map(model::status).collect();
            Ok(((rendered.plan.cluster.clone(), claims, gateways), told))
        })?;
        let (tables, findings): (Vec<_>, Vec<_>) = looked.into_iter().unzip();
        let findings = findings.into_iter().flatten().chain(meant.findings(place)).collect();
        let outcome = status_of(&tables, output)?;
        Ok(Outcome { findings: sorted(findings), ..outcome })
    }

    fn images(&self, which: &Which, output: Format) -> Result<Outcome> {
        let lists = self.each(&self.clusters(Some(which))?, &Memo::default(), |rendered| {
            Ok((rendered.plan.cluster.clone(), images::images(&rendered.bundle)))
        })?;
        if output == Format::Text {
            return Ok(Outcome::data(lists.iter().map(|(name, images)| images_text(name, images)).collect::<String>()));
        }
        let one = |(name, images): &(String, Vec<Image>)| json!({ "cluster": name, "images": images });
        formatted(&lists.iter().map(one).collect::<Value>(), output)
    }

    fn secrets(&self, which: &Which, output: Format) -> Result<Outcome> {
        let lists = self.each(&self.clusters(Some(which))?, &Memo::default(), |rendered| {
            Ok((rendered.plan.cluster.clone(), secret_contract::contract(&rendered.plan, &rendered.bundle)))
        })?;
        match output {
            Format::Text => {
                Ok(Outcome::data(lists.iter().map(|(name, keys)| secrets_text(name, keys)).collect::<String>()))
            }
            Format::Markdown => {
                let tables: Vec<String> = lists.iter().map(|(name, keys)| secrets_markdown(name, keys)).collect();
                Ok(Outcome::data(tables.join("\n")))
            }
            _ => {
                let data = lists.iter().map(|(name, keys)| json!({ "cluster": name, "keys": keys })).collect::<Value>();
                formatted(&data, output)
            }
        }
    }

    /// A script for one cluster: stores, and those who may write there, differ.
    fn seed(&self, which: &Which, tool: Tool) -> Result<Outcome> {
        let cluster = self.one(which)?;
        let texts = self.each(&cluster, &Memo::default(), |rendered| {
            let keys = secret_contract::contract(&rendered.plan, &rendered.bundle);
            seed::script(tool, &rendered.plan.cluster, &keys, &rendered.bundle)
        })?;
        Ok(Outcome::exactly(texts.concat()))
    }

    #[expect(clippy::disallowed_methods, reason = "CI must not accept what it is there to refuse")]
    fn golden(&self, cases: &Path, accept: bool) -> Result<Outcome> {
        if accept && std::env::var_os("CI").is_some() {
            return Err(anyhow!("golden trees are not accepted in CI\nrun `gatewright golden --accept` on your machine and commit the result").into());
        }
        let root = self.folder.join(cases);
        let names = read::cases(&root)?;
        if names.is_empty() {
            return Err(anyhow!("{} has no cases\na case is a folder with a features.yaml", cases.display()).into());
        }
        let (mut talk, mut findings, mut data) = (String::new(), Vec::new(), String::new());
        for name in &names {
            let case = root.join(name);
            if accept {
                let changed = golden::accept(self.catalog, &case)?;
                if changed > 0 {
                    talk += &format!("{name}: {changed} files accepted\n");
                }
                continue;
            }
            let difference = golden::difference(self.catalog, &case)?;
            if !difference.is_empty() {
                data += &difference;
                let finding =
                    Finding::error(Code::GoldenDiffers, format!("{}/{name} is not what it renders", cases.display()));
                findings.push(
                    finding.help("if the change is meant: `gatewright golden --accept`, and review the diff in git"),
                );
            }
        }
        talk += &format!("{} cases\n", names.len());
        Ok(Outcome { data, talk, findings, ..Outcome::default() })
    }
}

/// The table of claims of each cluster, and the state of its gateways.
fn status_of(tables: &[(String, Vec<Claim>, Vec<Value>)], output: Format) -> Result<Outcome> {
    match output {
        Format::Text => {
            let one = |(name, claims, gateways): &(String, Vec<Claim>, Vec<Value>)| {
                status_text(name, claims) + &gateway_config::status_text(gateways)
            };
            Ok(Outcome::data(tables.iter().map(one).collect::<String>()))
        }
        Format::Markdown => {
            let tables: Vec<String> = tables.iter().map(|(name, claims, _)| status_markdown(name, claims)).collect();
            Ok(Outcome::data(tables.join("\n")))
        }
        _ => {
            let one = |(name, claims, gateways): &(String, Vec<Claim>, Vec<Value>)| json!({ "cluster": name, "claims": claims, "gateways": gateways });
            formatted(&tables.iter().map(one).collect::<Value>(), output)
        }
    }
}

fn init(folder: &Path, file: &Path) -> Result<Outcome> {
    write::create(&folder.join(file), STARTER)?;
    Ok(Outcome {
        talk: format!("{} written; next: gatewright render\n", PathBuf::from(file).display()),
        ..Outcome::default()
    })
}
