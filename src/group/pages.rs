//! All pages of `rules/`: ours, compiled into the binary, and those of the working directory, which replace them or add to
//! them. Rules are found by the kind that they are about before any of them is asked.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use crate::group::page::{self, Page};
use crate::group::rule::{Around, CONFIG, Rule, RuleText, merged};
use crate::object::object::Object;
use crate::object::part::Part;
use crate::text::finding::{Code, Finding};
use crate::text::source::Source;

/// A page of ours: its code, its text, its `rule` blocks as JSON.
type Ours = (&'static str, &'static str, &'static [&'static str]);

const OURS: &[Ours] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// Pages by code, and their rules by kind.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    texts: BTreeMap<Cow<'static, str>, Cow<'static, str>>,
    own: BTreeMap<String, Code>,
    rules: BTreeMap<String, Vec<Arc<Rule>>>,
    /// Files of the working directory that replace (true) or add to (false) ours.
    pub local: BTreeMap<String, bool>,
}

impl Pages {
    /// Those that are compiled in; no expression of them is read yet.
    pub fn ours() -> &'static Arc<Pages> {
        static PAGES: LazyLock<Arc<Pages>> = LazyLock::new(|| {
            let mut pages = Pages::default();
            for (name, text, blocks) in OURS {
                pages.texts.insert(Cow::Borrowed(name), Cow::Borrowed(text));
                let code = Code::named(name).expect("a test holds that each page has a code");
                let read = |json: &&str| merged(serde_json::from_str(json).expect("the build wrote it"));
                for rule in blocks.iter().flat_map(read) {
                    let text: RuleText = serde_json::from_value(rule).expect("a test reads each rule");
                    pages.add(Rule::new(code, text, None));
                }
            }
            Arc::new(pages)
        });
        &PAGES
    }

    /// Ours with those of the working directory (by path, as `rules/x.md`), and all that is wrong with these.
    pub fn new(local: &[(&String, &String)]) -> (Arc<Self>, Vec<Finding>) {
        let ours = Pages::ours();
        let name = |path: &str| path.trim_start_matches("rules/").trim_end_matches(".md").to_owned();
        // In our own repository all of them are ours.
        let mut others = local.iter().filter(|(path, text)| ours.text(&name(path)) != Some(text)).peekable();
        if others.peek().is_none() {
            return (ours.clone(), Vec::new());
        }
        let (mut pages, mut findings) = (Pages::clone(ours), Vec::new());
        for (path, text) in others {
            match page::read(&Source::new(*path, *text), ours.text(&name(path))) {
                Ok(None) => {}
                Ok(Some(page)) => pages.lay(name(path), path, page),
                Err(found) => findings.extend(found),
            }
        }
        (Arc::new(pages), findings)
    }

    /// Takes in a page of the user's.
    fn lay(&mut self, name: String, file: &str, page: Page) {
        self.rules.values_mut().for_each(|rules| rules.retain(|rule| rule.code != page.code));
        page.rules.into_iter().for_each(|rule| self.add(rule));
        if let Code::Own(_) = page.code {
            self.own.insert(name.clone(), page.code);
        }
        let replaced = self.texts.insert(Cow::Owned(name), Cow::Owned(page.text)).is_some();
        self.local.insert(file.to_owned(), replaced);
    }

    fn add(&mut self, rule: Rule) {
        let rule = Arc::new(rule);
        for kind in rule.kinds() {
            self.rules.entry(kind.to_owned()).or_default().push(rule.clone());
        }
    }

    /// All pages by their code.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(code, text)| (code.as_ref(), text.as_ref()))
    }

    /// The page of a code.
    pub fn text(&self, code: &str) -> Option<&str> {
        self.texts.get(code).map(AsRef::as_ref)
    }

    /// The code of that name, ours or the user's own.
    pub fn code(&self, name: &str) -> Option<Code> {
        Code::named(name).or_else(|| self.own.get(name).copied())
    }

    /// The names of all codes.
    pub fn names(&self) -> Vec<&str> {
        Code::ALL.iter().map(|code| code.name()).chain(self.own.keys().map(String::as_str)).collect()
    }

    /// All rules, those of several kinds several times.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.values().flatten().map(AsRef::as_ref)
    }

    /// Whether a rule is about configurations of LiteLLM, of those that ask for `platform`, or of all others.
    pub fn know_configs(&self, of_platform: bool) -> bool {
        self.of_configs(of_platform).next().is_some()
    }

    fn of_configs(&self, of_platform: bool) -> impl Iterator<Item = &Arc<Rule>> {
        let rules = self.rules.get(CONFIG).into_iter().flatten();
        rules.filter(move |rule| rule.of_platform == of_platform)
    }

    /// What they say of such a configuration.
    pub fn look_at_config(&self, config: &Part<'_>, of_platform: bool, around: &Around<'_>, found: &mut Vec<Finding>) {
        self.of_configs(of_platform).for_each(|rule| rule.look_at_config(config, around, found));
    }

    /// What the rules say of an object: those that ask for `platform`, or all others.
    pub fn look(&self, object: &Object<'_>, of_platform: bool, around: &Around<'_>, found: &mut Vec<Finding>) {
        let identity = object.identity;
        let near = [identity.kind.as_str(), "*"].into_iter().filter_map(|kind| self.rules.get(kind)).flatten();
        for rule in near.filter(|rule| rule.of_platform == of_platform) {
            for template in rule.templates(&identity.group, &identity.kind) {
                rule.look(object, template, around, found);
            }
        }
    }
}
