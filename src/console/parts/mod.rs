//! Components that several pages share.
//!
//! | modules | content |
//! |---|---|
//! | [`page`] | layout, navigation, form fields, tables |
//! | [`movement_table`], [`movement_context`], [`mrr_history`] | movements as a table; context and MRR history of a movement |
//! | [`waterfall`], [`groups`], [`waterfall_delta`], [`chart`] | waterfall, by group, changed by an override; SVG charts |
//! | [`timeline`] | timeline of a customer |

pub(crate) mod page;

pub(crate) mod movement_table;
pub(crate) mod movement_context;
pub(crate) mod mrr_history;

pub(crate) mod waterfall;
pub(crate) mod groups;
pub(crate) mod waterfall_delta;
pub(crate) mod chart;

pub(crate) mod timeline;
