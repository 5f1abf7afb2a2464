//! How things are shown.

pub(crate) mod ask;
pub(crate) mod color;
pub(crate) mod dag;
pub(crate) mod fields;
pub(crate) mod id;
pub(crate) mod json;
pub(crate) mod out;
pub(crate) mod table;
pub(crate) mod time;
pub(crate) mod width;

pub(crate) use ask::{ask_secret, confirm};
pub(crate) use color::{Palette, Style};
pub(crate) use fields::Fields;
pub(crate) use out::Out;
pub(crate) use table::{Cell, Column, Table};
