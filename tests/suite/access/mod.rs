//! Roles, keys at the command line, and secrets that stay secret.

mod key_commands;
pub mod roles;
mod secrets;
