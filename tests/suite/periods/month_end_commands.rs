//! Month-end at the command line: overrides from a file, closed months, the audit trail; on a store and through a server.

use super::super::reports::report_commands::with_a_store;
use crate::support::program::{CommandOutput, Folder, ServerProcess, shown};

const OVERRIDES: &str = "\
customer_id,cause,line_id,change_order_id,date,modification_type,levels,subcategory,reason
acme,CHANGE_ORDER,,O1,,IGNORED,,,\"a migration, no sale\"
globex,natural_end,M1,,,UPSELL_OR_DOWNSELL,CONTRACT;CUSTOMER,ITEM_REMOVAL,moved to a partner
";

const SHOWN: &str = "\
line  customer  cause                 level     date        posted      item   category  subcategory        MRR change  currency
----- --------- ------------------ -- --------- ----------- ----------- ------ --------- ------------------ ----------- ---------
   2  acme      change order O1    -  CONTRACT  2025-04-01  2025-04-01  seats  UPSELL    QUANTITY_INCREASE     +443.00  USD
   2  acme      change order O1    -  CUSTOMER  2025-04-01  2025-04-01  seats  UPSELL    QUANTITY_INCREASE     +443.00  USD
   2  acme      change order O1    +  CONTRACT  2025-04-01  2025-04-01  seats  IGNORED   IGNORED               +443.00  USD
   2  acme      change order O1    +  CUSTOMER  2025-04-01  2025-04-01  seats  IGNORED   IGNORED               +443.00  USD
   3  globex    natural end of M1  -  CONTRACT  2026-01-15  2026-01-15  basic  CHURN     CONTRACT_CHURN       -100.025  EUR
   3  globex    natural end of M1  -  CUSTOMER  2026-01-15  2026-01-15  basic  CHURN     CUSTOMER_CHURN       -100.025  EUR
   3  globex    natural end of M1  +  CONTRACT  2026-01-15  2026-01-15  basic  DOWNSELL  ITEM_REMOVAL         -100.025  EUR
   3  globex    natural end of M1  +  CUSTOMER  2026-01-15  2026-01-15  basic  DOWNSELL  ITEM_REMOVAL         -100.025  EUR

month    level     currency  waterfall column    change  movements
-------- --------- --------- ----------------- --------- ----------
2025-04  CONTRACT  USD       ignored            +443.00         +1
2025-04  CONTRACT  USD       upsell             -443.00         -1
2026-01  CONTRACT  EUR       churn             +100.025         -1
2026-01  CONTRACT  EUR       downsell          -100.025         +1
2025-04  CUSTOMER  USD       ignored            +443.00         +1
2025-04  CUSTOMER  USD       upsell             -443.00         -1
2026-01  CUSTOMER  EUR       churn             +100.025         -1
2026-01  CUSTOMER  EUR       downsell          -100.025         +1
";

fn output(stdout: &str, stderr: &str, code: i32) -> CommandOutput {
    CommandOutput { stdout: stdout.to_owned(), stderr: stderr.to_owned(), code: Some(code) }
}

/// On the store itself, and through a server on it.
fn both_ways(check: impl Fn(&Folder, &str)) {
    check(&with_a_store(), "");
    let folder = with_a_store();
    let mut server = ServerProcess::start(&folder);
    check(&folder, &format!(" --server {}", server.url));
    server.terminate();
    assert_eq!(server.ended().0, Some(0));
}

