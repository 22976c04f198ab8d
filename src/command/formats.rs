//! The words that options of the command line take: formats, tools, pictures.

use clap::ValueEnum;

/// Formats of a review.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReviewFormat {
    /// For people
    #[default]
    Text,
    /// JSON, as docs/diff.md says
    Json,
    /// Markdown for a comment on a pull request, 65,536 characters at most
    Markdown,
    /// The files line by line, as a unified diff
    Patch,
}

/// Formats of findings. Paths are relative to the folder of `-C`; for those that read them elsewhere, to the root of the git
/// repository, or without one to where the command was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Report {
    /// For people, on stderr
    #[default]
    Text,
    /// JSON
    Json,
    /// SARIF 2.1.0, for code scanning; at files that you can edit, paths from the repository's root
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

/// How `tenants` tells what is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// In words
    Plan,
    /// As a shell script that looks first, and changes what differs
    Script,
}

/// Programs that write to a secret store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Tool {
    /// HashiCorp Vault
    Vault,
    /// Google Secret Manager
    Gcloud,
    /// AWS Secrets Manager or Parameter Store
    Aws,
    /// Azure Key Vault
    Az,
    /// Secrets of a namespace
    Kubectl,
}

/// What `graph` draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Picture {
    /// Which group needs which, and what adds to the lists of another
    Groups,
    /// From the alias that a caller names to the model that answers
    Request,
    /// Which object names which
    Wiring,
}

/// How a graph is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Notation {
    /// Mermaid, which GitHub and GitLab draw in Markdown
    #[default]
    Mermaid,
    /// DOT of Graphviz
    Dot,
    /// SVG
    Svg,
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
