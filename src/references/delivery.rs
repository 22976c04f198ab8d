//! World -> which Argo CD Application delivers which object, and which of two objects it delivers first. An Application's
//! path is a folder of the repository, of which our files are a part: where that part begins, the Applications tell together.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::object::api_group::ARGOCD;
use crate::object::existing::Existing;
use crate::object::object::Object;
use crate::references::world::World;
use crate::text::forms::fits;

/// One source of an Application.
#[derive(Debug)]
pub struct Source<'a> {
    /// Position of the Application in [`Delivery::applications`].
    pub application: usize,
    /// JSON pointer to the source.
    pub pointer: String,
    /// Its `repoURL`.
    pub repository: &'a str,
    /// Its `path`, without slashes at its ends.
    pub path: &'a str,
    /// The folder among our files, when it is one of them.
    pub folder: Option<&'a str>,
    whole: bool,
    include: &'a str,
    exclude: &'a str,
}

/// Who delivers what.
#[derive(Debug)]
pub struct Delivery<'a> {
    /// All Applications.
    pub applications: Vec<Object<'a>>,
    /// Their sources in git.
    pub sources: Vec<Source<'a>>,
    /// Repository of our files, and where they begin in it; empty when no Application delivers any of them.
    pub home: Option<(&'a str, &'a str)>,
    by_folder: BTreeMap<&'a str, Vec<usize>>,
    /// Of every source, also those that are no folder: chart, repository and position of the Application.
    brings: Vec<(&'a str, &'a str, usize)>,
    /// Of every Application, the syncs that it goes through.
    levels: Vec<Vec<Level>>,
    /// Folders that hold files.
    pub folders: BTreeSet<&'a str>,
    closed: bool,
}

/// When an object is applied within the sync of one Application: phase, then wave.
pub type Turn = (i8, i64);

/// The Application that syncs, and the turn in that sync. In a folder of others a position behind all Applications stands for
/// the folder of an object that none of them delivers: something that is not here may, and each folder in a sync of its own.
pub type Level = (Option<usize>, Turn);

/// Why something comes too late.
#[derive(Clone, Copy, Debug)]
pub enum Late {
    /// Its Application has a later wave, in the sync that creates both Applications.
    Application {
        /// Position of the Application that brings what is needed.
        brings: usize,
        /// Position of the one that needs it.
        needs: usize,
    },
    /// Both are in one sync.
    Turn {
        /// Phase and wave of what is needed.
        brings: Turn,
        /// Phase and wave of what needs it.
        needs: Turn,
    },
}

impl<'a> Delivery<'a> {
    /// Looks at all Applications of a world.
    pub fn new(world: &World<'a>) -> Self {
        let applications: Vec<Object<'a>> = world.objects.of(ARGOCD, "Application").copied().collect();
        let mut folders: BTreeSet<&'a str> = world.objects.iter().map(|o| folder_of(o.path)).collect();
        folders.extend(world.files.iter().map(|file| folder_of(file)));
        let mut sources: Vec<Source<'a>> = applications.iter().enumerate().flat_map(|(i, a)| sources(i, a)).collect();
        let home = home(&sources, &folders);
        for source in &mut sources {
            let inside = home.filter(|(repository, _)| *repository == source.repository);
            source.folder = inside.and_then(|(_, start)| below(source.path, start)).filter(|f| holds(&folders, f));
            // Elsewhere a kustomization may list a few files of many.
            source.whole |= world.closed && source.folder.is_some_and(|f| built(world, f));
        }
        let mut by_folder: BTreeMap<&'a str, Vec<usize>> = BTreeMap::new();
        for (i, source) in sources.iter().enumerate() {
            source.folder.into_iter().for_each(|folder| by_folder.entry(folder).or_default().push(i));
        }
        let brings = applications.iter().enumerate().flat_map(|(i, a)| brings(i, a)).collect();
        let (levels, closed) = (Vec::new(), world.closed);
        let mut delivery = Self { applications, sources, home, by_folder, brings, levels, folders, closed };
        delivery.levels = delivery.applications.iter().map(|application| delivery.climb(application)).collect();
        delivery
    }

    /// Namespaces into which Applications put what does not stand in our files.
    pub fn strange_namespaces(&self) -> impl Iterator<Item = &'a str> + '_ {
        let strange = self.applications.iter().enumerate().filter(|(i, _)| {
            let mut own = self.sources.iter().filter(|source| source.application == *i).peekable();
            own.peek().is_none() || own.any(|source| source.folder.is_none())
        });
        strange.filter_map(|(_, object)| object.at("/spec/destination/namespace")?.as_str())
    }

