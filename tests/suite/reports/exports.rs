//! Reports as files: what they say is what the questions say, to the last digit.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate};
use deltabook::grpc::v1;
use parquet::basic::{LogicalType, Type as Physical};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use parquet::schema::types::ColumnDescriptor;
use serde_json::json;
use tonic::{Code, Status};

use super::store;
use crate::support::program::Folder;
use crate::support::server::{TestServer, line, order};

/// A row by the names of its columns.
type Row = BTreeMap<String, String>;

/// Many customers with prices that do not come out even, in two currencies, with changes, renewals, ends and returns;
/// then facts that change what was posted.
async fn with_a_book() -> TestServer {
    let mut server = TestServer::start(store()).await;
    let mut facts = Vec::new();
    for number in 0..240 {
        let customer = format!("customer-{number:03}");
        let currency = if number % 3 == 0 { "EUR" } else { "USD" };
        let month = number % 12 + 1;
        let price = format!("{}.{:02}", 90 + number, number % 100);
        let step = json!([{"quantity": format!("{}.5", number % 7 + 1), "unit_price": price, "interval": {"unit": "YEAR", "count": 1}}]);
        facts.push(line(
            &customer,
            "L1",
            json!({"currency": currency, "start_date": format!("2025-{month:02}-15"), "price_steps": step}),
        ));
        if number % 2 == 0 {
            facts.push(line(
                &customer,
                "L2",
                json!({"item_id": "support", "currency": currency, "end_date": "2026-05-01"}),
            ));
        }
        if number % 5 == 0 {
            facts.push(order(&customer, "O1", json!({"type": "MODIFY_PRICING", "effective_date": "2026-02-03", "entries": [{"line_id": "L1", "quantity": "11"}]})));
            facts.push(order(&customer, "O2", json!({"type": "TERMINATION", "effective_date": "2026-06-10"})));
        }
    }
    for facts in facts.chunks(500) {
        server.record(facts.to_vec()).await.unwrap();
    }
    let revised = (0..40).map(|number| {
        let customer = format!("customer-{:03}", number * 2);
        let currency = if number * 2 % 3 == 0 { "EUR" } else { "USD" };
        line(
            &customer,
            "L2",
            json!({"item_id": "support", "currency": currency, "end_date": "2026-07-01", "revision": 1}),
        )
    });
    server.record(revised.collect()).await.unwrap();
    server
}

async fn read(stream: Result<tonic::Response<tonic::Streaming<v1::ExportChunk>>, Status>) -> Vec<u8> {
    let mut stream = stream.unwrap().into_inner();
    let mut file = Vec::new();
    while let Some(chunk) = stream.message().await.unwrap() {
        file.extend(chunk.data);
    }
    file
}

fn rows(file: &[u8]) -> Vec<Row> {
    csv::Reader::from_reader(file).deserialize().map(Result::unwrap).collect()
}

async fn all(server: &mut TestServer, filter: &v1::MovementFilter, order: v1::MovementOrder) -> Vec<v1::Movement> {
    let mut request = v1::ListMovementsRequest {
        filter: Some(filter.clone()),
        order_by: order.into(),
        page_size: 1_000,
        ..Default::default()
    };
    let mut found = Vec::new();
    loop {
        let page = server.movements.list_movements(request.clone()).await.unwrap().into_inner();
        found.extend(page.movements);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            return found;
        }
    }
}

