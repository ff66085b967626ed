//! What breaks clients of a contract, by the names of buf's rules: <https://buf.build/docs/breaking/rules>.
//!
//! The rules are those of buf's category `FILE` that apply to proto3: what breaks generated code, JSON or the wire.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet, MethodDescriptorProto,
    MethodOptions, ServiceDescriptorProto,
};

/// The packages that are ours; others come with the compiler.
const PACKAGE: &str = "deltabook.";

/// A change that a client of `before` does not survive.
#[derive(Debug, PartialEq, Eq)]
pub struct Break {
    pub rule: &'static str,
    /// The name of what has changed.
    pub at: String,
}

/// Every breaking change from one contract to another, in no particular order.
pub fn breaking_changes(before: &FileDescriptorSet, after: &FileDescriptorSet) -> Vec<Break> {
    let (before, after) = (Contract::of(before), Contract::of(after));
    let mut breaks = Breaks::default();
    for package in before.packages.iter().filter(|package| !after.packages.contains(*package)) {
        breaks.add("PACKAGE_NO_DELETE", package);
    }
    for (name, old) in &before.messages {
        match after.messages.get(name) {
            Some(new) => breaks.of_message(name, old, new),
            None => breaks.add("MESSAGE_NO_DELETE", name),
        }
    }
    for (name, old) in &before.enums {
        match after.enums.get(name) {
            Some(new) => breaks.of_enum(name, old, new),
            None => breaks.add("ENUM_NO_DELETE", name),
        }
    }
    for (name, old) in &before.services {
        match after.services.get(name) {
            Some(new) => breaks.of_service(name, old, new),
            None => breaks.add("SERVICE_NO_DELETE", name),
        }
    }
    breaks.0
}

/// What a set of files declares, by full name.
#[derive(Default)]
struct Contract<'f> {
    packages: BTreeSet<String>,
    messages: BTreeMap<String, &'f DescriptorProto>,
    enums: BTreeMap<String, &'f EnumDescriptorProto>,
    services: BTreeMap<String, &'f ServiceDescriptorProto>,
}

impl<'f> Contract<'f> {
    fn of(set: &'f FileDescriptorSet) -> Self {
        let mut contract = Self::default();
        for file in set.file.iter().filter(|file| file.package().starts_with(PACKAGE)) {
            let package = file.package();
            contract.packages.insert(package.to_owned());
            contract.add_messages(package, &file.message_type);
            contract.add_enums(package, &file.enum_type);
            contract.services.extend(file.service.iter().map(|it| (format!("{package}.{}", it.name()), it)));
        }
        contract
    }

    fn add_messages(&mut self, parent: &str, messages: &'f [DescriptorProto]) {
        for message in messages {
            let name = format!("{parent}.{}", message.name());
            self.add_messages(&name, &message.nested_type);
            self.add_enums(&name, &message.enum_type);
            self.messages.insert(name, message);
        }
    }

    fn add_enums(&mut self, parent: &str, enums: &'f [EnumDescriptorProto]) {
        self.enums.extend(enums.iter().map(|it| (format!("{parent}.{}", it.name()), it)));
    }
}

#[derive(Default)]
struct Breaks(Vec<Break>);

impl Breaks {
    fn add(&mut self, rule: &'static str, at: &str) {
        self.0.push(Break { rule, at: at.to_owned() });
    }

    fn check(&mut self, is_kept: bool, rule: &'static str, at: &str) {
        if !is_kept {
            self.add(rule, at);
        }
    }

    fn of_message(&mut self, name: &str, old: &DescriptorProto, new: &DescriptorProto) {
        let reserved =
            |number: i32| new.reserved_range.iter().any(|range| (range.start()..range.end()).contains(&number));
        for field in &old.field {
            let at = format!("{name}.{}", field.name());
            if let Some(kept) = new.field.iter().find(|it| it.number() == field.number()) {
                self.of_field(&at, (old, field), (new, kept));
            } else {
                self.check(reserved(field.number()), "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED", &at);
                let is_reserved = new.reserved_name.iter().any(|it| it == field.name());
                self.check(is_reserved, "FIELD_NO_DELETE_UNLESS_NAME_RESERVED", &at);
            }
        }
        let are_kept = old.reserved_range.iter().flat_map(|range| range.start()..range.end()).all(reserved)
            && old.reserved_name.iter().all(|it| new.reserved_name.contains(it));
        self.check(are_kept, "RESERVED_MESSAGE_NO_DELETE", name);
        for oneof in &old.oneof_decl {
            let is_kept = new.oneof_decl.iter().any(|it| it.name() == oneof.name());
            self.check(is_kept, "ONEOF_NO_DELETE", &format!("{name}.{}", oneof.name()));
        }
    }