    /// The Applications that deliver a file.
    pub fn of(&self, path: &str) -> Vec<usize> {
        let mut found = Vec::new();
        let mut folder = folder_of(path);
        let name = path.rsplit('/').next().unwrap_or_default();
        let mut direct = true;
        loop {
            for source in self.by_folder.get(folder).into_iter().flatten().map(|i| &self.sources[*i]) {
                let included = source.include.is_empty() || wildcard(source.include, name);
                let excluded = !source.exclude.is_empty() && wildcard(source.exclude, name);
                if (direct || source.whole) && included && !excluded && !found.contains(&source.application) {
                    found.push(source.application);
                }
            }
            if folder.is_empty() {
                return found;
            }
            (folder, direct) = (folder_of(folder), false);
        }
    }

    /// Whether what is needed is applied after what needs it. `None` also where no order is known.
    pub fn late(&self, brings: &[Level], needs: &[Level]) -> Option<Late> {
        for (b, n) in brings.iter().zip(needs) {
            if b.0 != n.0 || b.0.is_none() && self.home.is_some() && b.1 != n.1 {
                return None;
            }
            match b.1.cmp(&n.1) {
                Ordering::Less => return None,
                Ordering::Equal => {}
                Ordering::Greater => return Some(self.why(brings, needs, *b, *n)),
            }
        }
        None
    }

    fn why(&self, brings: &[Level], needs: &[Level], b: Level, n: Level) -> Late {
        let inner = |levels: &[Level], level: Level| {
            let position = levels.iter().position(|l| *l == level)?;
            levels.get(position + 1)?.0
        };
        match (inner(brings, b), inner(needs, n)) {
            (Some(brings), Some(needs)) => Late::Application { brings, needs },
            _ => Late::Turn { brings: b.1, needs: n.1 },
        }
    }

    /// Every sync that an object goes through, the outermost first.
    pub fn levels(&self, object: &Object<'a>) -> Vec<Level> {
        let own = self.level(object);
        let outer = own.0.and_then(|application| self.levels.get(application)).map_or(&[][..], Vec::as_slice);
        // An Application may deliver itself.
        let own = Some(own).filter(|own| !outer.contains(own));
        outer.iter().copied().chain(own).collect()
    }

    /// The innermost of them.
    fn level(&self, object: &Object<'a>) -> Level {
        let of_folder = || {
            let folder = folder_of(object.path);
            let position = self.folders.range(..folder).count();
            (!self.closed).then_some(self.applications.len() + position)
        };
        (self.of(object.path).first().copied().or_else(of_folder), turn(object))
    }

    fn climb(&self, application: &Object<'a>) -> Vec<Level> {
        let mut levels = vec![self.level(application)];
        while let Some((Some(application), _)) = levels.last().copied() {
            let Some(application) = self.applications.get(application) else { break };
            let outer = self.level(application);
            if levels.contains(&outer) || levels.len() > 8 {
                break;
            }
            levels.push(outer);
        }
        levels.reverse();
        levels
    }

    /// Where an Application stands in the list.
    pub fn position(&self, application: &Object<'_>) -> Option<usize> {
        self.applications.iter().position(|a| a.identity == application.identity)
    }

    /// The Application that installs the chart or the folder which brings something.
    pub fn maker(&self, existing: &Existing) -> Option<usize> {
        let (chart, repository) = (existing.chart.as_deref(), existing.repository.as_deref());
        if chart.is_none() && repository.is_none() {
            return None;
        }
        let fits = |(c, r, _): &&(&str, &str, usize)| {
            chart.is_none_or(|chart| chart == *c)
                && repository.is_none_or(|repository| one_repository(repository) == *r)
        };
        self.brings.iter().find(fits).map(|(_, _, application)| *application)
    }

    /// As [`Delivery::levels`], of what a chart or a git folder brings: when within its sync is not known.
    pub fn levels_of_content(&self, application: usize) -> Vec<Level> {
        let mut levels = self.levels(&self.applications[application]);
        levels.push((Some(application), (SYNC, 0)));
        levels
    }
}

const SYNC: i8 = 1;

/// Phase and wave, as annotations say. Helm's hooks are Argo CD's (argo-cd docs/user-guide/helm.md, 3.4).
pub fn turn(object: &Object<'_>) -> Turn {
    let annotation = |key: &str| object.at("/metadata/annotations")?.get(key)?.as_str();
    let hooks = annotation("argocd.argoproj.io/hook").or_else(|| annotation("helm.sh/hook")).unwrap_or_default();
    let phase = hooks.split(',').map(|hook| match hook.trim() {
        "PreSync" | "pre-install" | "pre-upgrade" => 0,
        "PostSync" | "post-install" | "post-upgrade" => 2,
        _ => SYNC,
    });
    let wave = annotation("argocd.argoproj.io/sync-wave").or_else(|| annotation("helm.sh/hook-weight"));
    (phase.min().unwrap_or(SYNC), wave.and_then(|w| w.parse().ok()).unwrap_or(0))
}

