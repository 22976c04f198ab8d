//! Inventory -> what a name that nothing has is nearly the name of, in the open, where the absence alone means nothing.

use crate::object::placeholder;
use crate::references::inventory::{Inventory, Thing};
use crate::text::schema::is_misspelt;

/// Among more things nothing is looked for: thousands of names may be missing in a folder.
const MOST: usize = 300;

/// The things of a kind beside a name, those that operators make too, of which it is nearly the name.
pub fn near<'i, 'a>(
    inventory: &'i Inventory<'_, 'a>,
    (group, kind): (&str, &str),
    namespace: &str,
    name: &str,
) -> Vec<&'i Thing<'a>> {
    let world = inventory.world;
    let elsewhere = world.beyond.is_some_and(|beyond| beyond.has(kind, namespace, name));
    let many = inventory.of(group, kind).nth(MOST).is_some();
    if world.closed || elsewhere || many || placeholder::is_in(name) || placeholder::is_in(namespace) {
        return Vec::new();
    }
    // What names no namespace has the folder of its file for one; folders of one base lie beside each other.
    let unplaced = |thing: &Thing<'_>| {
        thing.namespace.is_empty()
            && thing.object().is_some_and(|o| {
                o.home() == namespace || !above(namespace).is_empty() && above(o.home()) == above(namespace)
            })
    };
    let beside = inventory.of(group, kind).filter(|thing| thing.namespace == namespace || unplaced(thing));
    beside.filter(|thing| is_misspelt(&thing.name, name)).collect()
}

/// The folder that another one lies in.
fn above(folder: &str) -> &str {
    folder.rsplit_once('/').map_or("", |(above, _)| above)
}

/// The same of what somebody wrote down.
pub fn meant<'i>(inventory: &'i Inventory<'_, '_>, of: (&str, &str), namespace: &str, name: &str) -> Option<&'i str> {
    near(inventory, of, namespace, name).into_iter().find(|thing| thing.is_meant()).map(|thing| thing.name.as_ref())
}
