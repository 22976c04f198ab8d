//! `groups/`, `templates/`, `rules/` into a catalog: what may be switched on and what it renders. [`catalog`] reads group files,
//! [`template`] expressions and templates, [`component`] has the shapes that groups fill in, [`scope`] what a template sees;
//! [`pages`] has the pages of `rules/`, [`rule`] what a page says of one object.

pub mod template;
pub mod words;
pub mod rule;
pub mod page;
pub mod pages;
pub mod catalog;
pub mod component;
pub mod memo;
pub mod scope;
