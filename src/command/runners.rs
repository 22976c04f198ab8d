//! The command `fleet`: what renders a fleet on several machines, or delivers it, from `platform.fleet` and a template.

use anyhow::anyhow;
use serde_json::{Value, json};

use crate::command::formats::Runner;
use crate::command::workspace::{Outcome, Result, Workspace};
use crate::disk::read::Failure;
use crate::plan::features::Cluster;

pub(crate) fn print(workspace: &Workspace<'_>, runner: Runner) -> Result<Outcome> {
    let clusters = workspace.clusters(None)?;
    let first = clusters.first().ok_or_else(|| anyhow!("there is no cluster"))?;
    let fleet = |platform: &Value| platform["fleet"].clone();
    if let Some(other) = clusters.iter().find(|other| fleet(&other.platform) != fleet(&first.platform)) {
        let hint = "it is about all clusters: set it in features.yaml alone";
        return Err(anyhow!("`platform.fleet` of {} is not that of {}\n{hint}", other.name, first.name).into());
    }
    let template = match runner {
        Runner::Job => "templates/fleet/job.yaml",
        Runner::Matrix => "templates/fleet/matrix.yaml",
        Runner::Appset => "templates/fleet/appset.yaml",
    };
    if runner != Runner::Appset && !first.platform["fleet"]["image"].is_string() {
        return Err(
            anyhow!("`platform.fleet.image` is not set\nan image with gatewright in it, which is what runs").into()
        );
    }
    let one = |cluster: &Cluster| {
        let of = &cluster.platform["argocd"];
        json!({ "cluster": cluster.name, "revision": of["revision"], "path": of["path"] })
    };
    let context = json!({ "platform": first.platform, "clusters": clusters.iter().map(one).collect::<Value>() });
    filled(workspace, template, &context)
}

/// A template with what it names, as it is.
pub(crate) fn filled(workspace: &Workspace<'_>, template: &str, context: &Value) -> Result<Outcome> {
    let text = workspace.catalog.templates.render(template, context);
    Ok(Outcome::exactly(text.map_err(|finding| Failure::Findings(vec![finding]))?))
}
