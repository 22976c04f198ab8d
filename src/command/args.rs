//! What can be typed. Only the shape of the command line and its help.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::engine::ArgValueCompleter;

use crate::command::formats::{Deny, Form, Format, Notation, Picture, Report, ReviewFormat, Runner, Tool};
use crate::command::words;

/// Turns one features.yaml into the complete, checked, Argo CD-ready manifests of a self-hosted LLM platform.
///
/// Exit codes: 0 fine or no difference; 1 findings, differences or bad input; 2 usage or environment; 3 our own fault.
#[derive(Debug, Parser)]
#[command(name = "gatewright", version, max_term_width = 100)]
pub struct Args {
    /// Run as if started in this folder
    #[arg(short = 'C', long = "directory", value_name = "DIR", default_value = ".", global = true)]
    pub directory: PathBuf,
    /// The features file, relative to the folder
    #[arg(short, long, value_name = "FILE", default_value = "features.yaml", global = true)]
    pub file: PathBuf,
    /// Show no progress
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the plan: which groups are on and off, why, with which provider
    Resolve {
        /// Which clusters
        #[command(flatten)]
        which: Which,
        /// Format of the plan
        #[arg(short, long, value_enum, default_value_t)]
        output: Format,
    },
    /// Write the manifests
    Render {
        /// Where, and which clusters
        #[command(flatten)]
        place: Place,
        /// Write nothing; fail when the files are not what the inputs render
        #[arg(long)]
        check: bool,
        /// Print the objects of one cluster as a stream of YAML, and nothing else; write no file
        #[arg(long, conflicts_with_all = ["check", "output_dir"])]
        stdout: bool,
        /// Let this be deleted: a cluster, or an object such as 'Cluster litellm/litellm-db'; repeatable
        #[arg(long, value_name = "WHAT", conflicts_with_all = ["check", "stdout"])]
        allow_delete: Vec<String>,
        /// Which part of the fleet
        #[command(flatten)]
        part: Part,
    },
    /// Join the outputs of all shards, once they are proved to be one fleet: none missing, doubled, changed, or of other inputs
    Merge {
        /// The output folders of `render --shard`
        #[arg(required = true, value_name = "SHARD")]
        shards: Vec<PathBuf>,
        /// Folder to join them in, relative to the working folder
        #[arg(long, value_name = "DIR", default_value = "rendered")]
        output_dir: PathBuf,
        /// Let this be deleted: a cluster, or an object such as 'Cluster litellm/litellm-db'; repeatable
        #[arg(long, value_name = "WHAT")]
        allow_delete: Vec<String>,
    },
    /// Print what renders the fleet on several machines, or delivers it, from `platform.fleet`
    Fleet {
        /// What they are
        #[arg(value_enum)]
        runner: Runner,
    },
    /// Let Argo CD's repository server render the inputs, in the place of files in git
    Argocd {
        /// What of it
        #[command(subcommand)]
        what: ArgoCd,
    },
    /// Hold an index of the fleet, or one cluster's folder, against what the inputs render
    Verify {
        /// A file that `render` wrote beside the clusters' folders, or such a folder, wherever it lies
        #[arg(value_name = "PATH", default_value = "rendered/fleet.sha256")]
        path: PathBuf,
        /// Which clusters
        #[command(flatten)]
        which: Which,
    },
    /// Look for mistakes, in what would be rendered or in any manifests; write nothing
    Check(Check),
    /// Review what `render` would change: a verdict, what is risky, what causes it, then objects and fields
    ///
    /// The verdict is one of `none`, `routine` (versions within a major version, more replicas, labels), `change`, `risky` and
    /// `refused`: `render` would refuse it, because something holds data, or because the API server would refuse the update.
    /// Exit codes: 0 no difference, 1 differences, 2 the inputs are wrong, or usage.
    Diff(Diff),
    /// Write the definitions of the pinned releases into crds/, without descriptions
    ///
    /// `check` has them built in and needs no such folder. Once it is there it alone counts: put the definitions of
    /// operators of yours beside them.
    Crds,
    /// Copy built-in files into the working folder, where they count; the first line of each says which original it was
    Eject {
        /// A file of the catalog, such as groups/litellm.yaml, templates/gateway/gateway.yaml or rules/cold-start.md
        #[arg(required = true, value_name = "FILE")]
        files: Vec<String>,
    },
    /// Write a commented features.yaml that renders at once
    Init,
    /// Print the JSON Schema of features.yaml, for editors
    Schema {
        /// That of a file in groups/ instead
        #[arg(long)]
        group: bool,
        /// That of a block `rule` in a page of rules/ instead
        #[arg(long, conflicts_with = "group")]
        rule: bool,
    },
    /// Print what the platform claims, each claim with the state that the manifests bear out
    Status {
        /// Where the files lie that Argo CD syncs, and which clusters
        #[command(flatten)]
        place: Place,
        /// Format of the table
        #[arg(short, long, value_enum, default_value_t)]
        output: Format,
    },
    /// Print every key that the secret store must hold, who reads it and who makes it
    Secrets {
        /// Which clusters
        #[command(flatten)]
        which: Which,
        /// Format of the list
        #[arg(short, long, value_enum, default_value_t)]
        output: Format,
        /// Print a shell script that fills what is missing instead; it holds no value, and nothing is run
        #[arg(long, value_name = "TOOL", value_enum, conflicts_with = "output")]
        script: Option<Tool>,
    },
    /// Print what makes the teams and keys of a file in LiteLLM, in words or as a shell script; nothing is run
    Tenants(Tenants),
    /// Draw the groups, the way of a request, or which object names which
    Graph {
        /// What to draw
        #[arg(value_enum)]
        picture: Picture,
        /// Which clusters
        #[command(flatten)]
        which: Which,
        /// How to draw it
        #[arg(short, long, value_enum, default_value_t)]
        output: Notation,
    },
    /// Write one page about the platform, to open in a browser: what is on and why, requests, claims, findings, keys, images
    Report {
        /// Where the files lie that Argo CD syncs, and which cluster
        #[command(flatten)]
        place: Place,
        /// The file, relative to the folder
        #[arg(short, long, value_name = "FILE", default_value = "platform.html")]
        output: PathBuf,
        /// With what changes since this revision of git, as `diff` tells it
        #[arg(long, value_name = "REV")]
        against: Option<String>,
    },
    /// Print every image with the object that names it, and the charts that alone know theirs
    Images {
        /// Which clusters
        #[command(flatten)]
        which: Which,
        /// Format of the list
        #[arg(short, long, value_enum, default_value_t)]
        output: Format,
    },
    /// Explain a rendered file or line, an object, a setting, a group, a finding code, a gateway, or why something is not rendered
    ///
    /// From a folder without a features.yaml the nearest one above is used, and stderr says which.
    Explain {
        /// `FILE[:LINE]`, `KIND/NAMESPACE/NAME`, `serving.timeoutSeconds`, a group, a code such as `not-a-flag`, or `why-not`
        #[arg(add = ArgValueCompleter::new(words::topics))]
        topic: String,
        /// With `why-not`: `KIND/NAME` or `KIND/NAMESPACE/NAME`
        #[arg(required_if_eq("topic", "why-not"))]
        object: Option<String>,
    },
    /// Compare the golden cases (folders with features.yaml and rendered/) with what they render
    Golden {
        /// Folder of the cases
        #[arg(long, value_name = "DIR", default_value = "golden")]
        cases: PathBuf,
        /// Make today's trees the promise
        #[arg(long)]
        accept: bool,
    },
    /// Render and check every combination of features and profiles, with providers of all kinds
    Prove,
    /// Print a man page: that of the program, or of one command
    Man {
        /// The command
        name: Option<String>,
    },
    /// Print a completion script, by which your shell asks this program for names of groups, codes and clusters
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

/// What to look at, and how hard.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// Where the files lie that Argo CD syncs, and which clusters
    #[command(flatten)]
    pub place: Place,
    /// Look at these manifests instead: a file, a folder, or `-` for stdin
    #[arg(long, value_name = "PATH", conflicts_with_all = ["cluster", "selector", "output_dir"])]
    pub manifests: Option<PathBuf>,
    /// CustomResourceDefinitions to hold objects against: a file or a folder; repeatable [default: crds/, or those of the pinned releases]
    #[arg(long, value_name = "PATH")]
    pub crds: Vec<PathBuf>,
    /// Print what of the definitions is evaluated and what is not, instead of findings
    #[arg(long)]
    pub coverage: bool,
    /// Accept what this file names, and tell only what is new
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Make the file of --baseline anew: accept all that is found now
    #[arg(long, requires = "baseline")]
    pub write_baseline: bool,
    /// Fail on warnings too
    #[arg(long, value_name = "WHAT")]
    pub deny: Option<Deny>,
    /// Format of the findings
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Report,
}

