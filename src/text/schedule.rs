//! A schedule of five fields, as robfig/cron 3 reads it -> what is wrong with it.

/// The numbers of the fields of a schedule, with the names that stand for some.
const FIELDS: [(&str, u32, u32, &str); 5] = [
    ("minute", 0, 59, ""),
    ("hour", 0, 23, ""),
    ("day of the month", 1, 31, ""),
    ("month", 1, 12, "jan feb mar apr may jun jul aug sep oct nov dec"),
    ("day of the week", 0, 6, "sun mon tue wed thu fri sat"),
];

/// What is wrong with a schedule of five fields, as robfig/cron 3 reads it.
pub fn wrong(schedule: &str) -> Option<String> {
    if schedule.is_empty() || schedule.starts_with('@') || schedule.contains(['$', '{']) {
        return None;
    }
    let parts: Vec<&str> = schedule.split_whitespace().collect();
    if parts.len() != FIELDS.len() {
        return Some(format!("has {} fields", parts.len()));
    }
    let fields = parts.iter().zip(FIELDS);
    fields
        .filter_map(|(part, (what, least, most, names))| {
            let number = |word: &str| {
                let name = names.split(' ').position(|name| !name.is_empty() && name.eq_ignore_ascii_case(word));
                name.map(|at| at as u32 + least).or_else(|| word.parse().ok()).filter(|n| (least..=most).contains(n))
            };
            let fits = |range: &str| match range.split_once('-') {
                Some((from, to)) => number(from).zip(number(to)).is_some_and(|(from, to)| from <= to),
                None => ["*", "?"].contains(&range) || number(range).is_some(),
            };
            let takes = |item: &str| match item.split_once('/') {
                Some((range, step)) => fits(range) && step.parse::<u32>().is_ok_and(|step| step > 0),
                None => fits(item),
            };
            (!part.split(',').all(takes)).then(|| format!("has the {what} `{part}`"))
        })
        .next()
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn a_schedule_has_five_fields_within_their_bounds() {
        for schedule in ["0 8 * * 1-5", "*/15 0-6,20-23 1 jan-MAR sun", "30 6 ? * MON,FRI", "@daily", ""] {
            assert_eq!(wrong(schedule), None, "{schedule}");
        }
        for schedule in [
            "0 8 * *",
            "0 8 * * 1-8",
            "0 28 * * *",
            "60 1 * * *",
            "0 1 0 * *",
            "0 1 * 13 *",
            "*/0 * * * *",
            "0 5-3 * * *",
            "a * * * *",
        ] {
            assert!(wrong(schedule).is_some(), "{schedule}");
        }
    }
}
