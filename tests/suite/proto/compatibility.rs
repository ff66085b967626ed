//! The contract of this version against those of the releases, in `tests/golden/proto/<version>.binpb`.
//!
//! A release adds its own: `cargo test --test suite -- --ignored write_the_contract_of_this_release`.

use std::fs;

use deltabook::grpc::DESCRIPTORS;
use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::method_options::IdempotencyLevel;
use prost_types::{DescriptorProto, FileDescriptorSet, OneofDescriptorProto};

use super::breaking_changes::{Break, breaking_changes};
use crate::support::golden;

/// The contract, without comments and places in files.
fn contract() -> FileDescriptorSet {
    let mut set = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    for file in &mut set.file {
        file.source_code_info = None;
    }
    set
}

#[test]
fn the_contract_is_compatible_with_each_release() {
    let releases = golden::names(&golden::path("proto"));
    assert!(releases.contains(&"0.1.0.binpb".to_owned()), "{releases:?}");
    for release in releases {
        let before = fs::read(golden::path("proto").join(&release)).unwrap();
        let before = FileDescriptorSet::decode(before.as_slice()).unwrap();
        let methods: usize = before.file.iter().flat_map(|file| &file.service).map(|it| it.method.len()).sum();
        assert!(methods >= 30, "{release} has {methods} methods");
        assert_eq!(breaking_changes(&before, &contract()), [], "since {release}");
    }
}

#[test]
#[ignore = "writes the golden file of a release"]
fn write_the_contract_of_this_release() {
    let file = golden::path("proto").join(format!("{}.binpb", env!("CARGO_PKG_VERSION")));
    fs::create_dir_all(golden::path("proto")).unwrap();
    fs::write(file, contract().encode_to_vec()).unwrap();
}

/// The message of a full name without the package.
fn message<'s>(set: &'s mut FileDescriptorSet, name: &str) -> &'s mut DescriptorProto {
    let ours = set.file.iter_mut().filter(|file| file.package() == "deltabook.v1");
    ours.flat_map(|file| &mut file.message_type).find(|it| it.name() == name).unwrap()
}

/// Rules, the place of the violation, and a change that breaks them.
type Mutation = (&'static [&'static str], &'static str, fn(&mut FileDescriptorSet));

/// Each rule with a change of the contract that breaks it, and nothing else.
const BREAKS: [Mutation; 23] = [
    (&["PACKAGE_NO_DELETE"], "deltabook.gone", |_| {}),
    (&["MESSAGE_NO_DELETE"], "deltabook.v1.Movement", |set| {
        set.file.iter_mut().for_each(|file| file.message_type.retain(|it| it.name() != "Movement"));
    }),
    (&["ENUM_NO_DELETE"], "deltabook.v1.Level", |set| {
        set.file.iter_mut().for_each(|file| file.enum_type.retain(|it| it.name() != "Level"));
    }),
    (&["SERVICE_NO_DELETE"], "deltabook.v1.BillingService", |set| {
        set.file.iter_mut().for_each(|file| file.service.retain(|it| it.name() != "BillingService"));
    }),
    (
        &["FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED", "FIELD_NO_DELETE_UNLESS_NAME_RESERVED"],
        "deltabook.v1.Movement.mrr_delta",
        |set| message(set, "Movement").field.retain(|it| it.name() != "mrr_delta"),
    ),
    (&["FIELD_SAME_NAME"], "deltabook.v1.Movement.mrr_delta", |set| {
        field(set).name = Some("delta".to_owned());
    }),
    (&["FIELD_SAME_JSON_NAME"], "deltabook.v1.Movement.mrr_delta", |set| {
        field(set).json_name = Some("delta".to_owned());
    }),
    (&["FIELD_SAME_TYPE"], "deltabook.v1.Movement.mrr_delta", |set| field(set).set_type(Type::Bytes)),
    (&["FIELD_SAME_CARDINALITY"], "deltabook.v1.Movement.mrr_delta", |set| field(set).set_label(Label::Repeated)),
    (&["FIELD_SAME_CARDINALITY"], "deltabook.v1.Movement.mrr_delta", |set| field(set).proto3_optional = Some(true)),
    (&["FIELD_SAME_ONEOF"], "deltabook.v1.Movement.mrr_delta", |set| {
        let movement = message(set, "Movement");
        movement.oneof_decl.push(OneofDescriptorProto { name: Some("amount".to_owned()), options: None });
        let index = i32::try_from(movement.oneof_decl.len() - 1).unwrap();
        field(set).oneof_index = Some(index);
    }),
    (&["ONEOF_NO_DELETE"], "deltabook.v1.Kept.choice", |set| message(set, "Kept").oneof_decl.clear()),
    (&["RESERVED_MESSAGE_NO_DELETE"], "deltabook.v1.Kept", |set| message(set, "Kept").reserved_name.clear()),
    (&["RESERVED_MESSAGE_NO_DELETE"], "deltabook.v1.Kept", |set| message(set, "Kept").reserved_range.clear()),
    (
        &["ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED", "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED"],
        "deltabook.v1.Level.LEVEL_CUSTOMER",
        |set| level(set).value.retain(|it| it.name() != "LEVEL_CUSTOMER"),
    ),
    (&["ENUM_VALUE_SAME_NAME"], "deltabook.v1.Level.LEVEL_CUSTOMER", |set| {
        let values = &mut level(set).value;
        values.iter_mut().find(|it| it.name() == "LEVEL_CUSTOMER").unwrap().name = Some("LEVEL_ACCOUNT".to_owned());
    }),
    (&["RESERVED_ENUM_NO_DELETE"], "deltabook.v1.Level", |set| level(set).reserved_name.clear()),
    (&["RPC_NO_DELETE"], METHOD, |set| service(set).retain(|it| it.name() != "RecordFacts")),
    (&["RPC_SAME_REQUEST_TYPE"], METHOD, |set| method(set).input_type = Some(".deltabook.v1.Movement".to_owned())),
    (&["RPC_SAME_RESPONSE_TYPE"], METHOD, |set| method(set).output_type = Some(".deltabook.v1.Movement".to_owned())),
    (&["RPC_SAME_CLIENT_STREAMING"], METHOD, |set| method(set).client_streaming = Some(true)),
    (&["RPC_SAME_SERVER_STREAMING"], METHOD, |set| method(set).server_streaming = Some(true)),
    (&["RPC_SAME_IDEMPOTENCY_LEVEL"], METHOD, |set| {
        method(set).options.get_or_insert_default().set_idempotency_level(IdempotencyLevel::NoSideEffects);
    }),
];

