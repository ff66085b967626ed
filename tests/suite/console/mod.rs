//! The console in Chromium, driven by WebDriver.

mod accessibility;
mod injection_payloads;
mod keyboard;
mod reclassify_journey;
mod script_injection;