    /// A field of the same number, each with its message.
    fn of_field(
        &mut self,
        at: &str,
        (old_message, old): (&DescriptorProto, &FieldDescriptorProto),
        (new_message, new): (&DescriptorProto, &FieldDescriptorProto),
    ) {
        self.check(old.name() == new.name(), "FIELD_SAME_NAME", at);
        self.check(old.json_name() == new.json_name(), "FIELD_SAME_JSON_NAME", at);
        self.check((old.r#type(), old.type_name()) == (new.r#type(), new.type_name()), "FIELD_SAME_TYPE", at);
        let cardinality = |field: &FieldDescriptorProto| (field.label(), field.proto3_optional());
        self.check(cardinality(old) == cardinality(new), "FIELD_SAME_CARDINALITY", at);
        self.check(oneof_of(old_message, old) == oneof_of(new_message, new), "FIELD_SAME_ONEOF", at);
    }

    fn of_enum(&mut self, name: &str, old: &EnumDescriptorProto, new: &EnumDescriptorProto) {
        // Ranges of enums have their ends in them.
        let reserved =
            |number: i32| new.reserved_range.iter().any(|range| (range.start()..=range.end()).contains(&number));
        for value in &old.value {
            let at = format!("{name}.{}", value.name());
            if let Some(kept) = new.value.iter().find(|it| it.number() == value.number()) {
                self.check(kept.name() == value.name(), "ENUM_VALUE_SAME_NAME", &at);
            } else {
                self.check(reserved(value.number()), "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED", &at);
                let is_reserved = new.reserved_name.iter().any(|it| it == value.name());
                self.check(is_reserved, "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED", &at);
            }
        }
        let are_kept = old.reserved_range.iter().flat_map(|range| range.start()..=range.end()).all(reserved)
            && old.reserved_name.iter().all(|it| new.reserved_name.contains(it));
        self.check(are_kept, "RESERVED_ENUM_NO_DELETE", name);
    }

    fn of_service(&mut self, name: &str, old: &ServiceDescriptorProto, new: &ServiceDescriptorProto) {
        for method in &old.method {
            let at = format!("{name}.{}", method.name());
            match new.method.iter().find(|it| it.name() == method.name()) {
                Some(kept) => self.of_method(&at, method, kept),
                None => self.add("RPC_NO_DELETE", &at),
            }
        }
    }

    fn of_method(&mut self, at: &str, old: &MethodDescriptorProto, new: &MethodDescriptorProto) {
        self.check(old.input_type() == new.input_type(), "RPC_SAME_REQUEST_TYPE", at);
        self.check(old.output_type() == new.output_type(), "RPC_SAME_RESPONSE_TYPE", at);
        self.check(old.client_streaming() == new.client_streaming(), "RPC_SAME_CLIENT_STREAMING", at);
        self.check(old.server_streaming() == new.server_streaming(), "RPC_SAME_SERVER_STREAMING", at);
        let idempotency =
            |method: &MethodDescriptorProto| method.options.as_ref().map(MethodOptions::idempotency_level);
        self.check(idempotency(old) == idempotency(new), "RPC_SAME_IDEMPOTENCY_LEVEL", at);
    }
}

/// The name of the oneof that a field is in.
fn oneof_of<'m>(message: &'m DescriptorProto, field: &FieldDescriptorProto) -> Option<&'m str> {
    let index = usize::try_from(field.oneof_index?).unwrap();
    message.oneof_decl.get(index).map(prost_types::OneofDescriptorProto::name)
}