/// A movement as its row has it.
fn row(it: &v1::Movement) -> Row {
    let at = it.recorded_at.unwrap();
    let at = chrono::DateTime::from_timestamp(at.seconds, at.nanos.try_into().unwrap()).unwrap();
    let rules: Vec<String> = it.rules.iter().map(|rule| format!("R{rule}")).collect();
    let causes: Vec<String> = it.causes.iter().map(cause).collect();
    [
        ("movement_id", it.movement_id.clone()),
        ("level", it.level().as_str_name().replace("LEVEL_", "")),
        ("customer_id", it.customer_id.clone()),
        ("effective_date", it.effective_date.clone()),
        ("posting_date", it.posting_date.clone()),
        ("recorded_at", at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()),
        ("currency", it.currency.clone()),
        ("item_id", it.item_id.clone()),
        ("subscription_id", it.subscription_id.clone()),
        ("line_id", it.line_id.clone()),
        ("category", it.category().as_str_name().replace("IMPACT_CATEGORY_", "")),
        ("subcategory", it.subcategory().as_str_name().replace("IMPACT_SUBCATEGORY_", "")),
        ("mrr_delta", it.mrr_delta.clone()),
        ("mrr_before", it.mrr_before.clone()),
        ("mrr_after", it.mrr_after.clone()),
        ("quantity_before", it.quantity_before.clone()),
        ("quantity_after", it.quantity_after.clone()),
        ("quantity_effect", it.quantity_effect.clone()),
        ("price_effect", it.price_effect.clone()),
        ("renewed_mrr", it.renewed_mrr.clone()),
        ("causes", causes.join("; ")),
        ("rules", rules.join(" ")),
        ("provisional_until", it.provisional_until.clone()),
        ("reverses_movement_id", it.reverses_movement_id.clone()),
        ("prior_period_adjustment", it.prior_period_adjustment.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn cause(it: &v1::Cause) -> String {
    match it.kind() {
        v1::CauseKind::LineStart => format!("start of {}", it.line_id),
        v1::CauseKind::ChangeOrder => format!("change order {}", it.change_order_id),
        v1::CauseKind::NaturalEnd => format!("natural end of {}", it.line_id),
        other => panic!("{other:?} is not in this book"),
    }
}

#[tokio::test]
async fn movement_export_equals_the_list_of_movements() {
    let mut server = with_a_book().await;
    let filters = [
        v1::MovementFilter::default(),
        v1::MovementFilter { live_only: true, level: v1::Level::Customer.into(), ..Default::default() },
        v1::MovementFilter { customer_id: "customer-010".into(), ..Default::default() },
        v1::MovementFilter { customer_id: "nobody".into(), ..Default::default() },
    ];
    for (filter, at_least) in filters.into_iter().zip([1_001, 100, 8, 0]) {
        for order in [v1::MovementOrder::Journal, v1::MovementOrder::EffectiveDateDesc] {
            let listed: Vec<Row> = all(&mut server, &filter, order).await.iter().map(row).collect();
            assert!(listed.len() >= at_least, "{} movements", listed.len());
            let request = v1::ExportMovementsRequest {
                filter: Some(filter.clone()),
                order_by: order.into(),
                ..Default::default()
            };
            let file = read(server.movements.export_movements(request).await).await;
            assert_eq!(rows(&file), listed, "{filter:?} {order:?}");
        }
    }
    let wrong = v1::ExportMovementsRequest { format: 99, ..Default::default() };
    let refused = server.movements.export_movements(wrong).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::InvalidArgument, "format: is not a known format"));
    server.finish().await;
}

/// The rows of a Parquet file, each cell as CSV would have it; and the type of each column.
fn rows_of_parquet(file: Vec<u8>) -> (Vec<Row>, BTreeMap<String, String>) {
    let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
    let columns = reader.metadata().file_metadata().schema_descr().columns();
    let types = columns.iter().map(|it| (it.name().to_owned(), kind_of(it))).collect();
    let cells = |row: parquet::record::Row| {
        row.get_column_iter().map(|(name, field)| (name.clone(), shown_in_csv(name, field))).collect()
    };
    (reader.get_row_iter(None).unwrap().map(|row| cells(row.unwrap())).collect(), types)
}

fn kind_of(column: &ColumnDescriptor) -> String {
    match (column.physical_type(), column.logical_type_ref()) {
        (Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::Decimal(it))) => {
            format!("{} bytes of decimal {} {}", column.type_length(), it.precision, it.scale)
        }
        (_, Some(logical)) => format!("{logical:?}"),
        (physical, None) => format!("{physical}"),
    }
}

