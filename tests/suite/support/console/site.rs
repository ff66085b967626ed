//! A server whose console has something on every page, and keys for those who look at it.

use std::sync::Arc;

use deltabook::access::authenticator::Access;
use deltabook::clock::Clock;
use deltabook::domain::ids::TenantId;
use deltabook::domain::role::Role;
use deltabook::events::sink::DeliveryOutcome;
use deltabook::events::sink::sink_config::OpenSink;
use deltabook::grpc::v1;
use deltabook::tenants::tenant_runtime::Sending;

use crate::support::keys::{Key, Operator, with_key};
use crate::support::ledger::{ScriptedSink, fails};
use crate::support::server::{TestServer, fact};
use crate::support::store::Store;
use crate::support::wait::{holds, until};

/// What `deltabook demo` tells its server.
const DEMO: &str = include_str!("../../../../src/cli/demo/book.jsonl");

/// The day that the tests of the console take for today: after the book of the demo, whenever they run.
pub const TODAY: &str = "2026-11-21T12:00:00Z";

pub struct ConsoleSite {
    pub server: TestServer,
    pub url: String,
    pub operator: Operator,
    pub admin: Key,
    pub finance: Key,
    pub reader: Key,
}

pub fn today() -> Clock {
    Clock::of(|| TODAY.parse().unwrap())
}

/// One that takes everything, one that takes nothing of one customer and refuses another's for ever, and one that wants
/// no more.
fn receivers() -> Sending {
    let (takes_all, takes_some, is_gone) = (ScriptedSink::new(), ScriptedSink::new(), ScriptedSink::new());
    is_gone.answers(|_| DeliveryOutcome::Disabled { reason: "410 Gone".to_owned() });
    takes_some.answers(|event| match event.envelope.customer_id.as_str() {
        "pikestone-robotics" => fails("503 Service Unavailable"),
        "quillmark-press" => DeliveryOutcome::Refused { reason: "400 Bad Request: no such plan".to_owned() },
        _ => DeliveryOutcome::Delivered,
    });
    Sending {
        sinks: vec![receiver("warehouse", takes_all), receiver("crm", takes_some), receiver("old-crm", is_gone)],
        ..Sending::default()
    }
}

pub fn receiver(name: &str, sink: Arc<ScriptedSink>) -> OpenSink {
    OpenSink { tenant_id: TenantId::only(), name: name.to_owned(), sink, described: format!("{name} of a test") }
}

impl ConsoleSite {
    /// With keys, and nothing else.
    pub async fn empty(store: Store) -> Self {
        Self::of(TestServer::start_at(store, today()).await).await
    }

    /// With the book of the demo, and receivers for its events.
    pub async fn with_demo(store: Store) -> Self {
        let mut server = TestServer::start_sending(store, today(), Access::OPEN, receivers()).await;
        let facts: Vec<v1::Fact> = DEMO.lines().map(|line| fact(serde_json::from_str(line).unwrap())).collect();
        server.record(facts).await.unwrap();
        Self::of(server).await
    }

    /// From now on the server asks for keys.
    pub async fn of(server: TestServer) -> Self {
        let operator = Operator::at(server.store.url()).await;
        let [admin, finance, reader] = [Role::Admin, Role::Finance, Role::Reader];
        let admin = operator.makes(&TenantId::only(), admin).await;
        let finance = operator.makes(&TenantId::only(), finance).await;
        let reader = operator.makes(&TenantId::only(), reader).await;
        let url = format!("http://{}", server.address);
        let mut site = Self { server, url, operator, admin, finance, reader };
        site.wait_for_keys().await;
        site
    }

    /// A server that asked for none looks for them every second.
    async fn wait_for_keys(&mut self) {
        until(async || {
            let answer = self.server.admin.list_sinks(v1::ListSinksRequest {}).await;
            holds(answer.is_err(), "keys are not found")
        })
        .await;
    }

    /// Finance closes months, and then says that a movement of the last one is to count otherwise.
    pub async fn decide(&mut self) -> v1::Movement {
        for month in (1..=11).map(|month| format!("2025-{month:02}")) {
            let reason = format!("{month} agrees with the bank");
            let request = v1::ClosePeriodRequest { month, reason, request_id: String::new() };
            self.server.finance.close_period(with_key(&self.finance.text, request)).await.unwrap();
        }
        let subject = self.movement("pikestone-robotics", v1::ImpactSubcategory::QuantityIncrease).await;
        let request = v1::OverrideModificationTypeRequest {
            customer_id: subject.customer_id.clone(),
            cause: subject.causes.first().cloned(),
            modification_type: v1::ModificationType::NewOrChurn.into(),
            levels: vec![v1::Level::Customer.into()],
            reason: "A second company of the same owner".to_owned(),
            ..v1::OverrideModificationTypeRequest::default()
        };
        self.server.finance.override_modification_type(with_key(&self.finance.text, request)).await.unwrap();
        let is_told = |it: &v1::Sink| it.dead_count > 0 && it.waiting_count > 0;
        self.wait_for(|sinks| sinks.iter().any(is_told) && sinks.iter().any(|it| !it.disabled_reason.is_empty())).await;
        subject
    }

    /// The first movement of a customer, as a whole, of a kind.
    pub async fn movement(&mut self, customer: &str, subcategory: v1::ImpactSubcategory) -> v1::Movement {
        let filter = v1::MovementFilter {
            level: v1::Level::Customer.into(),
            subcategories: vec![subcategory.into()],
            customer_id: customer.to_owned(),
            ..v1::MovementFilter::default()
        };
        let request = v1::ListMovementsRequest { filter: Some(filter), ..v1::ListMovementsRequest::default() };
        let found = self.server.movements.list_movements(with_key(&self.reader.text, request)).await;
        found.unwrap().into_inner().movements.swap_remove(0)
    }

    /// Waits until the sinks are in a state.
    pub async fn wait_for(&mut self, have_said: impl Fn(&[v1::Sink]) -> bool) {
        until(async || {
            let request = with_key(&self.reader.text, v1::ListSinksRequest {});
            let sinks = self.server.admin.list_sinks(request).await.unwrap().into_inner().sinks;
            holds(have_said(&sinks), sinks)
        })
        .await;
    }

    pub async fn close(self) {
        self.operator.db.close().await;
        self.server.finish().await;
    }
}
