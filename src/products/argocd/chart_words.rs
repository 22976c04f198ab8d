//! Keys of chart values that mean the same in all charts -> the words and times that they take.

use crate::text::forms::duration;
use crate::text::schema::is_slip;

/// Keys, and the words that one of them may be. Charts know more of them than stand here: only a slip is told.
const WORDS: [(&[&str], &str); 6] = [
    (&["level", "logLevel", "loglevel"], "trace debug info warn warning error fatal panic critical"),
    (&["format", "logFormat"], "json text console logfmt"),
    (&["timeEncoding"], "epoch millis nano iso8601 rfc3339 rfc3339nano"),
    (&["failurePolicy"], "Fail Ignore"),
    (&["pullPolicy", "imagePullPolicy"], "Always IfNotPresent Never"),
    (&["ipFamilyPolicy"], "SingleStack PreferDualStack RequireDualStack"),
];

/// Keys of a time.
const TIMES: [&str; 7] =
    ["interval", "scrapeTimeout", "requeueInterval", "leaseDuration", "renewDeadline", "retryPeriod", "certDuration"];

/// The way out for a text that such a key does not take.
pub fn help(key: &str, text: &str) -> Option<String> {
    if TIMES.contains(&key) {
        // Prometheus has days as well.
        let days = |text: &str| text.strip_suffix(['d', 'w', 'y']).is_some_and(|number| number.parse::<u32>().is_ok());
        let number = text.starts_with(|c: char| c.is_ascii_digit()) && text.parse::<u64>().is_err();
        return (number && duration(text).is_none() && !days(text)).then(|| "write it as `30s` or `5m`".into());
    }
    let (_, known) = WORDS.iter().find(|(keys, _)| keys.contains(&key))?;
    let is_known = known.split(' ').any(|known| known.eq_ignore_ascii_case(text));
    let lower = text.to_lowercase();
    let near = known.split(' ').find(|known| !is_known && is_slip(&known.to_lowercase(), &lower));
    let short =
        || known.split(' ').find(|known| !is_known && lower.len() > 2 && crate::text::near::is_near(known, &lower, 1));
    near.or_else(short).map(|near| format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::help;

    #[test]
    fn words_and_times() {
        for (key, text, wrong) in [
            ("level", "info", false),
            ("level", "inof", true),
            ("level", "Debug", false),
            ("logLevel", "verbose", false),
            ("format", "jsn", true),
            ("failurePolicy", "Fali", true),
            ("interval", "60sec", true),
            ("interval", "1m30s", false),
            ("interval", "1d", false),
            ("requeueInterval", "5min", true),
            ("other", "inof", false),
        ] {
            assert_eq!(help(key, text).is_some(), wrong, "{key}: {text}");
        }
    }
}
