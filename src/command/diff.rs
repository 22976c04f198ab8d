//! The command `diff`: two states of every cluster, what differs between them, and why.

use std::collections::BTreeMap;
use std::io::IsTerminal;

use anyhow::anyhow;

use crate::command::args::Diff;
use crate::command::beside::shown;
use crate::command::causes::Inputs;
use crate::command::definitions::{Asked, Definitions};
use crate::command::formats::{Format, ReviewFormat};
use crate::command::pipeline::{self, Rendered};
use crate::command::rendering::{names, orphans, output_folder};
use crate::command::review::risk::sight::Risk;
use crate::command::review::told::{Review, Seen, Verdict};
use crate::command::review::{json, markdown, text};
use crate::command::revision::Revision;
use crate::command::seen;
use crate::command::updates;
use crate::command::whatif;
use crate::command::workspace::{Outcome, Result, Workspace, formatted};
use crate::disk::git::Repository;
use crate::disk::read::{self, Failure};
use crate::group::catalog::Catalog;
use crate::group::memo::Memo;
use crate::plan::features::Cluster;
use crate::render::tree::{self, INDEX, Tree, unified_diff};
use crate::text::finding::{Code, Finding, sorted};
use crate::text::secret;
use crate::text::shown;

/// What the clusters were: where their files are, and the inputs that these were made of, as far as they are known.
struct Base {
    /// The files: those of a revision, or those that lie there.
    revision: Option<Revision>,
    /// The question is what the inputs would make, not what lies there.
    inputs_only: bool,
    catalog: Option<Catalog>,
    clusters: BTreeMap<String, Cluster>,
    /// What was rendered with the catalog of the revision.
    memo: Memo,
    /// Only clusters whose files are still those of the revision have its inputs.
    unless_edited: bool,
}

/// Folders of clusters that are gone that are each told on stderr; the review has all.
const TOLD: usize = 3;

/// Reviews what would change.
pub(crate) fn diff(workspace: &Workspace<'_>, args: &Diff) -> Result<Outcome> {
    match compared(workspace, args) {
        Err(Failure::Findings(findings)) => {
            let why = |f: &Finding| format!("{}: {}", f.code.name(), f.message);
            let refused = findings.iter().map(|f| (why(f), Default::default())).collect();
            let review = Review { refused, ..Review::default() };
            Ok(Outcome { findings, differs: false, ..told(&review, args.output)? })
        }
        other => other,
    }
}

/// What is known of one cluster after it was looked at.
struct Looked {
    seen: Seen,
    patch: String,
    /// Any file does.
    differs: bool,
    findings: Vec<Finding>,
    asked: Asked,
}

