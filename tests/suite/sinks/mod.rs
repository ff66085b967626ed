//! Sinks, each against a receiver on this machine, with the payloads that they send as golden files.

mod failing_sinks;
mod file;
mod http_sinks;
mod intilery;
mod kissmetrics;
mod nats;
mod segment;
mod webhook;
