//! The command `tenants`: what makes the teams and keys of a file in LiteLLM, which keeps them in its database and not in git.

pub mod file;
pub mod script;

use std::path::Path;

use anyhow::anyhow;

use crate::command::args::Tenants;
use crate::command::formats::{Form, Tool};
use crate::command::pipeline::Rendered;
use crate::command::tenants::file::Platform;
use crate::command::workspace::{Outcome, Result, Workspace};
use crate::disk::folders;
use crate::disk::read::{self, Failure};
use crate::group::memo::Memo;
use crate::object::litellm_config::{self, Config};
use crate::references::world::World;
use crate::render::bundle::Bundle;
use crate::text::source::Source;

/// Folders of a working directory that Argo CD syncs, or that are rendered into what it syncs.
const DELIVERED: [&str; 8] =
    ["rendered", "manifests", "charts", "patches", "gateways", "clusters", "groups", "templates"];

pub(crate) fn tenants(workspace: &Workspace<'_>, args: &Tenants) -> Result<Outcome> {
    outside(workspace.folder, &args.tenants, &DELIVERED)?;
    if !workspace.folder.join(workspace.file).is_file() {
        return printed(workspace.folder, args, None, None);
    }
    let cluster = workspace.one(&args.which)?;
    let mut outcomes = workspace.each(&cluster, &Memo::default(), |rendered| {
        let synced = rendered.plan.platform["argocd"]["path"].as_str();
        outside(workspace.folder, &args.tenants, synced.as_slice())?;
        let platform = Platform { name: rendered.plan.cluster.clone(), aliases: aliases(&rendered) };
        printed(workspace.folder, args, Some(platform), Some(&rendered.bundle))
    })?;
    outcomes.pop().ok_or_else(|| anyhow!("there is no cluster").into())
}

fn printed(folder: &Path, args: &Tenants, platform: Option<Platform>, bundle: Option<&Bundle>) -> Result<Outcome> {
    let source = Source::new(args.tenants.to_string_lossy(), read::text_of(&folder.join(&args.tenants))?);
    let (tenants, platform) = file::read(&source, platform).map_err(Failure::Findings)?;
    let talk = match platform.aliases {
        Some(_) => String::new(),
        None => "names of models were not looked at: no features.yaml here says which there are\n".to_owned(),
    };
    let stored = tenants["keys"].as_object().into_iter().flatten().find(|(_, key)| key["value"]["secret"].is_string());
    let data = match (args.form, stored, args.store) {
        (Form::Plan, ..) => script::plan(&tenants, &platform),
        (Form::Script, Some((name, _)), None) => {
            let hint = "say by which tool: `--store vault` (or gcloud, aws, az, kubectl)";
            return Err(anyhow!("the value of the key {name} is in the secret store\n{hint}").into());
        }
        (Form::Script, stored, store) => {
            let store: Option<(Tool, _)> = stored.and(store).map(|tool| (tool, bundle));
            script::script(&tenants, &platform, store)?
        }
    };
    Ok(Outcome { talk, ..Outcome::exactly(data) })
}

/// The aliases of the LiteLLM that is rendered.
fn aliases(rendered: &Rendered<'_>) -> Option<Vec<String>> {
    let world = World::of_bundle(&rendered.plan, &rendered.bundle, "");
    let configs = litellm_config::of_objects(&world.objects);
    let known = !configs.is_empty() && !configs.iter().any(Config::open);
    known.then(|| configs.iter().flat_map(|config| config.entries().map(|entry| entry.alias.to_owned())).collect())
}

/// Refuses a file that would be synced, or rendered.
fn outside(folder: &Path, file: &Path, delivered: &[&str]) -> Result<()> {
    let path = folder.join(file);
    if !path.exists() {
        return Err(anyhow!("there is no {}", file.display()).into());
    }
    if let Some(part) = folders::around(folder, &path, delivered.iter().copied())? {
        let hint = "teams and keys live in LiteLLM's database: keep the file elsewhere, and out of git";
        return Err(anyhow!("{} lies in {part}/, which is delivered to the cluster\n{hint}", file.display()).into());
    }
    Ok(())
}
