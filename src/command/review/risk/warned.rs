//! A warning of `check` about what changes, where it says that something is open or may be lost: its own page says why.

use crate::command::review::change::{Change, Field, Kind};
use crate::command::review::risk::sight::Risk;
use crate::text::finding::{Code, Finding, Severity};

/// Codes of what opens something, or loses it. Others tell of what does not work, or could be better.
const OPENING: [Code; 29] = [
    Code::AdminRoute,
    Code::ArgocdOpen,
    Code::CarelessSync,
    Code::DataNotKept,
    Code::DenyRule,
    Code::GuardSkipped,
    Code::GuardWithoutEffect,
    Code::JwtWithoutRequire,
    Code::LitellmAdvisory,
    Code::LitellmDatabaseLoss,
    Code::LitellmGuardrail,
    Code::LitellmGuardrailGap,
    Code::LitellmLog,
    Code::LitellmOpen,
    Code::LitellmPaidCalls,
    Code::LitellmSaltKey,
    Code::LooseDatabase,
    Code::LooseNetwork,
    Code::LoosePolicy,
    Code::LooseRights,
    Code::McpUnlocked,
    Code::ModelBypass,
    Code::OpenProject,
    Code::OpenProxy,
    Code::PlainText,
    Code::PolicyAdmitsStrangers,
    Code::RouteUnlocked,
    Code::SaasWithoutKey,
    Code::VllmOpen,
];

/// What the API server refuses of the change by a rule of its definition.
pub fn refused(change: &Change, updates: &[Finding]) -> Vec<Risk> {
    let object = change.identity.to_string();
    let about = |finding: &&Finding| finding.about.as_ref().is_some_and(|about| about.object == object);
    let one = |finding: &Finding| Risk {
        code: Code::ImmutableField,
        field: String::new(),
        message: format!("the API server refuses it: {}", finding.message),
        help: "keep it, or give the object another name".into(),
    };
    updates.iter().filter(about).filter(|finding| finding.severity == Severity::Error).map(one).collect()
}

/// The warnings that a change brings.
pub fn warned(change: &Change, findings: &[Finding]) -> Vec<Risk> {
    let object = change.identity.to_string();
    let fresh = matches!(change.kind, Kind::Added | Kind::Renamed);
    let below = |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let touched = |pointer: &str| {
        let meets = |field: &Field| below(&field.pointer, pointer) || below(pointer, &field.pointer);
        fresh || change.fields.iter().any(meets)
    };
    let one = |finding: &Finding| {
        let about = finding.about.as_ref().filter(|about| about.object == object && touched(&about.pointer))?;
        let opens = finding.severity == Severity::Warning && OPENING.contains(&finding.code);
        let message = finding.message.strip_prefix(&object).unwrap_or(&finding.message).trim_start();
        opens.then(|| Risk {
            code: finding.code,
            field: about.pointer[1.min(about.pointer.len())..].replace('/', "."),
            message: message.to_owned(),
            help: finding.help.as_deref().unwrap_or_default().to_owned(),
        })
    };
    findings.iter().filter_map(one).collect()
}
