//! What is said about the user's files: code, severity, place, way out. Only data; `report` draws it.

use crate::source::Place;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is written and the exit code is 1.
    Error,
    /// Said, and no more.
    Warning,
}

/// One observation. Findings sort by place, then code, then message.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What kind of mistake it is.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
    /// Other places that explain it, each with a few words.
    pub related: Vec<(Place, String)>,
    /// The way out.
    pub help: Option<String>,
}

impl Finding {
    /// An error without a place yet.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, message: message.into(), place: None, related: Vec::new(), help: None }
    }

    /// A warning without a place yet.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// With its place.
    pub fn place(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// With one more place that explains it.
    pub fn related(mut self, place: Place, words: impl Into<String>) -> Self {
        self.related.push((place, words.into()));
        self
    }

    /// With its way out.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn key(&self) -> (Option<(&str, usize)>, &'static str, &str) {
        (self.place.as_ref().map(|p| (p.source.name.as_str(), p.start)), self.code.name(), &self.message)
    }
}

/// Sorted, without repeats.
pub fn sorted(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| a.key().cmp(&b.key()));
    findings.dedup_by(|a, b| a.key() == b.key());
    findings
}

macro_rules! codes {
    ($($variant:ident $name:literal $summary:literal)*) => {
        /// Every kind of finding. The kebab-case name is stable; each has an example under `tests/diagnostics/`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $summary] $variant,)*
        }

        impl Code {
            /// All of them, in the order of the pipeline.
            pub const ALL: &[Code] = &[$(Code::$variant),*];

            /// The stable name.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// One line for `explain`.
            pub fn summary(self) -> &'static str {
                match self { $(Code::$variant => $summary,)* }
            }
        }
    };
}

codes! {
    NotUtf8 "not-utf8" "A file is not UTF-8 text."
    YamlSyntax "yaml-syntax" "A file is not YAML: indentation, a tab, a missing colon or quote."
    DuplicateKey "duplicate-key" "A key stands twice in one map; readers disagree on which one counts."
    SeveralDocuments "several-documents" "A file has a second YAML document; it would be ignored."
    EmptyFile "empty-file" "A file has no content."
    YamlLimit "yaml-limit" "A file is too large, too deep, or multiplies itself with aliases."
    WrongShape "wrong-shape" "A part of a file is a list where a map belongs, or the like."
    UnknownKey "unknown-key" "A key means nothing here; often a typo."
    NotAFlag "not-a-flag" "A feature is neither `true` nor `false`. YAML's other spellings are refused because tools read them differently."
    InvalidValue "invalid-value" "A value breaks the schema of its setting: type, range, pattern or choice."
    MissingValue "missing-value" "A value that this choice needs is not given."
    InvalidName "invalid-name" "A name is no DNS label, so it can be neither a Kubernetes name nor a folder."
    LiteralSecret "literal-secret" "A secret stands in a file; keys live in the secret store, never in git."
    DuplicateCluster "duplicate-cluster" "Two clusters have one name, or differ only in upper and lower case."
    SettingRule "setting-rule" "Settings contradict each other; the group that owns them says how."
    ForbiddenFeature "forbidden-feature" "A feature is set to `false` and something that is on needs it."
    AmbiguousProvider "ambiguous-provider" "Several groups could provide what is needed and none is chosen."
    ConflictingProviders "conflicting-providers" "Two groups that are on provide the same capability."
    DuplicateItem "duplicate-item" "Two groups contribute items that must differ, such as two models of one alias."
    GroupFile "group-file" "A group file breaks the format of docs/groups.md."
    GroupCycle "group-cycle" "Groups need each other in a circle."
    TemplateSyntax "template-syntax" "A template or an expression does not parse."
    TemplateValue "template-value" "A template or an expression fails while it is filled, often on an undefined name."
    TemplateOutput "template-output" "A template yields something that is no Kubernetes object."
    DuplicateObject "duplicate-object" "Two templates yield the same object."
    NestedPaths "nested-paths" "The path of one component lies inside another's; Argo CD would apply the inner one twice."
    SecretMaterial "secret-material" "A rendered file holds something that looks like a key."
    ClaimGap "claim-gap" "The platform claims something that the manifests do not show."
    UnknownNamespace "unknown-namespace" "An object lies in a namespace that neither the platform creates nor the user declares."
    ClusterKind "cluster-kind" "A component renders a cluster-scoped kind that its group does not declare, so the AppProject refuses it."
    StaleOutput "stale-output" "The committed files are not what the inputs render."
    HandEdited "hand-edited" "A rendered file was changed by hand."
    GoldenDiffers "golden-differs" "A golden tree is not what its case renders."
    CrdFile "crd-file" "A CustomResourceDefinition cannot be used: it is broken, or defined twice in different ways."
    NoSchema "no-schema" "No schema is known for a kind, so its objects are not held against one."
    VersionNotServed "version-not-served" "A kind is known, but not in the version that an object names."
    UnknownField "unknown-field" "A field that the schema of the kind does not have; the API server refuses it in strict mode."
    InvalidField "invalid-field" "A value that the schema of the kind does not allow: type, bounds, pattern, choice, or missing."
    CelRule "cel-rule" "A rule that the kind's definition carries (x-kubernetes-validations) does not hold."
    InvalidMetadata "invalid-metadata" "The metadata of an object breaks Kubernetes' rules: names, labels, annotations, scope."
}
