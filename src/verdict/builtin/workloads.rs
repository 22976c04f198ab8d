//! What runs pods -> what an API server refuses of it beyond its schema.
//! Source: kubernetes 1.35 pkg/apis/apps/validation, pkg/apis/batch/validation.

use crate::object::labels;
use crate::text::zones;
use crate::verdict::builtin::pods;
use crate::verdict::builtin::selectors;
use crate::verdict::builtin::storage;
use crate::verdict::metadata;
use crate::verdict::names::Syntax;
use crate::verdict::spot::Spot;
use crate::verdict::violation::Violation;

/// The most that a count may be.
const MOST: i64 = i32::MAX as i64;

/// What is wrong with a pod.
pub fn pod(object: &Spot<'_>, out: &mut Vec<Violation>) {
    object.needs(&["spec"], out);
    pods::spec(&object.at("spec"), &[], out);
}

/// The pods of a template: their labels, their spec, and whether they are restarted as the owner wants.
fn template(template: &Spot<'_>, claims: &[&str], restarts: &[&str], out: &mut Vec<Violation>) {
    metadata::check_template(&template.at("metadata"), out);
    let spec = template.at("spec");
    pods::spec(&spec, claims, out);
    let policy = spec.word("restartPolicy");
    let policy = if policy.is_empty() { "Always" } else { policy };
    if !restarts.contains(&policy) {
        let message = format!("`{}` has the restartPolicy {policy}, it must be {}", spec.path, restarts.join(" or "));
        out.push(spec.at("restartPolicy").refuse(message));
    }
    if restarts == ["Always"] {
        spec.forbids(&["activeDeadlineSeconds"], "its owner runs pods without end", out);
    }
}

/// What is wrong with a Deployment, StatefulSet, DaemonSet or ReplicaSet.
pub fn keeper(object: &Spot<'_>, kind: &str, out: &mut Vec<Violation>) {
    object.needs(&["spec"], out);
    let spec = object.at("spec");
    if spec.is_empty() {
        return;
    }
    for count in ["replicas", "minReadySeconds", "revisionHistoryLimit"] {
        spec.at(count).within(0, MOST, out);
    }
    let selector = spec.at("selector");
    selectors::selector(&selector, out);
    let pods = spec.at("template");
    let empty = selector.at("matchLabels").is_empty() && selector.at("matchExpressions").is_empty();
    if empty {
        out.push(
            selector.refuse(format!("`{}` selects everything, it must select the pods of this {kind}", selector.path)),
        );
    } else if !labels::selects(selector.value, pods.value["metadata"]["labels"].as_object()) {
        let metadata = pods.at("metadata");
        let message = format!("`{}.labels` are not what `{}` selects", metadata.path, selector.path);
        out.push(metadata.at("labels").refuse(message).help("give the pods the labels of the selector"));
    }
    let claims: Vec<&str> = spec
        .at("volumeClaimTemplates")
        .value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|c| c["metadata"]["name"].as_str())
        .collect();
    template(&pods, &claims, &["Always"], out);
    spec.at("volumeClaimTemplates").items().for_each(|claim| storage::claim(&claim.at("spec"), out));
    rollout(&spec, kind, out);
    if kind == "Deployment" {
        let deadline = spec.at("progressDeadlineSeconds");
        deadline.within(0, MOST, out);
        let ready = spec.at("minReadySeconds").int().unwrap_or(0);
        if deadline.int().unwrap_or(600) <= ready {
            out.push(spec.refuse(format!(
                "`{}` must have a progressDeadlineSeconds above minReadySeconds ({ready})",
                spec.path
            )));
        }
    }
}

/// How pods are replaced.
fn rollout(spec: &Spot<'_>, kind: &str, out: &mut Vec<Violation>) {
    let strategy = spec.at(if kind == "Deployment" { "strategy" } else { "updateStrategy" });
    let rolling = strategy.at("rollingUpdate");
    if rolling.there() && matches!(strategy.word("type"), "Recreate" | "OnDelete") {
        out.push(rolling.refuse(format!("`{}` cannot be given for the type {}", rolling.path, strategy.word("type"))));
    }
    rolling.at("maxUnavailable").share(100, out);
    rolling.at("maxSurge").share(if kind == "DaemonSet" { 100 } else { i64::MAX }, out);
    rolling.at("partition").within(0, MOST, out);
    let zero = |name: &str| matches!(rolling.value.get(name), Some(v) if v == 0 || v == "0%");
    if zero("maxUnavailable") && (zero("maxSurge") || (kind == "DaemonSet" && rolling.value.get("maxSurge").is_none()))
    {
        out.push(rolling.refuse(format!("`{}` cannot have both maxUnavailable and maxSurge 0", rolling.path)));
    }
    let surges = rolling.value.get("maxSurge").is_some() && !zero("maxSurge");
    if kind == "DaemonSet" && surges && !zero("maxUnavailable") {
        out.push(rolling.refuse(format!("`{}` can have a maxSurge only with maxUnavailable 0", rolling.path)));
    }
    if kind == "StatefulSet" && zero("maxUnavailable") {
        out.push(rolling.refuse(format!("`{}` cannot have maxUnavailable 0", rolling.path)));
    }
}

