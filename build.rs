//! Compiles `proto/` with protox, so that the machine needs no protoc.
//!
//! Leaves in `OUT_DIR`: the messages, server and client of `deltabook.v1` (for `tonic::include_proto!`), and
//! `deltabook.bin`, the file descriptor set that the reflection service answers from.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use protox::prost::Message;

const PROTO_ROOT: &str = "proto";

const PROTO_FILES: [&str; 6] = [
    "deltabook/v1/facts.proto",
    "deltabook/v1/billing_service.proto",
    "deltabook/v1/movement_service.proto",
    "deltabook/v1/overrides.proto",
    "deltabook/v1/finance_service.proto",
    "deltabook/v1/admin_service.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={PROTO_ROOT}");
    println!("cargo:rerun-if-changed=migrations"); // they are part of the binary

    let descriptors = protox::compile(PROTO_FILES, [PROTO_ROOT])?;
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out_dir.join("deltabook.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .btree_map(".") // maps in one order: equal messages have equal bytes
        .codec_path("crate::grpc::codec::StrictCodec") // says INVALID_ARGUMENT of what it cannot read
        .compile_fds(descriptors)?;
    Ok(())
}
