//! Exchange rates: added, listed, and never changed.

use deltabook::grpc::v1;
use tonic::Code;
use tonic_types::StatusExt;

use super::store;
use crate::binary::{Folder, Serving, shown};
use crate::server::TestServer;

const RATES: &str = "date,from,to,rate
2026-01-01,USD,EUR,0.9
2026-02-01,USD,EUR,0.80
2026-02-20,USD,EUR,0.7
2026-03-15,USD,EUR,1.1
";

/// On the store itself, and through a server on it.
fn both_ways(check: impl Fn(&Folder, &str)) {
    check(&Folder::new().on(store()), "");
    let folder = Folder::new().on(store());
    let mut server = Serving::start(&folder);
    check(&folder, &format!(" --server {}", server.url));
    server.terminate();
    assert_eq!(server.ended().0, Some(0));
}

#[test]
fn rates_are_added_and_never_changed() {
    both_ways(|folder, whom| {
        let import = |file: &str, rows: &str| {
            folder.write(file, rows);
            let said = folder.run(&format!("rates import {file} --set ECB{whom}"));
            (said.stderr, said.code)
        };
        let ok = |text: &str| (text.to_owned(), Some(0));
        assert_eq!(import("a.csv", RATES), ok("4 rates added to ECB, 0 unchanged\n"));
        assert_eq!(import("a.csv", RATES), ok("0 rates added to ECB, 4 unchanged\n"));
        // Columns in another order, as Excel writes them; one is new, and one is said twice.
        let mixed = "\u{feff}rate,to,from,date\r\n0.7,EUR,USD,2026-02-20\r\n150,JPY,EUR,2026-01-01\r\n150.0,JPY,EUR,2026-01-01\r\n";
        assert_eq!(import("b.csv", mixed), ok("1 rates added to ECB, 2 unchanged\n"));
        // One wrong row and nothing is imported.
        let conflicts = "date,from,to,rate\n2026-04-01,USD,EUR,0.6\n2026-02-20,USD,EUR,0.71\n2026-01-01,EUR,JPY,149\n";
        let said = "\
c.csv:3: ECB has 0.7 from USD to EUR on 2026-02-20 already, and not 0.71; rates are never changed: a correction is another set
c.csv:4: ECB has 150 from EUR to JPY on 2026-01-01 already, and not 149; rates are never changed: a correction is another set
2 problems: nothing is imported
";
        assert_eq!(import("c.csv", conflicts), (said.to_owned(), Some(1)));
        let wrong = "date,from,to,rate\n2026-04-31,USD,EUR,0.6\n2026-04-01,usd,EUR,0\n2026-04-01,EUR,EUR,1\n2026-04-02,USD,EUR,1,5\n2026-04-03,USD,EUR,1\n2026-04-03,USD,EUR,2\n";
        let said = "\
d.csv:2: date: is not a date such as 2026-01-31
d.csv:3: from: is not a currency: three capital letters (ISO 4217)
d.csv:3: rate: is not above 0
d.csv:4: to: is from_currency: a currency is always worth 1 of itself
d.csv:5: has 5 fields, the header has 4
d.csv:7: rate: is another one than that of line 6
6 problems: nothing is imported
";
        assert_eq!(import("d.csv", wrong), (said.to_owned(), Some(1)));
        let listed = folder.rows(&format!("rates list --set ECB{whom}"));
        assert_eq!(
            shown(&listed, &["date", "from", "to", "rate"]),
            [
                "2026-01-01 EUR JPY 150",
                "2026-01-01 USD EUR 0.9",
                "2026-02-01 USD EUR 0.8",
                "2026-02-20 USD EUR 0.7",
                "2026-03-15 USD EUR 1.1",
            ]
        );
        let sets = folder.rows(&format!("rates list{whom}"));
        assert_eq!(shown(&sets, &["rate_set", "rates", "first_date", "last_date"]), ["ECB 5 2026-01-01 2026-03-15"]);
        let audit = folder.rows(&format!("audit list{whom}"));
        let imports: Vec<_> = audit.iter().filter(|row| row["action"] == "RATES_IMPORTED").collect();
        assert_eq!(imports.len(), 2);
        assert_eq!(imports[1]["subject"], "rate set ECB");
        assert!(imports[1]["after"].starts_with("4 rates from 2026-01-01 to 2026-03-15, digest "));
        assert_eq!(folder.run(&format!("audit verify{whom}")).code, Some(0));
        for change in ["update exchange_rate set rate = '2'", "delete from exchange_rate"] {
            let refused = folder.store().execute(change).unwrap_err().to_string();
            assert!(refused.contains("rows of exchange_rate are never changed or deleted"), "{refused}");
        }
    });
}