fn shown_in_csv(name: &str, field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Long(number) => number.to_string(),
        Field::Bool(flag) => flag.to_string(),
        Field::Date(days) => (NaiveDate::default() + Days::new(u64::try_from(*days).unwrap())).to_string(),
        Field::TimestampMicros(micros) => {
            DateTime::from_timestamp_micros(*micros).unwrap().format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
        }
        Field::Decimal(decimal) => {
            let number = i128::from_be_bytes(decimal.data().try_into().unwrap());
            let scale = u32::try_from(decimal.scale()).unwrap();
            rust_decimal::Decimal::from_i128_with_scale(number, scale).normalize().to_string()
        }
        other => panic!("{name} is {other:?}"),
    }
}

#[tokio::test]
async fn parquet_export_has_the_same_rows_with_types() {
    let mut server = with_a_book().await;
    // Not computed, it is a text.
    server.record(vec![line("=1+1", "L1", json!({"item_id": "@seats"}))]).await.unwrap();
    let parquet = v1::ExportFormat::Parquet.into();
    let request = v1::ExportMovementsRequest { format: parquet, ..Default::default() };
    let (found, types) = rows_of_parquet(read(server.movements.export_movements(request).await).await);
    let listed = all(&mut server, &v1::MovementFilter::default(), v1::MovementOrder::Journal).await;
    assert_eq!(found, listed.iter().map(row).collect::<Vec<_>>());
    assert!(found.iter().any(|row| row["customer_id"] == "=1+1" && row["item_id"] == "@seats"));
    for (column, kind) in [
        ("movement_id", "INT64"),
        ("reverses_movement_id", "INT64"),
        ("prior_period_adjustment", "BOOLEAN"),
        ("posting_date", "Date"),
        ("causes", "String"),
        ("mrr_delta", "16 bytes of decimal 38 6"),
        ("quantity_after", "16 bytes of decimal 38 10"),
    ] {
        assert_eq!(types[column], kind, "{column}");
    }
    assert!(types["recorded_at"].contains("is_adjusted_to_u_t_c: true, unit: MICROS"), "{}", types["recorded_at"]);

    let months =
        v1::ExportReportRequest { from_month: "2025-06".into(), to_month: "2026-07".into(), ..Default::default() };
    let of_parquet = v1::ExportReportRequest { format: parquet, ..months.clone() };
    let csv = rows(&read(server.movements.export_waterfall(months.clone()).await).await);
    assert_eq!(rows_of_parquet(read(server.movements.export_waterfall(of_parquet.clone()).await).await).0, csv);
    let unformula = |mut row: Row| {
        row.entry("customer_id".to_owned()).and_modify(|id| *id = id.trim_start_matches('\'').to_owned());
        row
    };
    let csv: Vec<Row> =
        rows(&read(server.movements.export_mrr(months).await).await).into_iter().map(unformula).collect();
    assert!(csv.len() > 1_000);
    assert_eq!(rows_of_parquet(read(server.movements.export_mrr(of_parquet).await).await).0, csv);
    server.finish().await;
}

/// Reports as reported and restated, now and as known before the facts were revised.
fn reports(instant: prost_types::Timestamp) -> Vec<v1::ExportReportRequest> {
    let mut found = Vec::new();
    for level in [v1::Level::Customer, v1::Level::Contract] {
        for view in [v1::ReportView::AsReported, v1::ReportView::Restated] {
            for as_known_at in [None, Some(instant)] {
                found.push(v1::ExportReportRequest {
                    from_month: "2025-06".into(),
                    to_month: "2026-07".into(),
                    level: level.into(),
                    view: view.into(),
                    as_known_at,
                    ..Default::default()
                });
            }
        }
    }
    found
}

