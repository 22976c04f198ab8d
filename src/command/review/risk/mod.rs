//! A change of an object -> what may go wrong with it. A table of rules, each with a code whose page says why; they prefer a false
//! alarm to a miss.

use crate::command::review::risk::sight::{Risk, Sight};
use crate::text::finding::Code;

pub mod sight;
pub mod aliases;
pub mod answering;
pub mod callers;
pub mod content;
pub mod conditions;
pub mod limits;
pub mod access;
pub mod network;
pub mod data;
pub mod exposure;
pub mod guards;
pub mod receiver;
pub mod rights;
pub mod running;
pub mod secrets;
pub mod warned;

/// Looks at one change.
pub type Rule = fn(&Sight<'_>) -> Vec<Risk>;

const RULES: &[Rule] = &[
    data::deleted,
    data::left_behind,
    data::recreated,
    data::unprotected,
    data::shrinks,
    running::immutable,
    running::selector,
    secrets::needed,
    secrets::store,
    limits::loosened,
    limits::prices,
    aliases::gone,
    aliases::swapped,
    guards::loosened,
    access::auth,
    access::transport,
    receiver::elsewhere,
    conditions::loosened,
    access::routes,
    access::tools,
    network::network,
    rights::rights,
    rights::pods,
    exposure::public,
    answering::lowered,
    callers::lost,
    content::logged,
    running::zero,
    running::wave,
    running::version,
    running::crd,
];

/// All that may go wrong with a change, sorted.
pub fn risks(sight: &Sight<'_>) -> Vec<Risk> {
    let mut risks: Vec<Risk> = RULES.iter().flat_map(|rule| rule(sight)).collect();
    risks.sort();
    risks.dedup();
    risks
}

/// Objects that change otherwise than every day, from how many on it is many at once: of one cluster that many in a hundred, and
/// no fewer.
const MANY: (usize, usize) = (33, 25);

/// What may go wrong with a cluster as a whole.
pub fn many(changed: usize, all: usize) -> Option<Risk> {
    (changed >= MANY.1 && changed * 100 >= all * MANY.0).then(|| Risk {
        code: Code::ManyObjects,
        field: String::new(),
        message: format!("{changed} of {all} objects change at once"),
        help: "split the change, or roll it out cluster by cluster".into(),
    })
}
