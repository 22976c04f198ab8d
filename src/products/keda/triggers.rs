//! What a trigger of KEDA 2.20 must say for its scaler to be built: its kind, and for `cron` the times. The definitions leave all
//! of it open, so that a slip stands in the operator's log alone.

use serde_json::Value;

use crate::object::api_group::KEDA;
use crate::object::object::{Object, ObjectRule};
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;
use crate::text::schema::{did_you_mean, is_slip, nearest};
use crate::text::{schedule, time_zones};

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[kinds, crons, annotations, prometheus, required];

/// Kinds of triggers (keda `pkg/scaling/scalers_builder.go`); another one is left alone unless it is nearly one of these.
const KINDS: &str = "\
    activemq apache-kafka arangodb artemis-queue aws-cloudwatch aws-dynamodb aws-dynamodb-streams \
    aws-kinesis-stream aws-sqs-queue azure-app-insights azure-blob azure-data-explorer azure-eventhub \
    azure-log-analytics azure-monitor azure-pipelines azure-queue azure-servicebus beanstalkd cassandra couchdb \
    cpu cron datadog dynatrace elasticsearch etcd external external-push forgejo-runner gcp-cloudtasks \
    gcp-pubsub gcp-stackdriver gcp-storage github-runner graphite huawei-cloudeye ibmmq influxdb kafka \
    kubernetes-workload liiklus loki memory metrics-api mongodb mssql mysql nats-jetstream new-relic nsq \
    openstack-metric openstack-swift postgresql predictkube prometheus pulsar rabbitmq redis redis-cluster \
    redis-cluster-streams redis-sentinel redis-sentinel-streams redis-streams selenium-grid solace-event-queue \
    solarwinds solr splunk splunk-observability stan sumologic temporal";

fn triggers<'a>(object: &Object<'a>) -> Vec<(String, &'a Value)> {
    let scales = object.is(KEDA, "ScaledObject") || object.is(KEDA, "ScaledJob");
    if scales { object.all("/spec/triggers/*") } else { Vec::new() }
}

fn kinds(object: &Object<'_>) -> Vec<Finding> {
    let one = |(pointer, trigger): (String, &Value)| {
        let known: Vec<&str> = KINDS.split(' ').collect();
        let kind = trigger["type"].as_str().filter(|kind| !known.contains(kind))?;
        let whole = || {
            known
                .iter()
                .copied()
                .find(|name| kind.contains('-') && name.strip_prefix(kind).is_some_and(|rest| rest.starts_with('-')))
        };
        let near = nearest(kind, &known).filter(|near| near.len().abs_diff(kind.len()) < 2).or_else(whole)?;
        let message = format!("KEDA has no scaler for the trigger `{kind}` of {}", object.identity);
        let finding = object.error(Code::KedaRefuses, &format!("{pointer}/type"), message);
        Some(finding.help(format!("did you mean `{near}`?")))
    };
    triggers(object).into_iter().filter_map(one).collect()
}

/// Annotations of KEDA that people write (keda `apis/keda/v1alpha1/scaledobject_types.go`).
const ANNOTATIONS: [&str; 8] = [
    "autoscaling.keda.sh/paused",
    "autoscaling.keda.sh/paused-replicas",
    "autoscaling.keda.sh/paused-scale-in",
    "autoscaling.keda.sh/paused-scale-out",
    "autoscaling.keda.sh/force-activation",
    "scaledobject.keda.sh/transfer-hpa-ownership",
    "scaledobject.keda.sh/managed-by",
    "validations.keda.sh/hpa-ownership",
];

fn annotations(object: &Object<'_>) -> Vec<Finding> {
    let all = object.at("/metadata/annotations").and_then(Value::as_object).filter(|_| object.identity.group == KEDA);
    let strange = all.into_iter().flat_map(|map| map.keys()).filter(|key| !ANNOTATIONS.contains(&key.as_str()));
    let one = |key: &String| {
        let near = ANNOTATIONS.iter().find(|known| is_slip(known, key))?;
        let message = format!("{} has the annotation `{key}`, which KEDA does not know", object.identity);
        let finding =
            object.warning(Code::FieldWithoutEffect, &format!("/metadata/annotations/{}", escaped(key)), message);
        Some(finding.help(format!("did you mean `{near}`?")))
    };
    strange.filter_map(one).collect()
}

/// What a trigger of Prometheus reads (keda `pkg/scalers/prometheus_scaler.go`).
const PROMETHEUS: [&str; 14] = [
    "activationThreshold",
    "authModes",
    "awsRegion",
    "cortexOrgID",
    "customHeaders",
    "ignoreNullValues",
    "metricName",
    "namespace",
    "query",
    "queryParameters",
    "serverAddress",
    "threshold",
    "timeout",
    "unsafeSsl",
];

