//! The console: a site with content, its pages over plain HTTP, and in Chromium.

pub mod site;
pub mod client;
pub mod browser;
