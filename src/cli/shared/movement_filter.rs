//! Which movements: the options of `deltabook movements` and of `deltabook export movements`.

use clap::{Args, ValueEnum};
use deltabook::grpc::v1;

use crate::cli::shared::target::{LevelArg, currency_option, date_option, id_option};

/// Which movements.
#[derive(Debug, Args)]
pub struct FilterArgs {
    /// Whose MRR: only this level
    #[arg(long, value_enum)]
    level: Option<LevelArg>,

    /// Only this category: new, upsell, downsell, churn, renewal, ignored (several: repeat it)
    #[arg(long, value_enum)]
    category: Vec<CategoryArg>,

    /// Effective on this date (YYYY-MM-DD) or later
    #[arg(long, value_name = "DATE", value_parser = date_option)]
    from: Option<String>,

    /// Effective on this date or earlier
    #[arg(long, value_name = "DATE", value_parser = date_option)]
    to: Option<String>,

    /// Only of this customer
    #[arg(long, value_name = "ID", value_parser = id_option)]
    customer: Option<String>,

    /// Only of this subscription (CONTRACT level)
    #[arg(long, value_name = "ID", value_parser = id_option)]
    subscription: Option<String>,

    /// Only of this item
    #[arg(long, value_name = "ID", value_parser = id_option)]
    item: Option<String>,

    /// Only in this currency
    #[arg(long, value_name = "CODE", value_parser = currency_option)]
    currency: Option<String>,

    /// Leave out reversals and what they reversed
    #[arg(long)]
    live: bool,

    #[command(flatten)]
    posting: PostingArgs,

    /// Only where this holds: 'category = CHURN AND NOT overridden' (docs/filter.md)
    #[arg(long, value_name = "EXPRESSION", default_value = "", hide_default_value = true)]
    filter: String,
}

/// When reports count the movements.
#[derive(Debug, Args)]
struct PostingArgs {
    /// Only what was posted in another month than its own, because that one was closed
    #[arg(long)]
    adjustments: bool,

    /// Posted on this date (YYYY-MM-DD) or later
    #[arg(long, value_name = "DATE", value_parser = date_option)]
    posted_from: Option<String>,

    /// Posted on this date or earlier
    #[arg(long, value_name = "DATE", value_parser = date_option)]
    posted_to: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CategoryArg {
    New,
    Upsell,
    Downsell,
    Churn,
    Renewal,
    Ignored,
}

impl FilterArgs {
    /// What must hold besides.
    pub fn expression(&self) -> String {
        self.filter.clone()
    }

    pub fn to_wire(&self) -> v1::MovementFilter {
        let category = |it: &CategoryArg| {
            let category = match it {
                CategoryArg::New => v1::ImpactCategory::New,
                CategoryArg::Upsell => v1::ImpactCategory::Upsell,
                CategoryArg::Downsell => v1::ImpactCategory::Downsell,
                CategoryArg::Churn => v1::ImpactCategory::Churn,
                CategoryArg::Renewal => v1::ImpactCategory::Renewal,
                CategoryArg::Ignored => v1::ImpactCategory::Ignored,
            };
            category.into()
        };
        v1::MovementFilter {
            level: self.level.map(LevelArg::to_wire).unwrap_or_default(),
            categories: self.category.iter().map(category).collect(),
            subcategories: Vec::new(),
            effective_from: self.from.clone().unwrap_or_default(),
            effective_to: self.to.clone().unwrap_or_default(),
            customer_id: self.customer.clone().unwrap_or_default(),
            subscription_id: self.subscription.clone().unwrap_or_default(),
            item_id: self.item.clone().unwrap_or_default(),
            currency: self.currency.clone().unwrap_or_default(),
            live_only: self.live,
            posting_from: self.posting.posted_from.clone().unwrap_or_default(),
            posting_to: self.posting.posted_to.clone().unwrap_or_default(),
            adjustments_only: self.posting.adjustments,
        }
    }
}