const METHOD: &str = "deltabook.v1.BillingService.RecordFacts";

fn field(set: &mut FileDescriptorSet) -> &mut prost_types::FieldDescriptorProto {
    message(set, "Movement").field.iter_mut().find(|it| it.number() == 13).unwrap()
}

fn level(set: &mut FileDescriptorSet) -> &mut prost_types::EnumDescriptorProto {
    let ours = set.file.iter_mut().filter(|file| file.package() == "deltabook.v1");
    ours.flat_map(|file| &mut file.enum_type).find(|it| it.name() == "Level").unwrap()
}

fn service(set: &mut FileDescriptorSet) -> &mut Vec<prost_types::MethodDescriptorProto> {
    let services = set.file.iter_mut().flat_map(|file| &mut file.service);
    &mut services.into_iter().find(|it| it.name() == "BillingService").unwrap().method
}

fn method(set: &mut FileDescriptorSet) -> &mut prost_types::MethodDescriptorProto {
    service(set).iter_mut().find(|it| it.name() == "RecordFacts").unwrap()
}

/// The contract with what it does not have by itself: a reserved field, a reserved value, and another package.
fn contract_with_all() -> FileDescriptorSet {
    use prost_types::descriptor_proto::ReservedRange;
    let mut set = contract();
    let kept = DescriptorProto {
        name: Some("Kept".to_owned()),
        reserved_name: vec!["gone".to_owned()],
        reserved_range: vec![ReservedRange { start: Some(7), end: Some(9) }],
        oneof_decl: vec![OneofDescriptorProto { name: Some("choice".to_owned()), options: None }],
        ..DescriptorProto::default()
    };
    set.file.iter_mut().find(|file| file.package() == "deltabook.v1").unwrap().message_type.push(kept);
    level(&mut set).reserved_name.push("LEVEL_GONE".to_owned());
    set
}

#[test]
fn each_rule_finds_its_break() {
    for (rules, at, change) in BREAKS {
        let (mut before, mut after) = (contract_with_all(), contract_with_all());
        if at == "deltabook.gone" {
            before.file.push(prost_types::FileDescriptorProto { package: Some(at.to_owned()), ..Default::default() });
        }
        change(&mut after);
        let expected: Vec<Break> = rules.iter().map(|rule| Break { rule, at: at.to_owned() }).collect();
        assert_eq!(breaking_changes(&before, &after), expected);
    }
}

#[test]
fn additions_and_reserved_deletions_break_nothing() {
    use prost_types::descriptor_proto::ReservedRange;
    use prost_types::enum_descriptor_proto::EnumReservedRange;
    let before = contract_with_all();
    let mut after = contract_with_all();
    let movement = message(&mut after, "Movement");
    let deleted = movement.field.remove(0);
    movement.reserved_name.push(deleted.name().to_owned());
    movement.reserved_range.push(ReservedRange { start: Some(deleted.number()), end: Some(deleted.number() + 1) });
    movement.field.push(prost_types::FieldDescriptorProto {
        name: Some("activity".to_owned()),
        number: Some(900),
        ..Default::default()
    });
    let level = level(&mut after);
    let deleted = level.value.pop().unwrap();
    level.reserved_name.push(deleted.name().to_owned());
    level.reserved_range.push(EnumReservedRange { start: Some(deleted.number()), end: Some(deleted.number()) });
    let methods = service(&mut after);
    methods.push(prost_types::MethodDescriptorProto { name: Some("Forget".to_owned()), ..Default::default() });
    assert_eq!(breaking_changes(&before, &after), []);
}