/// What is wrong with a Job.
pub fn job(object: &Spot<'_>, out: &mut Vec<Violation>) {
    object.needs(&["spec"], out);
    job_spec(&object.at("spec"), true, out);
    let name = object.at("metadata");
    if name.word("name").len() > 63 {
        out.push(name.at("name").refuse("the name of a Job has at most 63 characters, it is a label of its pods"));
    }
}

fn job_spec(spec: &Spot<'_>, alone: bool, out: &mut Vec<Violation>) {
    if spec.is_empty() {
        return;
    }
    for count in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ] {
        spec.at(count).within(0, MOST, out);
    }
    if spec.word("completionMode") == "Indexed" && !spec.at("completions").there() {
        out.push(spec.refuse(format!("`{}` needs `completions` for the completionMode Indexed", spec.path)));
    }
    if spec.word("completionMode") != "Indexed" {
        let why = "only the completionMode Indexed knows indexes";
        spec.forbids(&["backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"], why, out);
    }
    if spec.value["manualSelector"] != true && alone && spec.at("selector").there() {
        out.push(spec.at("selector").refuse(format!("`{}` cannot have a selector: the server makes one", spec.path)));
    }
    let pods = spec.at("template");
    template(&pods, &[], &["OnFailure", "Never"], out);
    for rule in spec.at("podFailurePolicy").at("rules").items() {
        failure_rule(&rule, &pods.at("spec"), out);
    }
}

fn failure_rule(rule: &Spot<'_>, pods: &Spot<'_>, out: &mut Vec<Violation>) {
    rule.exactly_one(&["onExitCodes", "onPodConditions"], false, out);
    let exit = rule.at("onExitCodes");
    let name = exit.at("containerName");
    let known = ["containers", "initContainers"]
        .iter()
        .any(|list| pods.at(list).items().any(|c| c.word("name") == name.text()));
    if name.there() && !known {
        out.push(name.refuse(format!("`{}` is no container of the pod", name.path)));
    }
    if exit.word("operator") == "In" && exit.at("values").items().any(|v| v.int() == Some(0)) {
        out.push(exit.refuse(format!("`{}` cannot have the value 0 for `In`: it is no failure", exit.path)));
    }
}

/// What is wrong with a CronJob.
pub fn cron_job(object: &Spot<'_>, out: &mut Vec<Violation>) {
    object.needs(&["spec"], out);
    let spec = object.at("spec");
    if spec.is_empty() {
        return;
    }
    spec.needs(&["schedule"], out);
    let schedule = spec.word("schedule");
    if !schedule.is_empty() && !is_schedule(schedule) {
        let message = format!("`{}.schedule` is {schedule:?}, which is no cron schedule", spec.path);
        out.push(
            spec.at("schedule")
                .refuse(message)
                .help("minute hour day month weekday, or @daily and the like; the time zone stands in `timeZone`"),
        );
    }
    for count in ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
        spec.at(count).within(0, i64::MAX, out);
    }
    let zone = spec.at("timeZone");
    // `Local` is refused on purpose, and so is nothing at all (ValidateTimeZone).
    if zone.there() && (!zones::is_known(zone.text()) || zone.text() == "Local") {
        let message = format!("`{}` is {:?}, which is no time zone", zone.path, zone.text());
        out.push(zone.refuse(message).help(zones::meant(zone.text())));
    }
    let metadata = object.at("metadata");
    if metadata.word("name").len() > 52 {
        out.push(metadata.at("name").refuse("the name of a CronJob has at most 52 characters, its jobs need the rest"));
    }
    let job = spec.at("jobTemplate");
    if job.at("spec").at("manualSelector").there() {
        out.push(job.at("spec").refuse(format!("`{}` cannot have `manualSelector` in a CronJob", job.path)));
    }
    job_spec(&job.at("spec"), false, out);
}

