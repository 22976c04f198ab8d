//! NetworkPolicy -> the same with numbers for the names of ports, where the containers that it means say them.

use serde_json::Value;

use crate::object::object::Object;
use crate::object::pod_template::{self, PodTemplate};
use crate::references::fences::Way;
use crate::references::world::World;

/// The policy with numbers; `None` where it names no port that the files tell.
pub fn numbered(world: &World<'_>, policy: &Object<'_>) -> Option<Value> {
    let mut value = policy.value.clone();
    let mut changed = false;
    for way in [Way::In, Way::Out] {
        let rules = value.pointer_mut(way.rules()).and_then(Value::as_array_mut);
        for port in rules.into_iter().flatten().filter_map(|rule| rule["ports"].as_array_mut()).flatten() {
            let Some(name) = port["port"].as_str() else { continue };
            if let Some(number) = number(world, policy, way, name) {
                port["port"] = number.into();
                changed = true;
            }
        }
    }
    changed.then_some(value)
}

/// The number that all containers have for a name: of the pods of the policy for what comes in, of any pods for what goes out.
fn number(world: &World<'_>, policy: &Object<'_>, way: Way, name: &str) -> Option<i64> {
    let own = |t: &PodTemplate<'_>| {
        t.owner.home() == policy.home()
            && policy.at("/spec/podSelector").is_some_and(|selector| t.is_selected(selector))
    };
    let templates = pod_template::all(&world.objects).filter(|t| way == Way::Out || own(t));
    let ports = templates.flat_map(|t| t.all_containers()).filter_map(|(_, container)| container["ports"].as_array());
    let mut numbers = ports.flatten().filter(|port| port["name"] == name).filter_map(|p| p["containerPort"].as_i64());
    let first = numbers.next()?;
    numbers.all(|other| other == first).then_some(first)
}
