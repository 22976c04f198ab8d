//! Sync windows of an AppProject -> those that never open: times that no clock shows, zones that are none. Argo CD 3.4 leaves such a window out
//! with a line in its log (`pkg/apis/application/v1alpha1/types.go`).

use crate::object::api_group::ARGOCD;
use crate::object::object::{Object, ObjectRule};
use crate::text::finding::{Code, Finding};
use crate::text::{schedule, time_zones};

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[windows];

fn windows(project: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !project.is(ARGOCD, "AppProject") {
        return findings;
    }
    for (pointer, window) in project.all("/spec/syncWindows/*") {
        let mut tell = |field: &str, why: String, help: String| {
            let message = format!("{} has a sync window that never opens: {why}", project.identity);
            findings.push(project.error(Code::ArgocdRefuses, &format!("{pointer}/{field}"), message).help(help));
        };
        let said = |field: &str| window[field].as_str().filter(|text| !text.contains(['$', '{'])).unwrap_or_default();
        // How many fields there are is a page's to say.
        let (times, zone) = (said("schedule"), said("timeZone"));
        if let Some(why) = schedule::wrong(times).filter(|_| times.split_whitespace().count() == 5) {
            tell(
                "schedule",
                format!("its schedule {why}"),
                "minute, hour, day, month, day of the week: `0 22 * * *`".into(),
            );
        }
        if !zone.is_empty() && !time_zones::is_known(zone) {
            tell("timeZone", format!("there is no time zone {zone:?}"), time_zones::help(zone));
        }
    }
    findings
}
