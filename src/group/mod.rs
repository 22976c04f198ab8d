//! `groups/`, `templates/` into a catalog: what may be switched on and what it renders. [`catalog`] reads group files ([`written`]),
//! [`template`] expressions and templates, [`component`] has the shapes that groups fill in, [`scope`] what a template sees.

pub mod template;
pub mod written;
pub mod items;
pub mod catalog;
pub mod component;
pub mod memo;
pub mod scope;