/// Five fields of cron, as robfig/cron v3 reads them.
fn is_schedule(text: &str) -> bool {
    if let Some(name) = text.strip_prefix('@') {
        let every = name.strip_prefix("every ").and_then(crate::verdict::formats::duration);
        return matches!(name, "yearly" | "annually" | "monthly" | "weekly" | "daily" | "midnight" | "hourly")
            || every.is_some();
    }
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    let bounds: [(u32, u32, &[&str]); 5] = [(0, 59, &[]), (0, 23, &[]), (1, 31, &[]), (1, 12, &MONTHS), (0, 6, &DAYS)];
    let fields: Vec<&str> = text.split_whitespace().collect();
    fields.len() == 5
        && fields.iter().zip(bounds).all(|(field, (least, most, names))| {
            let number = |text: &str| {
                let name = names.iter().position(|n| text.eq_ignore_ascii_case(n)).map(|at| at as u32 + least);
                name.or_else(|| text.parse().ok()).filter(|n| (least..=most).contains(n))
            };
            field.split(',').all(|part| {
                let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
                let stepped = step.is_none_or(|s| s.parse::<u32>().is_ok_and(|s| s > 0));
                stepped
                    && (range == "*"
                        || range == "?"
                        || match range.split_once('-') {
                            Some((from, to)) => number(from).zip(number(to)).is_some_and(|(from, to)| from <= to),
                            None => number(range).is_some(),
                        })
            })
        })
}

/// What is wrong with a PodDisruptionBudget.
pub fn budget(object: &Spot<'_>, out: &mut Vec<Violation>) {
    let spec = object.at("spec");
    spec.exactly_one(&["minAvailable", "maxUnavailable"], true, out);
    spec.at("minAvailable").share(100, out);
    spec.at("maxUnavailable").share(100, out);
    selectors::selector(&spec.at("selector"), out);
}

/// What is wrong with a HorizontalPodAutoscaler.
pub fn autoscaler(object: &Spot<'_>, out: &mut Vec<Violation>) {
    let spec = object.at("spec");
    spec.at("maxReplicas").within(1, MOST, out);
    // A cluster may be set up to stop what only others measure.
    let outside = |metric: &Spot<'_>| ["Object", "External"].contains(&metric.word("type"));
    spec.at("minReplicas").within(i64::from(!spec.at("metrics").items().any(|metric| outside(&metric))), MOST, out);
    if let (Some(most), Some(least)) = (spec.at("maxReplicas").int(), spec.at("minReplicas").int())
        && most < least
    {
        out.push(spec.at("maxReplicas").refuse(format!("`{}` has a maxReplicas below minReplicas", spec.path)));
    }
    let target = spec.at("scaleTargetRef");
    target.needs(&["kind", "name"], out);
    target.at("name").named(Syntax::PathSegment, out);
    if !target.word("apiVersion").contains('/') {
        out.push(target.refuse(format!("`{}` needs an `apiVersion` with a group, as in apps/v1", target.path)));
    }
    for metric in spec.at("metrics").items() {
        const SOURCES: [(&str, &str); 5] = [
            ("Resource", "resource"),
            ("ContainerResource", "containerResource"),
            ("Pods", "pods"),
            ("Object", "object"),
            ("External", "external"),
        ];
        let Some((_, field)) = SOURCES.iter().find(|(kind, _)| *kind == metric.word("type")) else { continue };
        metric.exactly_one(&SOURCES.map(|(_, field)| field), true, out);
        metric.needs(&[*field], out);
        let source = metric.at(field);
        let goal = source.at("target");
        if source.there() && !["value", "averageValue", "averageUtilization"].iter().any(|n| goal.at(n).there()) {
            out.push(goal.refuse(format!("`{}` has neither value, averageValue nor averageUtilization", goal.path)));
        }
        goal.at("averageUtilization").within(1, MOST, out);
        if *field == "resource" || *field == "containerResource" {
            source.needs(&["name"], out);
            goal.exactly_one(&["averageValue", "averageUtilization"], true, out);
        }
    }
    for direction in ["scaleUp", "scaleDown"] {
        let behaviour = spec.at("behavior");
        let rules = behaviour.at(direction);
        rules.at("stabilizationWindowSeconds").within(0, 3600, out);
        for policy in rules.at("policies").items() {
            policy.at("value").within(1, MOST, out);
            policy.at("periodSeconds").within(1, 1800, out);
        }
    }
}