/// The name of a phase.
pub fn phase(phase: i8) -> &'static str {
    ["PreSync", "Sync", "PostSync"][usize::try_from(phase).unwrap_or(1).min(2)]
}

/// The address of a repository without an end that Argo CD takes off too (3.4, util/git, `NormalizeGitURL`).
pub(crate) fn one_repository(url: &str) -> &str {
    let url = url.trim_end_matches('/');
    url.strip_suffix(".git").unwrap_or(url)
}

fn brings<'a>(application: usize, object: &Object<'a>) -> Vec<(&'a str, &'a str, usize)> {
    let all = object.at("/spec/source").into_iter().chain(object.items("/spec/sources"));
    let text = |source: &'a Value, key: &str| source[key].as_str().unwrap_or_default();
    // A source that others take files from brings nothing itself.
    let brings =
        |source: &&Value| source.get("ref").is_none() || source.get("path").is_some() || source.get("chart").is_some();
    let repository = |source| one_repository(text(source, "repoURL"));
    all.filter(brings).map(|source| (text(source, "chart"), repository(source), application)).collect()
}

fn sources<'a>(application: usize, object: &Object<'a>) -> Vec<Source<'a>> {
    let one = |pointer: String| {
        let value = object.at(&pointer)?;
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        Some(Source {
            application,
            repository: one_repository(text("/repoURL")),
            path: plain(value.get("path")?.as_str()?),
            folder: None,
            whole: value.pointer("/directory/recurse") == Some(&Value::Bool(true)),
            include: text("/directory/include"),
            exclude: text("/directory/exclude"),
            pointer,
        })
    };
    let several = (0..object.items("/spec/sources").len()).map(|i| format!("/spec/sources/{i}"));
    ["/spec/source".to_owned()].into_iter().chain(several).filter_map(one).collect()
}

/// A path as Argo CD takes it: without `./` before it and slashes at its ends; `.` is the whole repository.
fn plain(path: &str) -> &str {
    let path = path.trim_matches('/');
    if path == "." { "" } else { path.trim_start_matches("./").trim_matches('/') }
}

/// Repository and beginning on which most sources agree that they are folders of ours.
fn home<'a>(sources: &[Source<'a>], folders: &BTreeSet<&'a str>) -> Option<(&'a str, &'a str)> {
    let mut votes: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for source in sources {
        // Every ending of the path, the longest first: the whole of it, then without its first folder, and so on.
        let starts = [0].into_iter().chain(source.path.match_indices('/').map(|(i, _)| i + 1));
        for start in starts.filter(|start| !source.path[*start..].is_empty() && holds(folders, &source.path[*start..]))
        {
            *votes.entry((source.repository, &source.path[..start])).or_default() += 1;
        }
    }
    let best = votes.into_iter().max_by_key(|((_, start), votes)| (*votes, std::cmp::Reverse(start.len())));
    best.map(|(home, _)| home)
}

/// A path below a beginning that is empty or ends with `/`.
fn below<'a>(path: &'a str, start: &str) -> Option<&'a str> {
    path.strip_prefix(start).or_else(|| (path == start.trim_end_matches('/')).then_some(""))
}

/// True where a folder or one below it holds files.
pub fn holds(folders: &BTreeSet<&str>, folder: &str) -> bool {
    let inside = |f: &&str| f.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    folder.is_empty() || folders.range(folder..).take_while(|f| f.starts_with(folder)).any(inside)
}

/// The folder is built by kustomize or Helm, so that what it delivers lies anywhere.
fn built(world: &World<'_>, folder: &str) -> bool {
    let built = |file: &str| ["kustomization.yaml", "kustomization.yml", "Chart.yaml"].contains(&file);
    world.files.iter().any(|f| folder_of(f) == folder && built(f.rsplit('/').next().unwrap_or_default()))
}

/// The folder that a file or folder lies in.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// True where a text fits a pattern with `*` for anything; `{a,b}` for one of several.
pub fn wildcard(pattern: &str, text: &str) -> bool {
    if let Some((start, rest)) = pattern.split_once('{')
        && let Some((choices, end)) = rest.split_once('}')
    {
        return choices.split(',').any(|choice| wildcard(&format!("{start}{choice}{end}"), text));
    }
    fits(pattern, text)
}
