pub mod domain;
pub mod form;
