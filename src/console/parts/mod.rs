//! Components that several pages share.

pub(crate) mod chart;
pub(crate) mod groups;
pub(crate) mod movement_context;
pub(crate) mod movement_table;
pub(crate) mod mrr_history;
pub(crate) mod page;
pub(crate) mod timeline;
pub(crate) mod waterfall;
pub(crate) mod waterfall_delta;
