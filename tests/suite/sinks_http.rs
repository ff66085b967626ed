//! The sinks that speak HTTP, against receivers on this machine.