fn compared(workspace: &Workspace<'_>, args: &Diff) -> Result<Outcome> {
    output_folder(workspace, &args.place)?;
    let definitions = Definitions::find(workspace.folder, &args.crds)?;
    let written = workspace.clusters(Some(&args.place.which))?;
    let several = !read::inputs(workspace.folder, workspace.file)?.clusters.is_empty();
    let asked = whatif::asked(workspace, &args.features, &args.set)?;
    let clusters = whatif::clusters(workspace, &written, &asked, several)?;
    let base = base(workspace, args, &written, !asked.is_empty())?;
    let files = read::catalog_files(workspace.folder, false)?;
    let memo = Memo::default();
    let looked = workspace.each(&clusters, &memo, |rendered| {
        let stem = several.then_some(rendered.cluster.name.as_str());
        let inputs = Inputs { cluster: rendered.cluster, files: &files, catalog: workspace.catalog, stem, memo: &memo };
        look(workspace, args, &base, (inputs, &rendered), &definitions)
    })?;
    let (mut seen, mut data, mut findings, mut wanted) = (Vec::new(), String::new(), Vec::new(), Vec::new());
    let formatting = looked.iter().any(|looked| looked.differs);
    for looked in looked {
        data += &looked.patch;
        findings.extend(looked.findings);
        wanted.push(looked.asked);
        seen.push(looked.seen);
    }
    let mut talk = String::new();
    let known = names(&clusters);
    let lying = !base.inputs_only && (base.revision.is_none() || base.unless_edited);
    let gone = match lying {
        true => orphans(workspace, &args.place, &known)?,
        false if args.place.which.is_all() => {
            base.clusters.keys().filter(|name| !known.contains(*name)).cloned().collect()
        }
        false => Vec::new(),
    };
    let more = gone.len().saturating_sub(TOLD);
    for (at, cluster) in gone.into_iter().enumerate() {
        let name = shown(&args.place, &cluster);
        let found = match &base.revision {
            Some(revision) if !lying => revision.tree(&name),
            _ => read::read_tree(&workspace.folder.join(&name))?,
        };
        data += &unified_diff(&name, &tree::owned(&found, &Tree::new()), &Tree::new());
        if at < TOLD {
            talk += &format!(
                "{name} belongs to no cluster: `{cluster}` was renamed, or is gone; in Argo CD its root Application, its AppProject and its \
                 Applications stay, and own what they brought: docs/operations.md, \"Another name\"\n"
            );
        }
        let risk = Risk {
            code: Code::LeftBehind,
            field: String::new(),
            message: "the cluster is gone from the inputs, and all that its Applications brought stays".into(),
            help: "docs/operations.md, \"Another name\"".into(),
        };
        let labels = base.clusters.get(&cluster).map(|was| &was.platform["labels"]);
        let ring = labels.and_then(|labels| labels["ring"].as_str()).unwrap_or_default().to_owned();
        seen.push(Seen { cluster, ring, risks: vec![risk], ..Seen::default() });
    }
    if more > 0 {
        talk += &format!("and {more} more folders of clusters that are gone\n");
    }
    let review = Review::new(seen);
    let differs = !review.told.is_empty() || !review.whole.is_empty() || !data.is_empty();
    if !differs && formatting {
        talk += "files differ, and no object does: `gatewright diff -o patch` shows them, `gatewright render` writes them\n";
    }
    if differs {
        let wanted = Asked::all(wanted);
        let known = definitions.of(&wanted);
        findings.extend(known.1.iter().cloned());
        talk += &definitions.unknown(&wanted, &known.0);
    }
    let outcome = match args.output {
        ReviewFormat::Patch => Outcome::data(data),
        format if differs || review.verdict() != Verdict::None || format != ReviewFormat::Text => {
            told(&review, format)?
        }
        _ => Outcome::default(),
    };
    Ok(Outcome { differs, talk, findings: sorted(findings), ..outcome })
}

/// A review in a format.
fn told(review: &Review, format: ReviewFormat) -> Result<Outcome> {
    match format {
        ReviewFormat::Json => formatted(&json::json(review), Format::Json),
        ReviewFormat::Markdown => Ok(Outcome::data(markdown::markdown(review))),
        ReviewFormat::Patch => Ok(Outcome::default()),
        ReviewFormat::Text => {
            let styled = shown::drawn(&secret::masked(&text::text(review)));
            let plain = !(std::io::stdout().is_terminal()
                && anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never);
            Ok(Outcome::exactly(if plain { anstream::adapter::strip_str(&styled).to_string() } else { styled }))
        }
    }
}