/// What to compare with what, and how to tell it.
#[derive(Debug, clap::Args)]
pub struct Diff {
    /// Where, and which cluster
    #[command(flatten)]
    pub place: Place,
    /// Compare with this revision of git, not with the files that lie there
    #[arg(long, value_name = "REV")]
    pub against: Option<String>,
    /// What if: a flag, as `egress=true`; repeatable, edits nothing
    #[arg(long, value_name = "FLAG=BOOL")]
    pub features: Vec<String>,
    /// What if: a setting, as `serving.timeoutSeconds=60`, or `platform.profile=ha`; repeatable, edits nothing
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Show instead what files that `eject` wrote have, and the built-in ones of today have not
    #[arg(long)]
    pub ejected: bool,
    /// CustomResourceDefinitions to hold changes against: a file or a folder; repeatable [default: crds/, or those of the pinned releases]
    #[arg(long, value_name = "PATH")]
    pub crds: Vec<PathBuf>,
    /// Format of the review
    #[arg(short, long, value_enum, default_value_t)]
    pub output: ReviewFormat,
}

/// Which teams and keys, and how to tell them.
#[derive(Debug, clap::Args)]
pub struct Tenants {
    /// What is printed
    #[arg(value_enum)]
    pub form: Form,
    /// The file of teams and keys, which lies outside of what Argo CD syncs
    #[arg(value_name = "FILE")]
    pub tenants: PathBuf,
    /// Which cluster
    #[command(flatten)]
    pub which: Which,
    /// What reads the secret store, for keys whose value is there
    #[arg(long, value_name = "TOOL", value_enum)]
    pub store: Option<Tool>,
}

