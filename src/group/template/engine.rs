//! minijinja as all templates have it: undefined is an error, nothing gets past the escaping, and nothing grows without end.

use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use crate::group::template::filters;

/// An engine that escapes like this, and runs so many instructions at most.
pub(crate) fn environment(escape: fn(&str) -> AutoEscape, fuel: u64) -> Environment<'static> {
    let mut env = Environment::new();
    env.set_auto_escape_callback(escape);
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_debug(true);
    env.set_fuel(Some(fuel));
    env.set_syntax(
        minijinja::syntax::SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()
            .expect("the standard delimiters"),
    );
    env.remove_global("namespace"); // the name of a list of ours
    env.remove_global("debug");
    // They let text past the escaping.
    env.remove_filter("safe");
    env.remove_filter("tojson");
    // They make any amount of text or of items out of a number.
    for filter in ["indent", "format", "center", "batch", "slice"] {
        env.remove_filter(filter);
    }
    filters::add(&mut env);
    env
}
