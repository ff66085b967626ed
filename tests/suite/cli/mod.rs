//! The command line.

mod classify;
mod classify_large_files;
mod commands;
mod quickstart;
