//! Movement filter options of `deltabook movements` and `deltabook export movements`.

use clap::{Args, ValueEnum};
use deltabook::grpc::v1;

use crate::cli::shared::target::{LevelArg, currency_option, date_option, id_option};

/// The movement filter.
#[derive(Debug, Args)]
pub struct FilterArgs {
    /// Only movements at this level [default: both]
    #[arg(long, value_enum)]
    level: Option<LevelArg>,

    /// Only this category; repeat the option for several
    #[arg(long, value_enum)]
    category: Vec<CategoryArg>,

    /// Effective on or after this date, YYYY-MM-DD
    #[arg(long, value_name = "DATE", value_parser = date_option)]
    from: Option<String>,

    /// Effective on or before this date, YYYY-MM-DD
    #[arg(long, value_name = "DATE", value_parser = date_option)]
    to: Option<String>,

    /// Only this customer
    #[arg(long, value_name = "ID", value_parser = id_option)]
    customer: Option<String>,

    /// Only this subscription (CONTRACT level)
    #[arg(long, value_name = "ID", value_parser = id_option)]
    subscription: Option<String>,

    /// Only this item
    #[arg(long, value_name = "ID", value_parser = id_option)]
    item: Option<String>,

    /// Only this currency
    #[arg(long, value_name = "CODE", value_parser = currency_option)]
    currency: Option<String>,

    /// Omit reversals and reversed movements
    #[arg(long)]
    live: bool,

    #[command(flatten)]
    posting: PostingArgs,

    /// Filter expression, for example 'category = CHURN AND NOT overridden' (docs/filter.md)
    #[arg(long, value_name = "EXPRESSION", default_value = "", hide_default_value = true)]
    filter: String,
}

/// Filter by posting.
#[derive(Debug, Args)]
struct PostingArgs {
    /// Only prior-period adjustments: effective in a closed month, posted in a later one
    #[arg(long)]
    adjustments: bool,

    /// Posted on or after this date, YYYY-MM-DD
    #[arg(long, value_name = "DATE", value_parser = date_option)]
    posted_from: Option<String>,

    /// Posted on or before this date, YYYY-MM-DD
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
    /// The filter expression.
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
