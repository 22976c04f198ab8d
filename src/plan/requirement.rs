//! The groups that are on -> the same, each after the providers of what it requires or uses.

use std::collections::BTreeMap;

use crate::plan::choice::Choices;
use crate::text::finding::{Code, Finding};

/// Groups that are on, each after the providers of what it requires or uses.
pub fn order<'a>(choices: &Choices<'a>, provider: &BTreeMap<&str, &'a str>) -> Result<Vec<&'a str>, Finding> {
    fn visit<'a>(
        name: &'a str,
        choices: &Choices<'a>,
        provider: &BTreeMap<&str, &'a str>,
        path: &mut Vec<&'a str>,
        done: &mut Vec<&'a str>,
    ) -> Result<(), Finding> {
        if done.contains(&name) {
            return Ok(());
        }
        if let Some(start) = path.iter().position(|n| *n == name) {
            let circle = [&path[start..], &[name]].concat().join(" -> ");
            let place = choices[name].place("/requires");
            return Err(
                Finding::error(Code::GroupCycle, format!("groups need each other in a circle: {circle}")).place(place)
            );
        }
        path.push(name);
        let text = &choices[name].variant().text;
        for capability in text.requires.iter().chain(&text.uses) {
            if let Some(next) = provider.get(capability.as_str()) {
                visit(next, choices, provider, path, done)?;
            }
        }
        path.pop();
        done.push(name);
        Ok(())
    }
    let mut done = Vec::new();
    for (name, choice) in choices {
        if choice.on {
            visit(name, choices, provider, &mut Vec::new(), &mut done)?;
        }
    }
    Ok(done)
}