/// What there was before, as the arguments say.
fn base(workspace: &Workspace<'_>, args: &Diff, written: &[Cluster], asked: bool) -> Result<Base> {
    let nothing = Base {
        revision: None,
        inputs_only: false,
        catalog: None,
        clusters: BTreeMap::new(),
        memo: Memo::default(),
        unless_edited: false,
    };
    let by_name = |clusters: Vec<Cluster>| clusters.into_iter().map(|c| (c.name.clone(), c)).collect();
    let place = args.place.output_dir.to_string_lossy();
    let rendered = format!("{place}/");
    let here = |rest: &str| rest.split('/').next().is_some_and(|name| written.iter().any(|c| c.name == name));
    // Of the inputs all, and of what was rendered no more than is looked at.
    let wanted = |path: &str| match path.strip_prefix(&rendered) {
        Some(_) if args.against.is_none() => path.ends_with(INDEX),
        Some(rest) => args.place.which.is_all() || here(rest),
        None => path.ends_with(".yaml") || path.ends_with(".md"),
    };
    let repository = Repository::around(workspace.folder);
    if let Some(revision) = &args.against {
        let Some(repository) = repository else {
            return Err(anyhow!("--against {revision}: the folder lies in no git repository").into());
        };
        let revision = Revision::new(repository.files(&repository.commit(revision)?, &wanted)?);
        let (catalog, clusters) = of_revision(workspace, &revision).map_err(Failure::Findings)?;
        return Ok(Base { revision: Some(revision), catalog: Some(catalog), clusters: by_name(clusters), ..nothing });
    }
    if asked {
        return Ok(Base { inputs_only: true, clusters: by_name(written.to_vec()), ..nothing });
    }
    // The inputs that the files lying there were made of are those of the commit that brought them.
    let commit = repository.as_ref().and_then(|repository| Some((repository, repository.last_change(&place)?)));
    let Some((repository, commit)) = commit else { return Ok(nothing) };
    let revision = Revision::new(repository.files(&commit, &wanted)?);
    Ok(match of_revision(workspace, &revision) {
        Ok((catalog, clusters)) => Base {
            revision: Some(revision),
            catalog: Some(catalog),
            clusters: by_name(clusters),
            unless_edited: true,
            ..nothing
        },
        Err(_) => nothing,
    })
}

fn of_revision(
    workspace: &Workspace<'_>,
    revision: &Revision,
) -> std::result::Result<(Catalog, Vec<Cluster>), Vec<Finding>> {
    let catalog = Catalog::new(&revision.catalog_files)?;
    let features = workspace.file.to_string_lossy().replace('\\', "/");
    let clusters = revision.clusters(&features, &catalog)?.unwrap_or_default();
    Ok((catalog, clusters))
}

/// One cluster: its files before and after, and what the difference means.
fn look(
    workspace: &Workspace<'_>,
    args: &Diff,
    base: &Base,
    (inputs, rendered): (Inputs<'_>, &Rendered<'_>),
    definitions: &Definitions,
) -> Result<Looked> {
    let name = rendered.plan.cluster.as_str();
    let folder = shown(&args.place, name);
    let new = rendered.tree();
    let mut was = base.clusters.get(name);
    let catalog = base.catalog.as_ref().unwrap_or(workspace.catalog);
    let memo = if base.catalog.is_some() { &base.memo } else { inputs.memo };
    let rendered_before = || -> Result<Tree> {
        let Some(was) = was else { return Ok(Tree::new()) };
        Ok(pipeline::render(catalog, was, memo).map_err(Failure::Findings)?.tree())
    };
    let committed = base.revision.as_ref().map(|revision| revision.tree(&folder)).unwrap_or_default();
    let old = match &base.revision {
        _ if base.inputs_only => rendered_before()?,
        Some(_) if !base.unless_edited => match tree::owned(&committed, &new) {
            nothing if nothing.is_empty() => rendered_before()?,
            owned => owned,
        },
        _ => {
            let found = read::read_tree(&workspace.folder.join(&folder))?;
            if found.get(INDEX) != committed.get(INDEX) {
                was = None;
            }
            tree::owned(&found, &new)
        }
    };
    let asked = Asked { kinds: updates::kinds(rendered, &old), ..Asked::of(&rendered.bundle) };
    let known = definitions.of(&asked);
    let files = base.revision.as_ref().map_or(inputs.files, |revision| &revision.catalog_files);
    let then = was.map(|cluster| Inputs { cluster, files, catalog, stem: inputs.stem, memo });
    let (seen, findings) = seen::seen(&folder, (&old, then), (&new, inputs, rendered), &known.0);
    let patch = match args.output {
        ReviewFormat::Patch => unified_diff(&folder, &old, &new),
        _ => String::new(),
    };
    Ok(Looked { seen, patch, differs: !tree::changes(&old, &new).is_empty(), findings, asked })
}