#[test]
fn override_command_previews_applies_and_repeats_a_file() {
    both_ways(|folder, target| {
        folder.write("overrides.csv", OVERRIDES);
        let command = format!("override --file overrides.csv{target}");
        let dry = "2 to record, 0 unchanged; record them with --apply\n";
        for _ in 0..2 {
            assert_eq!(folder.run(&command), output(SHOWN, dry, 0));
        }
        assert_eq!(folder.run(&format!("{command} --apply")), output(SHOWN, "2 recorded, 0 unchanged\n", 0));
        let live = folder.rows("movements --all --live --level customer --category ignored --category downsell");
        assert_eq!(shown(&live, &["customer_id", "subcategory"]), ["acme IGNORED", "globex ITEM_REMOVAL"]);
        let again = folder.run(&format!("{command} --apply"));
        assert_eq!((again.stderr.as_str(), again.code), ("0 recorded, 2 unchanged\n", Some(0)));
        assert_eq!(again.stdout.matches("UNCHANGED").count(), 2, "{}", again.stdout);
        let trail = folder.rows(&format!("audit list --action override_set{target}"));
        assert_eq!(
            shown(&trail, &["customer_id", "reason"]),
            ["globex moved to a partner", "acme a migration, no sale"]
        );
    });
}

#[test]
fn override_command_reports_each_invalid_row_and_records_nothing() {
    let folder = with_a_store();
    let wrong = "\
customer_id,cause,line_id,change_order_id,modification_type,subcategory,reason

acme,CHANGE_ORDER,,O1,IGNORED,,good
acme,CHANGE_ORDER,,O9,IGNORED,,no such order
acme,NATURAL_END,L1,,IGNORED,,evergreen
globex,LINE_START,,,IGNORED,RENEWAL,
globex,ORDER,M1,,IGNORE,,why
acme,CHANGE_ORDER,,O1,IGNORED,,again
";
    folder.write("wrong.csv", wrong);
    let expected = "\
wrong.csv:4: no change order O9 is known that could be overridden (R13)
wrong.csv:5: natural end of L1 does not occur: nothing changes by it that could be overridden (R13)
wrong.csv:6: reason: is required
wrong.csv:6: line_id: is required
wrong.csv:6: subcategory: the renewal linkage is system-controlled: an override makes no renewal, and takes none away \
(R9, R13)
wrong.csv:7: cause: \"ORDER\" is not a valid value
wrong.csv:7: modification_type: \"IGNORE\" is not a valid value
wrong.csv:8: cause: is the same cause as on line 3
8 errors: nothing was recorded
";
    folder.refuses("override --file wrong.csv --apply", expected);
    assert_eq!(folder.verified(), "2 customers, 3 facts, 8 journal entries");
}

#[test]
fn period_and_audit_commands_close_months_and_verify_the_trail() {
    both_ways(|folder, target| {
        let closed = folder.ask(&format!("periods close 2025-01{target}"));
        assert!(closed.starts_with("2025-01 is closed, digest "), "{closed}");
        folder.refuses(
            &format!("periods close 2025-03{target}"),
            "error: 2025-02 is the next month to close; months are closed in order, and none is skipped (R16)\n",
        );
        folder.ask(&format!("periods close 2025-02{target}"));
        assert_eq!(folder.ask(&format!("periods reopen 2025-02 --reason error{target}")), "2025-02 is reopened\n");
        let listed = folder.rows(&format!("periods list{target}"));
        assert_eq!(shown(&listed, &["month", "state", "reason"]), ["2025-01 CLOSED -", "2025-02 OPEN error"]);
        assert_eq!(folder.rows(&format!("periods list --history{target}")).len(), 3);

        let kept = folder.ask(&format!("audit head{target}"));
        let kept = kept.trim_end();
        let count: u32 = kept.split(':').next().unwrap().parse().unwrap();
        assert_eq!(
            folder.ask(&format!("audit verify --head {kept}{target}")),
            format!("{count} entries verified, none changed\n")
        );
        let trail = folder.rows(&format!("audit list --limit 3{target}"));
        assert_eq!(
            shown(&trail, &["action", "subject"]),
            ["PERIOD_REOPENED 2025-02", "PERIOD_CLOSED 2025-02", "PERIOD_CLOSED 2025-01"]
        );
        let later = kept.replacen(&count.to_string(), &(count + 1).to_string(), 1);
        let cut = folder.run(&format!("audit verify --head {later}{target}"));
        let expected = format!("row {count} is the last one, but the trail had {}: its end was cut off\n", count + 1);
        assert_eq!(cut, output(&expected, "", 1));
    });
}
