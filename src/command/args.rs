//! What can be typed. Only the shape of the command line and its help.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

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
    /// Show what `render` would change, as a unified diff, and what of it the API server would refuse
    ///
    /// Objects that are in the output folder and rendered differently now are held against the rules on updates: those of
    /// CustomResourceDefinitions that name `oldSelf`, and the fields of built-in kinds that never change, such as the
    /// selector of a Deployment. A refusal is a finding on stderr; the exit code is 1, as for any difference. Objects that
    /// Argo CD deletes before it applies them (hooks, `Force=true`) are new each time.
    Diff {
        /// Where, and which clusters
        #[command(flatten)]
        place: Place,
        /// CustomResourceDefinitions to hold changes against: a file or a folder; repeatable [default: crds/, where it is there]
        #[arg(long, value_name = "PATH")]
        crds: Vec<PathBuf>,
        /// Show instead what files that `eject` wrote have, and the built-in ones of today have not
        #[arg(long)]
        ejected: bool,
    },
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
    },
    /// Explain a group with its settings, a finding code, or a gateway with its configuration and URL
    Explain {
        /// Name of a group, a code such as `not-a-flag`, or KIND/NAMESPACE/NAME of an AiGateway, ToolGateway, ToolRoute or Agent
        topic: String,
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
    /// Render and check every combination of features, providers and profiles
    Prove,
    /// Print a completion script
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
    /// CustomResourceDefinitions to hold objects against: a file or a folder; repeatable [default: crds/, where it is there]
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

/// Formats of findings. Paths are relative to the folder of `-C`; for those that read them elsewhere, to where the command
/// was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Report {
    /// For people, on stderr
    #[default]
    Text,
    /// JSON
    Json,
    /// SARIF 2.1.0, for code scanning; paths as seen from where the command was started
    Sarif,
    /// Annotations of GitHub Actions, one for each cause, at most ten errors and ten warnings; paths as in sarif
    Github,
}

/// What `check` fails on beside errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Warnings
    Warnings,
}

/// Where trees lie.
#[derive(Debug, clap::Args)]
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
    #[arg(long, value_name = "NAME")]
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

/// What works on a whole fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Runner {
    /// A Kubernetes Indexed Job
    Job,
    /// A matrix of GitHub Actions, as a workflow
    Matrix,
    /// An ApplicationSet of Argo CD that brings each cluster's AppProject and root Application
    Appset,
}

/// Formats of data; each command says which it knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// JSON
    Json,
    /// YAML
    Yaml,
    /// A Markdown table
    Markdown,
}