#[tokio::test]
async fn mrr_and_waterfall_exports_equal_the_reports() {
    let mut server = with_a_book().await;
    let recorded = all(&mut server, &v1::MovementFilter::default(), v1::MovementOrder::Journal).await;
    for report in reports(recorded[0].recorded_at.unwrap()) {
        let request = v1::GetWaterfallRequest {
            from_month: report.from_month.clone(),
            to_month: report.to_month.clone(),
            level: report.level,
            view: report.view,
            as_known_at: report.as_known_at,
            ..Default::default()
        };
        let waterfalls = server.movements.get_waterfall(request).await.unwrap().into_inner().waterfalls;
        assert_eq!(waterfalls.len(), 2);
        let level = report.level().as_str_name().replace("LEVEL_", "");
        let expected =
            waterfalls.iter().flat_map(|of| of.periods.iter().map(|it| roll_forward(&level, &of.currency, it)));
        let file = read(server.movements.export_waterfall(report.clone()).await).await;
        assert_eq!(rows(&file), expected.collect::<Vec<_>>(), "{report:?}");

        let mut of_customers = BTreeMap::<(String, String), rust_decimal::Decimal>::new();
        let file = rows(&read(server.movements.export_mrr(report.clone()).await).await);
        for row in &file {
            let mrr: rust_decimal::Decimal = row["mrr"].parse().unwrap();
            assert_eq!(row["arr"].parse(), Ok(mrr * rust_decimal::Decimal::from(12)));
            assert_eq!(row["level"], level);
            *of_customers.entry((row["currency"].clone(), row["month"].clone())).or_default() += mrr;
        }
        let key = |row: &Row| (row["customer_id"].clone(), row["currency"].clone(), row["month"].clone());
        assert!(file.is_sorted_by(|a, b| key(a) < key(b)), "out of order");
        for (currency, period) in waterfalls.iter().flat_map(|of| of.periods.iter().map(|it| (of.currency.clone(), it)))
        {
            let sum = of_customers.get(&(currency, period.start.clone())).copied().unwrap_or_default();
            assert_eq!(period.closing.parse(), Ok(sum), "{report:?}");
        }
        for customer in ["customer-000", "customer-010", "customer-239"] {
            for (month, date) in [("2025-12-01", "2025-12-31"), ("2026-05-01", "2026-05-31")] {
                let request = v1::GetMrrRequest {
                    date: date.into(),
                    level: report.level,
                    customer_id: customer.into(),
                    view: report.view,
                    as_known_at: report.as_known_at,
                    ..Default::default()
                };
                let totals = server.movements.get_mrr(request).await.unwrap().into_inner().totals;
                let asked: Vec<_> = totals.into_iter().map(|it| (it.currency, it.mrr, it.arr)).collect();
                let of_file = file.iter().filter(|row| row["customer_id"] == customer && row["month"] == month);
                let of_file: Vec<_> =
                    of_file.map(|row| (row["currency"].clone(), row["mrr"].clone(), row["arr"].clone())).collect();
                assert_eq!(of_file, asked, "{customer} {date} {report:?}");
            }
        }
    }
    server.finish().await;
}

