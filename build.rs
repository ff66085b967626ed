//! Compiles `proto/` with protox, without an installed protoc.
//!
//! Output in `OUT_DIR`: the messages, server and client of `deltabook.v1` (for `tonic::include_proto!`);
//! `deltabook.bin`, the file descriptor set of the reflection service; and `roles.rs`, the roles of each method.

#[cfg(not(feature = "server"))]
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
}

#[cfg(feature = "server")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    proto::compile()
}

#[cfg(feature = "server")]
mod proto {
    use std::error::Error;
    use std::fmt::Write as _;
    use std::path::PathBuf;
    use std::{env, fs};

    use protox::Compiler;
    use protox::prost_reflect::{DescriptorPool, MethodDescriptor};

    const PROTO_ROOT: &str = "proto";

    const PROTO_FILES: [&str; 7] = [
        "deltabook/v1/access.proto",
        "deltabook/v1/facts.proto",
        "deltabook/v1/billing_service.proto",
        "deltabook/v1/movement_service.proto",
        "deltabook/v1/overrides.proto",
        "deltabook/v1/finance_service.proto",
        "deltabook/v1/admin_service.proto",
    ];

    /// The message with a secret.
    const SECRET: &str = ".deltabook.v1.CreateKeyResponse";

    /// The option of a method that lists its roles, and the prefix of their names.
    const ALLOWED_ROLES: &str = "deltabook.v1.allowed_roles";
    const ROLE: &str = "ROLE_";

    pub fn compile() -> Result<(), Box<dyn Error>> {
        println!("cargo:rerun-if-changed={PROTO_ROOT}");
        println!("cargo:rerun-if-changed=migrations"); // embedded in the binary

        let mut compiler = Compiler::new([PROTO_ROOT])?;
        compiler.include_source_info(true).include_imports(true).open_files(PROTO_FILES)?;
        let out_dir = PathBuf::from(env::var("OUT_DIR")?);
        fs::write(out_dir.join("deltabook.bin"), compiler.encode_file_descriptor_set())?;
        fs::write(out_dir.join("roles.rs"), roles(&compiler.descriptor_pool())?)?;
        tonic_prost_build::configure()
            .skip_debug([SECRET]) // implemented by hand, without the secret
            .btree_map(".") // sorted maps: equal messages have equal bytes
            .codec_path("crate::grpc::codec::StrictCodec") // INVALID_ARGUMENT for malformed messages
            .compile_fds(compiler.file_descriptor_set())?;
        Ok(())
    }

    /// The methods with their roles, in the order of their paths, as Rust code.
    fn roles(pool: &DescriptorPool) -> Result<String, Box<dyn Error>> {
        let mut methods = Vec::new();
        for service in pool.services() {
            for method in service.methods() {
                methods.push((format!("/{}/{}", service.full_name(), method.name()), allowed_roles(pool, &method)?));
            }
        }
        methods.sort();
        let mut code = String::from("[\n");
        for (path, roles) in methods {
            writeln!(code, "    ({path:?}, &[{}]),", roles.join(", "))?;
        }
        code.push_str("]\n");
        Ok(code)
    }

    /// The roles of a method as the values of the enum `Role`.
    fn allowed_roles(pool: &DescriptorPool, method: &MethodDescriptor) -> Result<Vec<String>, Box<dyn Error>> {
        let option = pool.get_extension_by_name(ALLOWED_ROLES).ok_or("there is no option allowed_roles")?;
        let options = method.options();
        let named = options.get_extension(&option);
        let mut roles = Vec::new();
        for value in named.as_list().unwrap_or_default() {
            let kind = option.kind();
            let kind = kind.as_enum().ok_or("allowed_roles is no enum")?;
            let value = value.as_enum_number().and_then(|number| kind.get_value(number));
            let name = value.filter(|value| value.number() != 0).ok_or_else(|| no_roles(method))?.name().to_owned();
            let word = name.strip_prefix(ROLE).ok_or("a role does not begin with ROLE_")?.to_lowercase();
            let (first, rest) = word.split_at(1);
            roles.push(format!("Role::{}{rest}", first.to_uppercase()));
        }
        if roles.is_empty() { Err(no_roles(method).into()) } else { Ok(roles) }
    }

    fn no_roles(method: &MethodDescriptor) -> String {
        format!("{} has no roles: add `option (allowed_roles) = ROLE_…;`", method.full_name())
    }
}