/// Where trees lie.
#[derive(Clone, Debug, clap::Args)]
pub struct Place {
    /// Folder of the rendered files, relative to the working folder
    #[arg(long, value_name = "DIR", default_value = "rendered")]
    pub output_dir: PathBuf,
    /// Which clusters
    #[command(flatten)]
    pub which: Which,
}

/// Which clusters; all, where nothing is said.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Which {
    /// Only this cluster, or those whose names are like this (`*`, `?`); repeatable
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(words::clusters))]
    pub cluster: Vec<String>,
    /// Only clusters with this in `platform.labels`: `key=value`, `key!=value` or `key`; repeatable, all of them must hold
    #[arg(short = 'l', long, value_name = "LABEL", value_delimiter = ',')]
    pub selector: Vec<String>,
}

/// Which part of the fleet; all of it, where nothing is said.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Part {
    /// Only the clusters of this shard, such as 3/7: the fourth of seven; by a stable hash of their names
    #[arg(long, value_name = "I/N", conflicts_with_all = ["check", "stdout", "cluster", "selector", "shards"])]
    pub shard: Option<String>,
    /// The same in a Kubernetes Indexed Job, of so many: JOB_COMPLETION_INDEX says which
    #[arg(long, value_name = "N", conflicts_with_all = ["check", "stdout", "cluster", "selector"])]
    pub shards: Option<u64>,
}

/// What a plugin of Argo CD takes.
#[derive(Debug, Subcommand)]
pub enum ArgoCd {
    /// Print the plugin's configuration, and the patch that puts it beside the repository server
    Plugin {
        /// An image that the Containerfile builds [default: `platform.fleet.image`]
        #[arg(long)]
        image: Option<String>,
    },
    /// Print the objects of one folder, with Applications at the inputs: what the plugin runs
    Generate {
        /// The cluster [default: PARAM_CLUSTER, as the Application says]
        #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(words::clusters))]
        cluster: Option<String>,
        /// The folder below the cluster's; bootstrap: what is applied by hand [default: PARAM_FOLDER, or argocd]
        #[arg(long)]
        folder: Option<String>,
    },
}