fn exchange_rate(date: &str, from: &str, to: &str, rate: &str) -> v1::ExchangeRate {
    let [date, from_currency, to_currency, rate] = [date, from, to, rate].map(str::to_owned);
    v1::ExchangeRate { date, from_currency, to_currency, rate }
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_named() {
    let mut server = TestServer::start(store()).await;
    let rates = vec![exchange_rate("2026-01-01", "USD", "EUR", "0.9"), exchange_rate("", "USD", "", "-1")];
    let request = v1::ImportExchangeRatesRequest { rate_set: String::new(), rates };
    let refused = server.admin.import_exchange_rates(request).await.unwrap_err();
    let fields = |status: &tonic::Status| -> Vec<String> {
        let details = status.get_details_bad_request().unwrap();
        details.field_violations.into_iter().map(|it| format!("{} {}", it.field, it.description)).collect()
    };
    assert_eq!(
        fields(&refused),
        [
            "rate_set is required",
            "rates[1].date is required",
            "rates[1].to_currency is required",
            "rates[1].rate is not above 0",
        ]
    );
    let many = vec![exchange_rate("2026-01-01", "USD", "EUR", "0.9"); 50_001];
    let request = v1::ImportExchangeRatesRequest { rate_set: "ECB".into(), rates: many };
    let refused = server.admin.import_exchange_rates(request).await.unwrap_err();
    assert_eq!(fields(&refused), ["rates has more than 50000 entries"]);
    server.finish().await;
}

#[tokio::test]
async fn rates_and_sets_are_listed_by_pages_each_of_its_own_question() {
    let mut server = TestServer::start(store()).await;
    for set in ["b", "a", "c"] {
        let rates = (1..=5).map(|day| exchange_rate(&format!("2026-01-0{day}"), "USD", "EUR", "0.9"));
        let request = v1::ImportExchangeRatesRequest { rate_set: set.into(), rates: rates.collect() };
        server.admin.import_exchange_rates(request).await.unwrap();
    }
    let mut request = v1::ListRateSetsRequest { page_size: 2, ..Default::default() };
    let first = server.admin.list_rate_sets(request.clone()).await.unwrap().into_inner();
    request.page_token = first.next_page_token;
    let second = server.admin.list_rate_sets(request).await.unwrap().into_inner();
    let names: Vec<String> = first.rate_sets.into_iter().chain(second.rate_sets).map(|it| it.name).collect();
    assert_eq!((names, second.next_page_token), (vec!["a".into(), "b".into(), "c".into()], String::new()));
    let mut request = v1::ListExchangeRatesRequest { rate_set: "b".into(), page_size: 3, ..Default::default() };
    let first = server.admin.list_exchange_rates(request.clone()).await.unwrap().into_inner();
    request.page_token.clone_from(&first.next_page_token);
    let second = server.admin.list_exchange_rates(request.clone()).await.unwrap().into_inner();
    let dates: Vec<String> = first.rates.into_iter().chain(second.rates).map(|it| it.date).collect();
    assert_eq!(dates, ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05"]);
    request.rate_set = "a".into();
    assert_eq!(server.admin.list_exchange_rates(request).await.unwrap_err().code(), Code::InvalidArgument);
    server.finish().await;
}
