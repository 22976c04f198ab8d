//! `groups/`, `shapes/`, `templates/`, `rules/` into a catalog: what may be switched on and what it renders. [`catalog`] reads
//! group files ([`mod@file`] makes a group of one: [`written`], [`mod@builtin`], [`based`] on a built-in one or not; [`ejected`] copies of them), [`shapes`] what their settings share, [`template`] expressions and templates, [`component`] and [`claim`] what groups fill
//! in, [`scope`] what a template sees, [`mod@kinds`] what an AppProject allows; [`pages`] has the pages of `rules/`, [`rule`] what a page says of one object and [`spot`] what its names mean there.

pub mod template;
pub mod words;
pub mod spot;
pub mod rule;
pub mod page;
pub mod pages;
pub mod shapes;
pub mod written;
pub mod reads;
pub mod builtin;
pub mod based;
pub mod items;
pub mod kinds;
pub mod defaults;
pub mod file;
pub mod catalog;
pub mod ejected;
pub mod claim;
pub mod component;
pub mod memo;
pub mod scope;