fn prometheus(object: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pointer, trigger) in triggers(object).into_iter().filter(|(_, trigger)| trigger["type"] == "prometheus") {
        for key in trigger["metadata"].as_object().into_iter().flat_map(|map| map.keys()) {
            let known = PROMETHEUS.contains(&key.as_str());
            let Some(near) = PROMETHEUS.iter().find(|near| !known && is_slip(near, key)) else { continue };
            let message = format!("KEDA reads no `{key}` in the prometheus trigger of {}", object.identity);
            let finding = object.error(Code::KedaRefuses, &format!("{pointer}/metadata/{}", escaped(key)), message);
            findings.push(finding.help(format!("did you mean `{near}`?")));
        }
    }
    findings
}

/// Fields without which a scaler is not built, where neither a variable nor an authentication brings them (keda `pkg/scalers`).
const REQUIRED: [(&str, &[&str]); 10] = [
    ("aws-sqs-queue", &["queueURL", "awsRegion"]),
    ("cpu", &["value"]),
    ("kafka", &["bootstrapServers", "consumerGroup"]),
    ("kubernetes-workload", &["podSelector", "value"]),
    ("memory", &["value"]),
    ("metrics-api", &["url", "valueLocation"]),
    ("mysql", &["query", "queryValue"]),
    ("postgresql", &["query", "targetQueryValue"]),
    ("prometheus", &["serverAddress", "query", "threshold"]),
    ("rabbitmq", &["queueName"]),
];

fn required(object: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pointer, trigger) in triggers(object) {
        let Some((kind, fields)) = REQUIRED.iter().find(|(kind, _)| trigger["type"] == *kind) else { continue };
        let Some(given) = trigger["metadata"].as_object() else { continue };
        let alone = trigger.get("authenticationRef").is_none();
        for field in *fields {
            let there = |name: &str| given.get(name).is_some_and(|value| *value != "");
            if there(field) || there(&format!("{field}FromEnv")) {
                continue;
            }
            let lower = field.to_lowercase();
            let part = |key: &str| {
                key.len() > 3 && (lower.ends_with(&key.to_lowercase()) || lower.starts_with(&key.to_lowercase()))
            };
            let near = given
                .keys()
                .find(|key| !fields.contains(&key.as_str()) && (part(key) || nearest(key, &[field]).is_some()));
            if !alone && near.is_none() {
                continue;
            }
            let message =
                format!("KEDA builds no scaler for {}: its trigger `{kind}` has no `{field}`", object.identity);
            let at = near.map_or(String::new(), |key| format!("/{}", escaped(key)));
            let finding = object.warning(Code::KedaRefuses, &format!("{pointer}/metadata{at}"), message);
            findings.push(finding.help(match near {
                Some(_) => format!("did you mean `{field}`?"),
                None => format!("add `{field}`"),
            }));
        }
    }
    findings
}

fn crons(object: &Object<'_>) -> Vec<Finding> {
    let known = ["timezone", "start", "end", "desiredReplicas"];
    let mut findings = Vec::new();
    for (pointer, trigger) in triggers(object).into_iter().filter(|(_, trigger)| trigger["type"] == "cron") {
        let said = |name: &str| trigger["metadata"][name].as_str().unwrap_or_default();
        let mut tell = |at: String, why: String, help: String| {
            let message = format!("KEDA builds no scaler for {}: {why}", object.identity);
            findings.push(object.error(Code::KedaRefuses, &at, message).help(help));
        };
        for name in known.into_iter().filter(|name| said(name).is_empty()) {
            let given = trigger["metadata"].as_object();
            let strange = given.into_iter().flat_map(|map| map.keys()).find(|key| nearest(key, &[name]).is_some());
            let at = strange.map_or(String::new(), |key| format!("/{key}"));
            let help = match strange {
                Some(key) => did_you_mean(key, &[name]),
                None => format!("add `{name}`"),
            };
            tell(format!("{pointer}/metadata{at}"), format!("its cron trigger has no `{name}`"), help);
        }
        for name in ["start", "end"] {
            if let Some(why) = schedule::wrong(said(name)).filter(|_| !said(name).contains(['$', '{'])) {
                tell(
                    format!("{pointer}/metadata/{name}"),
                    format!("`{name}` of its cron trigger {why}"),
                    "five fields, as in `0 8 * * 1-5`".into(),
                );
            }
        }
        let zone = said("timezone");
        if !zone.is_empty() && !zone.contains(['$', '{']) && !time_zones::is_known(zone) {
            let why = format!("`timezone` of its cron trigger is {zone:?}, which is none");
            tell(format!("{pointer}/metadata/timezone"), why, time_zones::help(zone));
        }
        if !said("start").is_empty() && said("start") == said("end") {
            let why = "`start` and `end` of its cron trigger are one time".to_owned();
            tell(format!("{pointer}/metadata/end"), why, "end it later".into());
        }
        if said("desiredReplicas").parse::<i64>().is_err() && !said("desiredReplicas").is_empty() {
            tell(
                format!("{pointer}/metadata/desiredReplicas"),
                "`desiredReplicas` of its cron trigger is no number".into(),
                "write it as `\"3\"`".into(),
            );
        }
    }
    findings
}
