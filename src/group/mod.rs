//! `groups/`, `shapes/`, `templates/` into a catalog: what may be switched on and what it renders. [`catalog`] reads group
//! files, [`shapes`] what their settings share, [`template`] expressions and templates, [`component`] what groups fill in, [`scope`] what a template sees.

pub mod template;
pub mod shapes;
pub mod catalog;
pub mod component;
pub mod memo;
pub mod scope;
