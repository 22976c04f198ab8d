//! Warnings as one line of text, and back: what a cluster earned in an earlier run is told in the next without rendering it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::group::pages::Pages;
use crate::text::finding::{About, Finding};
use crate::text::source::{Place, Source};

/// Files by name.
pub(crate) type Files<'s> = BTreeMap<&'s str, &'s Arc<Source>>;

#[derive(Serialize, Deserialize)]
struct Noted {
    code: String,
    message: String,
    place: Option<Spot>,
    related: Vec<(Spot, String)>,
    help: Option<Box<str>>,
    about: Option<(String, String)>,
}

/// A place by the name of its file and its bytes.
#[derive(Serialize, Deserialize)]
struct Spot(String, usize, usize);

/// Warnings as JSON; `None` where one stands in a file that is not among these.
pub(crate) fn written(warnings: &[Finding], files: &Files<'_>) -> Option<String> {
    let spot = |place: &Place| {
        let name = place.source.name.as_str();
        let known = files.get(name).is_some_and(|file| file.text == place.source.text);
        known.then(|| Spot(name.to_owned(), place.start, place.end))
    };
    let noted = warnings.iter().map(|warning| {
        Some(Noted {
            code: warning.code.name().to_owned(),
            message: warning.message.clone(),
            place: warning.place.as_ref().map_or(Some(None), |place| spot(place).map(Some))?,
            related: warning
                .related
                .iter()
                .map(|(place, words)| Some((spot(place)?, words.clone())))
                .collect::<Option<_>>()?,
            help: warning.help.clone(),
            about: warning.about.as_ref().map(|about| (about.object.clone(), about.pointer.clone())),
        })
    });
    serde_json::to_string(&noted.collect::<Option<Vec<_>>>()?).ok()
}

/// What was written; `None` where it says nothing that can be understood.
pub(crate) fn read(text: &str, files: &Files<'_>, pages: &Pages) -> Option<Vec<Finding>> {
    let place = |Spot(name, start, end): Spot| Some(Place::new(files.get(name.as_str())?, start, end));
    let noted: Vec<Noted> = serde_json::from_str(text).ok()?;
    let warning = |noted: Noted| {
        let mut warning = Finding::warning(pages.code(&noted.code)?, noted.message);
        warning.place = noted.place.map_or(Some(None), |spot| place(spot).map(Some))?;
        for (spot, words) in noted.related {
            warning = warning.related(place(spot)?, words);
        }
        warning.help = noted.help;
        warning.about = noted.about.map(|(object, pointer)| Box::new(About { object, pointer }));
        Some(warning)
    };
    noted.into_iter().map(warning).collect()
}
