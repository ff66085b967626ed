//! The console as people have it before them: in Chromium, driven by WebDriver; and over plain HTTP, as programs that mean
//! no good have it.

mod axe;
mod browser;
mod chromium;
mod journey;
mod keyboard;
mod pages;
mod payloads;
mod scripts;
pub mod site;
pub mod visitor;