fn roll_forward(level: &str, currency: &str, it: &v1::WaterfallPeriod) -> Row {
    let adjustments = it.adjustments.as_ref().map(|it| it.amount.clone()).unwrap_or_default();
    [
        ("month", it.start.as_str()),
        ("level", level),
        ("currency", currency),
        ("opening", &it.opening),
        ("new", &it.new),
        ("reactivation", &it.reactivation),
        ("upsell", &it.upsell),
        ("downsell", &it.downsell),
        ("churn", &it.churn),
        ("ignored", &it.ignored),
        ("closing", &it.closing),
        ("adjustments", &adjustments),
        ("currency_effect", &it.currency_effect),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// So many movements that a file of them is not sent before its client takes it.
async fn with_a_long_journal() -> TestServer {
    let mut server = TestServer::start(store()).await;
    for customer in 0..10 {
        let id = |number| format!("{}{number}", "a-long-name-".repeat(9));
        let lines = (0..500).map(|number| line(&format!("c{customer}"), &id(number), json!({"item_id": id(number)})));
        server.record(lines.collect()).await.unwrap();
    }
    server
}

#[tokio::test]
async fn export_is_of_one_snapshot_of_the_journal() {
    let mut server = with_a_long_journal().await;
    let request = v1::ExportMovementsRequest::default();
    // On a connection of its own: what is not read yet takes all that may be under way on one.
    let mut client = server.another_client().await;
    let mut stream = client.export_movements(request.clone()).await.unwrap().into_inner();
    let mut file = stream.message().await.unwrap().unwrap().data;
    server.record(vec![line("late", "L1", json!({}))]).await.unwrap();
    while let Some(chunk) = stream.message().await.unwrap() {
        assert!(chunk.data.len() <= 1 << 20);
        file.extend(chunk.data);
    }
    assert_eq!(rows(&file).len(), 10_000);
    assert_eq!(rows(&read(server.movements.export_movements(request).await).await).len(), 10_002);
    server.finish().await;
}

#[tokio::test]
async fn cancelled_export_frees_its_slot() {
    let mut server = with_a_long_journal().await;
    let request = v1::ExportMovementsRequest::default();
    // More than there are connections.
    for _ in 0..3 {
        let mut open = Vec::new();
        while open.len() < 4 {
            let mut client = server.another_client().await;
            match client.export_movements(request.clone()).await {
                Ok(stream) => {
                    let mut stream = stream.into_inner();
                    stream.message().await.unwrap();
                    open.push((client, stream));
                }
                // Those before are being given up.
                Err(status) => {
                    assert_eq!(status.code(), Code::ResourceExhausted);
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        }
        let refused = server.movements.export_movements(request.clone()).await.unwrap_err();
        assert_eq!(
            (refused.code(), refused.message()),
            (Code::ResourceExhausted, "too many exports are under way; try again later")
        );
        let mrr = v1::GetMrrRequest { date: "2026-01-01".into(), ..Default::default() };
        server.movements.get_mrr(mrr).await.unwrap();
    }
    server.finish().await;
}

const FORMULA: &str = r#"=HYPERLINK("http://x")"#;

#[test]
fn exported_cells_are_no_spreadsheet_formulas() {
    let step = json!([{"quantity": "1", "unit_price": "100", "interval": {"unit": "MONTH", "count": 1}}]);
    let fact = json!({"subscription_line": {"line_id": FORMULA, "subscription_id": "+S", "customer_id": "@c", "item_id": FORMULA,
        "charge_kind": "RECURRING", "currency": "USD", "start_date": "2025-01-01", "end_date": "2026-01-01", "price_steps": step}});
    let folder = Folder::with(&[("facts.jsonl", &format!("{fact}\n"))]).on(store());
    assert_eq!(folder.run("import facts.jsonl").code, Some(0));
    folder.ask("export movements --output journal.csv");
    let exported = std::fs::read_to_string(folder.path("journal.csv")).unwrap();
    assert_eq!(folder.ask("export movements"), exported);
    for text in [exported, folder.ask("movements --all --format csv"), folder.ask("classify facts.jsonl --format csv")]
    {
        let found = rows(text.as_bytes());
        assert_eq!(found.len(), 4, "{text}");
        for (column, value) in found.iter().flatten() {
            let is_number = value.parse::<rust_decimal::Decimal>().is_ok();
            assert!(is_number || !value.starts_with(['=', '+', '-', '@']), "{column}: {value}");
        }
        assert_eq!(found[0]["item_id"], format!("'{FORMULA}"));
        assert!(found.iter().any(|row| row["mrr_delta"] == "-100"), "{text}");
    }
}
